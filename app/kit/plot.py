"""Where the lines of a drawn chart go: plain numbers in, SVG coordinates out."""

from math import ceil, floor, log10


def ceiling(highest, lines=5):
    """The round number a chart reaches up to, and the step between its grid lines."""
    if highest <= 0:
        return 1, 1
    raw = highest / lines
    size = 10 ** floor(log10(raw))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= raw)
    return step * ceil(highest / step), step


def ticks(highest):
    """Grid values from the top down to zero, with how far down each lies in per cent."""
    top, step = ceiling(highest)
    steps = round(top / step)
    return [(step * (steps - i), round(100 * i / steps, 2)) for i in range(steps + 1)]


def line(values, low=None, high=None, width=100, height=100, pad=0):
    """An SVG path through the values, left to right; a lone value is drawn as a level."""
    numbers = [float(value) for value in values]
    numbers = numbers * 2 if len(numbers) == 1 else numbers
    if not numbers:
        return ""
    low = min(numbers) if low is None else float(low)
    high = max(numbers) if high is None else float(high)
    span, room = (high - low) or 1, height - 2 * pad
    middle = 0.5 if high == low else 0
    spots = (
        f"{width * i / (len(numbers) - 1):.1f} {pad + room * (1 - (value - low) / span - middle):.1f}"
        for i, value in enumerate(numbers)
    )
    return "M" + " L".join(spots)


def thin(labels, wanted=7):
    """Evenly chosen labels for an axis, always with the first and the last."""
    labels = list(labels)
    if len(labels) <= wanted:
        return labels
    step = (len(labels) - 1) / (wanted - 1)
    return [labels[round(i * step)] for i in range(wanted)]


def steps(moves, low, high):
    """Where each bar of a waterfall starts and how wide it is, in per cent of low to high.

    A move is a dict with `value`, and `total` true when it is a level rather than a change.
    """
    level, placed = 0, []
    for move in moves:
        before, level = (low, move["value"]) if move.get("total") else (level, level + move["value"])
        left, right = sorted((max(before, low), max(level, low)))
        share = 100 / ((high - low) or 1)
        kind = "total" if move.get("total") else "gain" if move["value"] >= 0 else "loss"
        placed.append({**move, "kind": kind, "x": round((left - low) * share, 2),
                       "width": round((right - left) * share, 2)})
    return placed


def pairs(labels, values, before, dress, unit):
    """The rows of the table under a line: its label, its value, and the value compared with."""
    columns = [values, before] if before else [values]
    return [[label, *(dress(column[i], unit) for column in columns)] for i, label in enumerate(labels)]


def rows(told):
    """The rows of the table under a chart a script draws."""
    return [[label, *(drawn["data"][i] for drawn in told["datasets"])] for i, label in enumerate(told["labels"])]
