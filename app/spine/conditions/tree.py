"""The shape of a tree: walking, limits, one canonical form."""
import hashlib
import json

MAX_DEPTH = 5
MAX_LEAVES = 50
JOINTS = ("all", "any", "not")


class BadCondition(ValueError):
    """A tree we cannot read; `path` leads to the node, such as `all[0].value`."""

    def __init__(self, reason: str, path: str = ""):
        super().__init__(f"{path}: {reason}" if path else reason)
        self.reason, self.path = reason, path


def joint_of(node, path: str = "") -> str | None:
    """`all`, `any`, `not`, or None for a leaf; raises BadCondition for anything else."""
    if not isinstance(node, dict):
        raise BadCondition("a condition is an object", path)
    joints = [name for name in JOINTS if name in node]
    if not joints:
        return None
    if len(node) != 1:
        raise BadCondition(f"nothing may stand beside {joints[0]!r}", path)
    joint = joints[0]
    if joint != "not" and not isinstance(node[joint], list):
        raise BadCondition(f"{joint!r} takes a list", path)
    return joint


def walk(node, leaf, joint, path: str = "", depth: int = 0):
    """Read a tree from the leaves up: `leaf(node, path)` and `joint(name, parts)` give whatever the reader makes."""
    if node is None or node == {}:
        return joint("all", [])
    name = joint_of(node, path)
    if name is None:
        return leaf(node, path)
    if depth >= MAX_DEPTH:
        raise BadCondition(f"groups nest at most {MAX_DEPTH} deep", path)
    if name == "not":
        return joint("not", [walk(node["not"], leaf, joint, f"{path}.not".lstrip("."), depth + 1)])
    return joint(name, [walk(part, leaf, joint, f"{path}.{name}[{i}]".lstrip("."), depth + 1)
                        for i, part in enumerate(node[name])])


def leaves(node) -> list[dict]:
    """All leaves from left to right; raises BadCondition for a bad shape or too many."""
    found: list[dict] = []
    walk(node, lambda leaf, path: found.append(leaf), lambda name, parts: None)
    if len(found) > MAX_LEAVES:
        raise BadCondition(f"at most {MAX_LEAVES} conditions; there are {len(found)}")
    return found


def canonical(node) -> str:
    """The tree as JSON that is the same however its keys were ordered."""
    return json.dumps(node or {}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(node) -> str:
    """A short hash of the canonical form: equal hash, equal question."""
    return hashlib.sha256(canonical(node).encode()).hexdigest()[:32]
