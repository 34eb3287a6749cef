"""Who may do what: one table from role to permissions. A permission is `<noun>.read`, `<noun>.write` or `data.*`."""
NOUNS = ("people", "tasks", "segments", "playbooks", "messages", "payments", "analytics", "connections", "jobs",
         "settings", "team", "tokens", "audit", "billing")
EVERYTHING = frozenset(f"{noun}.{verb}" for noun in NOUNS for verb in ("read", "write")) | {
    "data.export", "data.import", "data.merge", "data.erase"}
READ = frozenset(f"{noun}.read" for noun in ("people", "tasks", "segments", "playbooks", "messages", "payments",
                                             "analytics"))
ROLES = {
    "company_owner": ("Owner", "Everything, billing and roles included", EVERYTHING),
    "company_admin": ("Admin", "Everything but billing", EVERYTHING - {"billing.write"}),
    "company_user": ("Member", "Looks, changes nothing", READ),
    "support": ("Support", "Looks, writes notes, tags and tasks", READ | {"people.write", "tasks.write"}),
}


def may(role: str | None, permission: str) -> bool:
    """Whether a role includes a permission; an unknown role includes none."""
    return role in ROLES and permission in ROLES[role][2]


def role_words(role: str) -> str:
    return ROLES[role][0] if role in ROLES else role
