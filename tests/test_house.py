"""The law of the house: floors, front doors and the budget. Prints the figures, fails beyond them."""
import ast
import re
import statistics
from pathlib import Path

import pytest

from app import FLOORS

ROOT = Path(__file__).parents[1]
APP = ROOT / "app"
PYTHON = sorted(APP.rglob("*.py"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SHELVES = ("kit", "spine")            # entered by module; every other package by its front door
FORBIDDEN = ("services", "utils", "helpers", "common", "core", "managers", "misc")
DOMAIN = 1900                         # lines behind the doors of the largest domain; docs/decisions/0003


def floor_of(path: Path) -> str | None:
    parts = path.relative_to(APP).parts
    return parts[0] if len(parts) > 1 else None


def imports_of(path: Path):
    """(line, module, names) of every import of ours, relative ones resolved."""
    package = ["app", *path.relative_to(APP).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, ()
        elif isinstance(node, ast.ImportFrom):
            base = package[:len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield node.lineno, module, tuple(alias.name for alias in node.names)


def ours():
    for path in PYTHON:
        here = floor_of(path)
        for line, module, names in imports_of(path):
            parts = module.split(".")
            if here and parts[0] == "app" and len(parts) > 1 and parts[1] != here:
                yield f"{path.relative_to(ROOT)}:{line}", here, parts[1], parts, names


def test_every_package_is_a_floor():
    packages = {path.name for path in APP.iterdir() if path.is_dir() and (path / "__init__.py").exists()}
    assert packages <= set(FLOORS)


def test_imports_only_go_down():
    level = {name: position for position, name in enumerate(FLOORS)}
    doors = "app/spine/start.py"                     # part of the factory: it hangs up what guards every request
    wrong = [f"{where}: {here} imports {there}" for where, here, there, _, _ in ours()
             if level[there] > level[here] and not where.startswith(doors)]
    assert wrong == []


def test_rooms_are_entered_by_their_front_door():
    wrong = [f"{where}: {'.'.join(parts)}" for where, here, there, parts, _ in ours()
             if there not in SHELVES and len(parts) > 2 and here not in ("spine",)]
    assert wrong == []


def test_only_adapters_know_vendors():
    vendors = {"stripe", "openai", "whop_sdk", "smtplib", "httpx", "requests", "rq", "redis"}
    wrong = [f"{path.relative_to(ROOT)}:{line} {module}" for path in PYTHON for line, module, _ in imports_of(path)
             if module.split(".")[0] in vendors and floor_of(path) not in ("adapters", "kit", "spine")]
    assert wrong == []


def test_no_house_has_a_junk_room():
    assert [str(path) for path in PYTHON if set(path.relative_to(ROOT).parts) & set(FORBIDDEN)
            or path.stem in FORBIDDEN] == []


def test_tours_are_short():
    for package in APP.iterdir():
        door = package / "__init__.py"
        if package.is_dir() and door.exists():
            tour = ast.get_docstring(ast.parse(door.read_text()))
            assert tour and len(tour.splitlines()) <= 15, door


def functions():
    for path in PYTHON:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.end_lineno - node.lineno + 1, f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def test_the_budget(capsys):
    files = [(len(path.read_text().splitlines()), str(path.relative_to(ROOT))) for path in PYTHON]
    lines, verbs = [n for n, _ in files if n], list(functions())
    partials = [(len(t.read_text().splitlines()), str(t.relative_to(ROOT))) for t in TEMPLATES if t.name[0] == "_"]
    tests = sum(len(path.read_text().splitlines()) for path in (ROOT / "tests").rglob("*.py"))
    sizes = [n for n, _ in verbs]
    with capsys.disabled():
        print(f"\nfiles {len(lines)}: median {statistics.median(lines)}, p95 {percentile(lines, .95)}, "
              f"max {max(files)}; functions {len(sizes)}: p95 {percentile(sizes, .95)}, max {max(verbs)}; partials "
              f"{len(partials)}: median {statistics.median(n for n, _ in partials)}, max {max(partials)}; "
              f"tests {tests} lines for {sum(lines)} of code")
    assert statistics.median(lines) <= 70 and percentile(lines, .95) <= 200 and max(lines) <= 300, max(files)
    assert percentile(sizes, .95) <= 25 and max(sizes) <= 60, max(verbs)
    assert statistics.median(n for n, _ in partials) <= 25 and max(partials)[0] <= 120, max(partials)


def is_door(path: Path) -> bool:
    """Screens, imports and commands: thin, and read one at a time."""
    return path.stem in ("views", "commands", "imports") or bool({"views", "imports"} & set(path.parts))


def test_domains_stay_small():
    sizes = {name: sum(len(path.read_text().splitlines()) for path in PYTHON
                       if floor_of(path) == name and not is_door(path))
             for name in FLOORS if name not in (*SHELVES, "adapters")}
    assert {name: size for name, size in sizes.items() if size > DOMAIN} == {}


PATTERNS = {r"\|\s*safe\b": TEMPLATES, r"\sstyle=\"": TEMPLATES, r"\son\w+=\"": TEMPLATES,
            r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")": TEMPLATES,
            r"\b(TODO|FIXME|XXX)\b": PYTHON, r"\.query\b\.": PYTHON,
            r"pickle|yaml\.load|shell=True|verify=False": PYTHON,
            r"render_template_string|\beval\(|\bexec\(": PYTHON}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_must_not_be_written(pattern):
    found = [f"{path.relative_to(ROOT)}:{number}" for path in PATTERNS[pattern]
             for number, line in enumerate(path.read_text().splitlines(), 1) if re.search(pattern, line)]
    assert found == []
