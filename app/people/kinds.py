"""The events that people say, in words."""
from app.spine.events import kind
from app.spine.facts import ActivityFact

ACTIVITIES = ("login", "message", "post", "comment", "lesson", "view", "reaction", "custom")

kind("person.created", "Person added", "lead", "user-plus", "Added from {origin}", ("origin",))
kind("person.erased", "Person erased", "system", "trash-2", "Erased", (), trigger=False)
kind("person.updated", "Details changed", "system", "pencil", "Changed {fields}", ("fields",))
kind("lead.created", "New lead", "lead", "user-plus", "New lead from {origin}", ("origin",))
kind("lead.status_changed", "Lead status changed", "lead", "flag", "Lead status: {status}", ("status", "previous"))
kind("lead.converted", "Lead became a customer", "lead", "star", "Became a customer with {money}",
     ("money", "payment", "origin"))
kind("person.assigned", "Assigned to a teammate", "task", "user", "Now looked after by {to}", ("to",))
kind("person.unassigned", "No longer assigned", "task", "user-x", "No longer looked after by {previous}", ("previous",))
kind("person.tagged", "Tag added", "note", "tag", "Tagged {tag}", ("tag",))
kind("person.untagged", "Tag removed", "note", "tag", "{tag} taken off", ("tag",))
kind("note.added", "Note written", "note", "sticky-note", "A note was written", ())
kind("activity.login", "Signed in", "community", "log-in", "Signed in", ())
kind("activity.message", "Wrote a message", "community", "message-square", "Wrote a message", ("title",))
kind("activity.post", "Posted in the community", "community", "message-circle", "", ("title", "content_id"))
kind("activity.comment", "Commented", "community", "message-circle", "", ("title", "content_id"))
kind("activity.reaction", "Reacted to a post", "community", "heart", "", ("content_id",))
kind("activity.lesson", "Completed a lesson", "course", "book-open", "", ("title", "content_id", "value"))
kind("activity.view", "Looked at content", "course", "eye", "", ("title", "content_id", "value"))
kind("activity.custom", "Did something of your own", "community", "activity", "", ("title", "value"))


def activity_key(fact: ActivityFact, person_id: int) -> str:
    """What makes an activity count once: the source's id, else who did what when."""
    if fact.external_id:
        return f"activity:{fact.external_id}"
    return f"activity:{person_id}:{fact.kind}:{fact.at.isoformat()}:{fact.content_id or ''}:{fact.title or ''}"
