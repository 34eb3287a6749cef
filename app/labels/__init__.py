"""The words an account has for its people, put in order: tags renamed, merged, deleted; custom fields made and changed.

Tables: tag_removals (what it takes to bring a tag back). Tags, taggings and custom fields themselves belong to people.
Front door: TagRemoval, worn() -> how many have each tag, make_field(...), alter_field(...), remove_field(...).
Slot: tag.use says what asks for a tag.
"""
from .fields import alter_field, make_field, remove_field
from .removals import TagRemoval, worn

__all__ = ["TagRemoval", "alter_field", "make_field", "remove_field", "worn"]
