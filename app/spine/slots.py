"""Places that other domains fill: on screens (menu, person page, settings, dashboard) and in what the house does.

`@fills("person.panel", order=20)` adds a function; `filled("person.panel")` gives them in order.
"""
from collections import defaultdict

_slots: dict[str, list] = defaultdict(list)


def fills(slot: str, order: int = 100, **traits):
    """Put a function (or any value) into a slot; `traits` are there for the screen to read."""
    def put(thing):
        entry = (order, getattr(thing, "__qualname__", str(thing)), thing, traits)
        _slots[slot] = sorted([*(e for e in _slots[slot] if e[1] != entry[1]), entry], key=lambda e: e[:2])
        return thing
    return put


def filled(slot: str) -> list:
    """What was put there, in order, as (thing, traits)."""
    return [(thing, traits) for _order, _name, thing, traits in _slots[slot]]


def menu_entry(group: str, label: str, icon: str, endpoint: str, permission: str, order: int = 100, count=None):
    """A line of the sidebar; `count` is a callable for its number, asked at render time."""
    fills("menu", order, group=group, label=label, icon=icon, endpoint=endpoint,
          permission=permission, count=count)(endpoint)
