"""Who may do what, written out: `docs/permissions.md` is this page, and a test holds it to the code."""
from app.spine.policy import PUBLIC, SIGNED, SIGNED_IN

from .roles import ROLES, may

INTRO = """# Who may do what

Made by `flask --app wsgi permissions`; a test compares it with the code. Roles are given per seat at an account; an API
token carries one role. What a role does not include is refused with 403 and leaves a line in the audit trail when it
would have changed something. Ids of other accounts are 404, like ids of nothing.
"""
OUTSIDE = {PUBLIC: "anybody", SIGNED: "whoever holds the signature or the secret link", SIGNED_IN: "anybody signed in"}


def told(app) -> str:
    """The page: roles by permission, then every address with the permission it asks for."""
    permissions = sorted(set().union(*(role[2] for role in ROLES.values())))
    lines = [INTRO, "## Roles and permissions", "", row("Permission", *(role[0] for role in ROLES.values())),
             row("---", *("---" for _ in ROLES))]
    lines += [row(f"`{one}`", *("yes" if may(role, one) else "" for role in ROLES)) for one in permissions]
    lines += ["", "## Addresses", "", row("Address", "Method", "Permission", "Confirm it is you"), row(*["---"] * 4)]
    lines += [row(f"`{path}`", method, OUTSIDE.get(needed, f"`{needed}`"), "yes" if fresh else "")
              for path, method, needed, fresh in addresses(app)]
    return "\n".join(lines) + "\n"


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def addresses(app) -> list[tuple[str, str, str, bool]]:
    """(path, method, permission, whether a fresh sign-in is asked for) of every route but static files."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            view = app.view_functions[rule.endpoint]
            found += [(rule.rule, method, view._policy, getattr(view, "_fresh", False))
                      for method in rule.methods - {"HEAD", "OPTIONS"}]
    return sorted(found)
