"""Measure the product beside the least that could do the same: `python bench/run.py [rows...]`.

Rows are functions of a Stage; a module lists its own in ROWS, this one lists the modules. See README.md.
"""
import argparse
import importlib
import json
import shutil
import signal
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1])]
from bench.rows import table  # noqa: E402
from bench.stage import ROOT, Stage  # noqa: E402

MODULES = ("imports", "hooks", "actions", "updates", "memory", "reads", "person", "crowds")


def rows() -> dict:
    """Name -> function, in the order they run."""
    return {f"{name}.{row.__name__}": row for name in MODULES
            for row in importlib.import_module(f"bench.{name}").ROWS}


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("rows", nargs="*", help="parts of names; all rows when none is given")
    ask.add_argument("--kit", type=Path, default=ROOT.parent / "shared" / "bench", help="where floor_app.py lives")
    ask.add_argument("--people", type=int, default=50_000)
    ask.add_argument("--database", default="", help="a Postgres server; SQLite without it")
    ask.add_argument("--redis", default="", help="a Redis database of its own; the embedded worker without it")
    ask.add_argument("--big", action="store_true", help="nineteen more companies as large, some minutes longer")
    ask.add_argument("--json", type=Path, help="write the results here")
    ask.add_argument("--table", type=Path, help="write the Markdown table here")
    ask.add_argument("--keep", action="store_true", help="leave the folder with database and logs")
    given = ask.parse_args()
    wanted = {name: row for name, row in rows().items() if not given.rows or any(part in name for part in given.rows)}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    stage, results = Stage(given.kit.resolve(), given.people, given.database, given.redis), []
    stage.big = given.big
    try:
        for name, row in wanted.items():
            began = time.monotonic()
            found = row(stage)
            results += found if isinstance(found, list) else [found]
            print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    finally:
        stage.close()
        if given.keep:
            print(stage.folder, file=sys.stderr)
        else:
            shutil.rmtree(stage.folder, ignore_errors=True)
    print(table(results))
    if given.json:
        given.json.write_text(json.dumps([one.as_json() for one in results], indent=1))
    if given.table:
        given.table.write_text(table(results))
    return 0 if all(one.ok is not False for one in results) else 1


if __name__ == "__main__":
    sys.exit(main())
