"""Steps that change the person: tags and notes."""
from .base import Done, Step


def _named(spec, path):
    from app.automations.plan import BadPlan
    name = spec.get("tag")
    if not isinstance(name, str) or not 1 <= len(name.strip()) <= 60 or "|" in name:
        raise BadPlan(f"{path}.tag", "name the tag, in at most 60 characters and without a vertical bar")


def _tag_of(form):
    return {"tag": " ".join(form.get("tag", "").split())}


class AddTag(Step):
    name, label, icon, about = "add_tag", "Add a tag", "tag", "Mark the person, to find them again."
    check, read = staticmethod(_named), staticmethod(_tag_of)

    @staticmethod
    def words(spec):
        return f"Tag as {spec['tag']}"

    @staticmethod
    def run(node, enrollment, person, now):
        new = person.tag(node.spec["tag"], by=enrollment.automation.public_id)
        return Done(f"Tagged as {node.spec['tag']}." if new else f"Had the tag {node.spec['tag']} already.")


class RemoveTag(Step):
    name, label, icon, about = "remove_tag", "Remove a tag", "x", "Take a mark off the person."
    check, read = staticmethod(_named), staticmethod(_tag_of)

    @staticmethod
    def words(spec):
        return f"Remove the tag {spec['tag']}"

    @staticmethod
    def run(node, enrollment, person, now):
        gone = person.untag(node.spec["tag"], by=enrollment.automation.public_id)
        return Done(f"Took off the tag {node.spec['tag']}." if gone else f"Had no tag {node.spec['tag']}.")


class AddNote(Step):
    name, label, icon = "add_note", "Write a note", "sticky-note"
    about = "Leave word for your team on the person's page."

    @staticmethod
    def read(form):
        return {"body": form.get("body", "").strip()[:2000]}

    @staticmethod
    def check(spec, path):
        from app.automations.plan import BadPlan
        if not isinstance(spec.get("body"), str) or not spec["body"].strip():
            raise BadPlan(f"{path}.body", "write the note")

    @staticmethod
    def words(spec):
        return f"Note: {spec['body'][:60]}"

    @staticmethod
    def run(node, enrollment, person, now):
        note = person.note(node.spec["body"])
        return Done("Wrote a note.", output={"note": note.public_id})
