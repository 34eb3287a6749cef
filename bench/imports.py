"""Files that come in."""
from .rows import Result


def people(stage) -> Result:
    """The whole people file into an empty account."""
    done = stage.filled
    within = 20 * stage.people / 50_000
    return Result(f"import {stage.people:,} people", done["seconds"], "s", aim=f"about {within:.0f} s",
                  ok=done["seconds"] <= within * 1.25 and done["created"] == stage.people,
                  note=f"+{done['peak'] - done['before']} MB", more=done)


ROWS = [people]
