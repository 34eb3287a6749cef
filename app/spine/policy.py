"""Every route says who may use it. A view without a policy answers 500 and fails a test."""
import functools

from flask import abort, current_app, request

PUBLIC = "public"        # anyone
SIGNED = "signed"        # the caller proves itself by a signature in the request
SIGNED_IN = "signed in"  # any signed-in user, account or not


def policy(permission: str, fresh: bool = False):
    """Mark a view with the permission it needs (`people.write`), or PUBLIC / SIGNED / SIGNED_IN.

    `fresh`: somebody who signed in by a browser proves again who they are, unless they did within ten minutes.
    """
    def mark(view):
        @functools.wraps(view)
        def guarded(*args, **kwargs):
            return view(*args, **kwargs)
        guarded._policy, guarded._fresh = permission, fresh
        return guarded
    return mark


def policy_of(endpoint: str) -> str | None:
    """The permission an endpoint declares; static files are public."""
    if endpoint == "static":
        return PUBLIC
    return getattr(current_app.view_functions.get(endpoint), "_policy", None)


def asks_for_proof() -> bool:
    """Whether the view of this request is one of those that ask who you are once more."""
    return getattr(current_app.view_functions.get(request.endpoint), "_fresh", False)


def check_policy(allowed) -> None:
    """Before each request: refuse what is undeclared, ask `allowed(permission)` about the rest."""
    if request.endpoint is None:
        return None
    needed = policy_of(request.endpoint)
    if needed is None:
        abort(500, f"{request.endpoint} declares no policy")
    if needed in (PUBLIC, SIGNED):
        return None
    return allowed(needed)
