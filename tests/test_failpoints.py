"""Every transition of inbox, jobs, playbooks and sends has a named fail point, and every named point its crash."""
import ast
from pathlib import Path

from app.spine.failpoints import POINTS

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("spine/jobs", "connections", "messaging", "automations", "bulk")
COVERED = {                              # whoever writes a state -> the points between that and its commit, or after
    "connections.inbox.receive": ("inbox.verified", "inbox.before_stored", "inbox.after_stored"),
    "connections.models.delivery.Delivery.translate": ("inbox.before_commit",),
    "connections.models.delivery.Delivery.fail": ("inbox.before_commit",),
    "connections.sync.models.Sync.finish": ("sync.asked", "sync.before_commit", "sync.after_commit"),
    "connections.sync.reading._denied": ("sync.before_commit",),
    "spine.jobs.run.claim": ("job.claimed",), "spine.jobs.broker.Dispatcher.hand_over": ("job.claimed",),
    "spine.jobs.run._taken": ("job.before_done",), "spine.jobs.run": ("job.before_done", "job.after_done"),
    "spine.jobs.run._again": ("job.failed", "job.reaped"), "spine.jobs.run._end": ("job.failed", "job.reaped"),
    "spine.jobs.run.release": ("job.released",),
    "messaging.pipeline.claim": ("send.before_claim", "send.claimed"),
    "messaging.pipeline._prepare": ("send.before_attempt", "send.attempting"),
    "messaging.pipeline._broken": ("send.claimed",), "messaging.pipeline._object": ("send.claimed",),
    "messaging.pipeline.settle": ("send.after_accept", "send.recorded"),
    "messaging.pipeline._sent": ("send.after_accept", "send.recorded"),
    "messaging.pipeline._failed": ("send.after_accept", "send.recorded"),
    "messaging.pipeline._retry": ("send.after_accept", "send.recorded"),
    "messaging.pipeline.reap": ("send.reaped",),
    "connections.files.models.Import.move": ("import.before_commit", "import.after_commit"),
    "connections.files.imports.checking.keep": ("import.checked",),
    "automations.engine._step": ("automation.before_commit", "automation.after_commit"),
    "automations.engine.leave": ("automation.before_commit",),
    "automations.engine._stumbled": ("automation.before_commit",),
    "bulk.jobs.carry": ("bulk.before_commit",), "bulk.jobs.take_back": ("bulk.before_commit",),
}
WITH_ITS_CAUSE = {                       # written in the transaction of whatever calls it, which has its own points
    "spine.jobs.Work.later", "messaging.sending.send", "messaging.reports.report", "automations.entering.enter",
    "automations.listens.let_out", "automations.listens.one_inside"}
BY_HAND = {                              # one request, one transaction, nothing outside it
    "spine.jobs.models.Job.retry", "spine.jobs.models.Job.discard", "connections.models.delivery.Delivery.replay",
    "bulk.models.BulkAction.start", "bulk.models.BulkAction.stop", "bulk.models.BulkAction.undo",
    "connections.sync.models.Sync.go_on", "connections.sync.models.Sync.stop",
    "connections.files.imports.wizard._stale", "messaging.models.message.Message.cancel",
    "messaging.models.message.Message.release"}
NOT_WORK = {"connections.models.connection.Connection", "messaging.models.consent.consent"}     # on and off, yes and no
SECRETS = {"keys.before_commit", "hook.before_commit", "token.before_commit"}       # kept, and no state beside them
WRITERS = ("values", "insert_once", "add_once", "_move", "leave", "dict", "claim")


def writers():
    """Whoever assigns `.state` or hands `state=` to something that writes."""
    for room in ROOMS:
        for path in (ROOT / "app" / room).rglob("*.py"):
            name = ".".join(path.relative_to(ROOT / "app").with_suffix("").parts).removesuffix(".__init__")
            yield from found(ast.parse(path.read_text()), name)


def found(node, name):
    for child in ast.iter_child_nodes(node):
        here = f"{name}.{child.name}" if isinstance(child, ast.FunctionDef | ast.ClassDef) else name
        if isinstance(child, ast.Assign) and any(getattr(one, "attr", None) == "state" for target in child.targets
                                                 for one in getattr(target, "elts", [target])):
            yield here
        if isinstance(child, ast.Call) and any(keyword.arg == "state" for keyword in child.keywords) and getattr(
                child.func, "attr", getattr(child.func, "id", "")) in WRITERS:
            yield here
        yield from found(child, here)


def test_every_transition_has_a_name():
    known = COVERED.keys() | WITH_ITS_CAUSE | BY_HAND
    nameless = {writer for writer in writers() if writer not in known and not writer.startswith(tuple(NOT_WORK))}
    assert nameless == set(), "give it a fail point and a crash, and list it here"
    assert known - set(writers()) == set(), "no longer writes a state"


def test_every_name_is_a_point_and_every_point_a_name(app):
    named = {point for points in COVERED.values() for point in points}
    assert named <= POINTS.keys() and POINTS.keys() - named == SECRETS and len(POINTS) >= 15


def test_every_point_is_killed_somewhere(app):
    crashes = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py")
                      if path.name != Path(__file__).name)
    assert [name for name in POINTS if f'"{name}"' not in crashes and f'"{name}:' not in crashes] == []
