"""A small seeded house behind a web server, and a browser to walk through it."""
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.wire import free_port, own_database

ROOT = Path(__file__).parents[2]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def pytest_collection_modifyitems(items):
    """Without a browser the walks are skipped, unless REQUIRE_BROWSER says that this is a failure."""
    if Path(CHROMIUM).exists() or os.environ.get("REQUIRE_BROWSER") == "1":
        return
    skip = pytest.mark.skip(reason=f"no Chromium at {CHROMIUM}: apt-get install chromium, or name it in CHROMIUM")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(skip)


class House:
    """The demo, served by the web server that production uses."""

    def __init__(self, folder, database):
        port = free_port()
        self.url, self.log = f"http://127.0.0.1:{port}", folder / "web.log"
        self.env = {**os.environ, "APP_ENV": "test", "DATA_DIR": str(folder), "DATABASE_URL": database,
                    "PORT": str(port), "PUBLIC_URL": self.url, "SECRET_KEY": "walks need a key of their own",
                    "REDIS_URL": "", "SMTP_URL": "", "WEB_CONCURRENCY": "1"}
        self.told = json.loads(self.run("-m", "tests.walks.seed").splitlines()[-1])
        with self.log.open("wb") as log:
            self.web = subprocess.Popen([sys.executable, "-m", "gunicorn", "wsgi:app", "--worker-class", "gthread",
                                         "--threads", "4", "--bind", f"127.0.0.1:{port}", "--no-control-socket"],
                                        cwd=ROOT, env=self.env, stdout=log, stderr=log)
        self.until_it_answers()

    def run(self, *words) -> str:
        done = subprocess.run([sys.executable, *words], cwd=ROOT, env=self.env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def until_it_answers(self):
        for _ in range(150):
            try:
                return urllib.request.urlopen(f"{self.url}/health/live", timeout=5).close()
            except OSError:
                assert self.web.poll() is None, self.log.read_text()[-2000:]
                time.sleep(0.1)
        raise AssertionError(self.log.read_text()[-2000:])

    def drain(self):
        """Run every due job, as the worker would."""
        self.run("-m", "flask", "--app", "wsgi", "worker", "drain")

    def stop(self):
        self.web.terminate()
        self.web.wait(20)


@pytest.fixture(scope="package")
def house(tmp_path_factory):
    with own_database("walks") as database:
        house = House(tmp_path_factory.mktemp("walks"), database)
        yield house
        house.stop()


@pytest.fixture(scope="package")
def browser():
    from playwright.sync_api import sync_playwright
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def signed_in(browser, house):
    """The cookies of Maya, the owner."""
    context = browser.new_context(base_url=house.url)
    enter(context.new_page(), house.told["links"][0])
    state = context.storage_state()
    context.close()
    return state


def enter(tab, link):
    tab.goto(link)
    tab.get_by_role("button", name="Sign in").click()
    tab.wait_for_url("**/")


@pytest.fixture
def open_tab(browser, house):
    """`open_tab(width, state)` opens a tab that remembers every complaint of the browser in `tab.said`."""
    contexts = []

    def open_one(width=1440, state=None, theme="light"):
        context = browser.new_context(base_url=house.url, storage_state=state, color_scheme=theme,
                                      viewport={"width": width, "height": 900}, reduced_motion="reduce")
        contexts.append(context)
        tab = context.new_page()
        tab.said = []
        tab.on("console", lambda line: tab.said.append(line.text) if line.type in ("error", "warning") else None)
        tab.on("pageerror", lambda error: tab.said.append(str(error)))
        tab.set_default_timeout(10_000)
        return tab
    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def tab(open_tab, signed_in):
    """Maya's desk, wide and light; a walk that made the browser complain has failed."""
    tab = open_tab(state=signed_in)
    yield tab
    assert tab.said == []
