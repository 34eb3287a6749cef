"""Run by the stage in a process of its own: import one file, print how long it took and what memory it reached."""
import json
import resource
import sys
import time

from app import create_app
from app.connections import importing
from app.connections.connection_commands import the_account


def memory() -> int:
    """The most this process has held so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main(kind: str, path: str, slug: str) -> None:
    with create_app().app_context():
        the_account(slug)
        before, began = memory(), time.perf_counter()
        done = importing.run(kind, path)
        print(json.dumps({"seconds": time.perf_counter() - began, "before": before, "peak": memory(),
                          "created": done.created, "updated": done.updated, "unchanged": done.unchanged,
                          "skipped": done.skipped}))


if __name__ == "__main__":
    main(*sys.argv[1:])
