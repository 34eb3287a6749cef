"""The product and the floor, started the same way, filled with the same people, measured side by side."""
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from functools import cached_property
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

ROOT = Path(__file__).resolve().parents[1]
SLUG, WHOP_SECRET = "harbor", "ws_bench_secret_of_no_worth"
COMPANY = "biz_00001"                # what the floor's rows are of


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Stage:
    """One run. Everything lives in a folder that goes with it; `database` and `redis` name servers to use instead."""

    def __init__(self, kit: Path, people: int, database: str = "", redis: str = ""):
        self.kit = kit if (kit / "floor_app.py").exists() else None
        self.people, self.database, self.redis = people, database, redis
        self.folder = Path(tempfile.mkdtemp(prefix="bench-"))
        self.children, self.made, self.big = [], [], False
        self.env = {**os.environ, "DATA_DIR": str(self.folder), "SECRET_KEY": "a key for measuring alone",
                    "APP_ENV": "local", "PYTHONPATH": f"{ROOT}", "DATABASE_URL": self._place("ours"),
                    "REDIS_URL": redis, "FLASK_APP": "wsgi",
                    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}

    def _place(self, name: str) -> str:
        """An empty database's URL."""
        if not self.database:
            return f"sqlite:///{self.folder / name}.db"
        base, mine = make_url(self.database).set(drivername="postgresql+psycopg"), f"bench_{name}_{os.getpid()}"
        with create_engine(base, isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql(f'create database "{mine}"')
        self.made.append(mine)
        return base.set(database=mine).render_as_string(hide_password=False)

    def flask(self, *words: str) -> str:
        """What a command of ours prints."""
        done = subprocess.run([sys.executable, "-m", "flask", *words], cwd=ROOT, env=self.env, text=True,
                              capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(f"flask {' '.join(words)}: {done.stderr[-2000:]}")
        return done.stdout.strip()

    def python(self, code: str, **env) -> str:
        """What a piece of Python prints that runs beside the product, on its database."""
        return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={**self.env, **env}, text=True,
                              stdout=subprocess.PIPE, check=True).stdout.strip()

    def start(self, command: str, env: dict, cwd: Path = ROOT) -> subprocess.Popen:
        """A process in a group of its own, ended with the run."""
        out = (self.folder / "processes.log").open("ab")
        child = subprocess.Popen(["bash", "-c", f"exec {command}"], cwd=cwd, env=env, stdout=out, stderr=out,
                                 start_new_session=True)
        self.children.append(child)
        return child

    @cached_property
    def procfile(self) -> dict[str, str]:
        pairs = (line.partition(":") for line in (ROOT / "Procfile").read_text().splitlines())
        return {name: command.strip() for name, _, command in pairs}

    @cached_property
    def installed(self) -> bool:
        """Migrations run, the account is there."""
        self.flask("db", "upgrade")
        self.flask("account", "create", SLUG, "--name", "Harbor Run Club")
        return True

    @cached_property
    def token(self) -> str:
        """A bearer token of the company's owner."""
        return self.installed and self.flask("token", "create", "--account", SLUG, "--role", "company_owner")

    @cached_property
    def hook(self) -> str:
        """The path Whop's webhooks come in at."""
        made = self.installed and self.flask("connection", "add", "whop", "--account", SLUG,
                                             "--set", f"webhook_secret={WHOP_SECRET}")
        return json.loads(made)["webhook_path"]

    @cached_property
    def csv(self) -> Path:
        """The people of both sides."""
        path = self.folder / "people.csv"
        subprocess.run([sys.executable, self.kit / "people.py", str(self.people), "-o", path], check=True,
                       stdout=subprocess.DEVNULL)
        return path

    @cached_property
    def filled(self) -> dict:
        """The people are in, through our own import; see `take_in`."""
        return self.take_in("people", self.installed and self.csv)

    def take_in(self, kind: str, path: Path) -> dict:
        """Import a file with our own command: what it printed, its `seconds` (without its start) and `peak` MB."""
        done = self.python(f"import sys; sys.argv[1:] = {[kind, str(path), SLUG]!r};"
                           "import runpy; runpy.run_module('bench.take_in', run_name='__main__')")
        return json.loads(done.splitlines()[-1])

    @cached_property
    def web(self) -> subprocess.Popen:
        return self._serve(self.procfile["web"], self.env, "/health/live")

    @cached_property
    def worker(self) -> subprocess.Popen:
        return self.installed and self.start(self.procfile["worker"], self.env)

    @cached_property
    def url(self) -> str:
        """Our web server, running, with its worker."""
        _ = self.installed, self.worker
        return self.web.url

    @cached_property
    def floor(self) -> str | None:
        """The floor's web server, filled with the same people; None without the kit."""
        if self.kit is None:
            return None
        env = {**self.env, "FLOOR_DB": self._place("floor"), "PYTHONPATH": str(self.kit)}
        subprocess.run([sys.executable, "floor_app.py", "seed", str(self.people)], cwd=self.kit, env=env, check=True)
        command = self.procfile["web"].replace("wsgi:app --preload", "floor_app:app")
        return self._serve(command, env, "/hello", self.kit).url

    def waiting(self) -> int:
        """Deliveries that nobody has looked at yet."""
        with create_engine(self.env["DATABASE_URL"]).connect() as connection:
            return connection.exec_driver_sql("select count(*) from deliveries where state = 'waiting'").scalar()

    def settle(self, seconds: float = 300) -> None:
        """Wait until the worker has caught up: no delivery unread, no books unwritten, no job due."""
        engine = create_engine(self.env["DATABASE_URL"])
        left = ("select (select count(*) from deliveries where state = 'waiting') + (select count(*) from stale_books)"
                " + (select count(*) from enrollments where state = 'active')")
        end, calm = time.monotonic() + seconds, 0
        while calm < 3 and time.monotonic() < end:
            with engine.connect() as connection:
                calm = 0 if connection.exec_driver_sql(left).scalar() else calm + 1
            time.sleep(0.5)
        engine.dispose()

    def _serve(self, command, env, path, cwd=ROOT):
        port = free_port()
        child = self.start(command, {**env, "GUNICORN_CMD_ARGS": f"--bind 127.0.0.1:{port} --log-level warning"}, cwd)
        child.url = f"http://127.0.0.1:{port}"
        for _ in range(200):
            with contextlib.suppress(OSError):
                with urllib.request.urlopen(child.url + path, timeout=5):
                    return child
            time.sleep(0.1)
        raise RuntimeError(f"nothing answers at {child.url}: see {self.folder}/processes.log")

    def close(self) -> None:
        """End what was started, drop what was made."""
        for child in self.children:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGTERM)
        for child in self.children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(10)
        if self.made:
            with create_engine(make_url(self.database).set(drivername="postgresql+psycopg"),
                               isolation_level="AUTOCOMMIT").connect() as connection:
                for name in self.made:
                    connection.exec_driver_sql(f'drop database if exists "{name}" with (force)')
