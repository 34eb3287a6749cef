"""Signing in with Whop: the code flow with PKCE, and access tokens renewed by a token that changes with every use."""
import base64
import hashlib
import json
import secrets
from datetime import timedelta
from urllib.parse import urlencode

from flask import current_app

from app.kit.clock import real_now
from app.spine.sources import Denied, Odd, Tokens

from ..reading import text, whole
from ..wire import Wire
from .client import API, HOME

SCOPES = ("openid profile email company:basic:read member:basic:read member:email:read member:phone:read "
          "payment:basic:read payment:dispute:read plan:basic:read access_pass:basic:read chat:read forum:read "
          "courses:read course_analytics:read developer:manage_webhook webhook_receive:members "
          "webhook_receive:memberships webhook_receive:payments webhook_receive:courses webhook_receive:chat")


class SignIn:
    """Whop's OAuth for the app that WHOP_APP_ID names; a confidential one has WHOP_APP_SECRET besides."""

    def ready(self) -> bool:
        return bool(current_app.config["WHOP_APP_ID"])

    def begin(self, back: str) -> tuple[str, dict]:
        """Where to send the browser, and what to remember until it is back."""
        kept = {"state": secrets.token_urlsafe(32), "nonce": secrets.token_urlsafe(32),
                "verifier": secrets.token_urlsafe(64)}
        challenge = base64.urlsafe_b64encode(hashlib.sha256(kept["verifier"].encode()).digest()).rstrip(b"=").decode()
        words = {"response_type": "code", "client_id": current_app.config["WHOP_APP_ID"], "redirect_uri": back,
                 "scope": SCOPES, "state": kept["state"], "nonce": kept["nonce"], "code_challenge": challenge,
                 "code_challenge_method": "S256"}
        return f"{root()}/oauth/authorize?{urlencode(words)}", kept

    def finish(self, code: str, back: str, kept: dict) -> Tokens:
        """Exchange the code; raises Denied when the answer is not the one that was asked for."""
        found = self._ask(grant_type="authorization_code", code=code, redirect_uri=back,
                          code_verifier=kept["verifier"])
        tokens = told(found)
        if tokens.claims.get("nonce") != kept["nonce"] or current_app.config["WHOP_APP_ID"] not in audience(tokens):
            raise Denied("Whop answered for another sign-in. Start again.")
        return tokens

    def renew(self, refresh: str) -> Tokens:
        """A new access token, and the refresh token that follows the one given; it cannot be used again."""
        return told(self._ask(grant_type="refresh_token", refresh_token=refresh))

    def _ask(self, **form) -> dict:
        form["client_id"] = current_app.config["WHOP_APP_ID"]
        if current_app.config["WHOP_APP_SECRET"]:
            form["client_secret"] = current_app.config["WHOP_APP_SECRET"]
        try:
            return Wire("Whop", root(), ours=True).ask("POST", "/oauth/token", form=form, tries=1)
        except Odd as error:
            raise Denied("Whop does not take this sign-in any more. Connect with Whop again.") from error


def root() -> str:
    return (current_app.config["WHOP_API_BASE"] or HOME).rstrip("/").removesuffix(API)


def told(found: dict) -> Tokens:
    access = text(found, "access_token")
    if not access:
        raise Denied("Whop gave no token. Connect with Whop again.")
    lasts = whole(found.get("expires_in")) or 3600
    return Tokens(access, text(found, "refresh_token"), real_now() + timedelta(seconds=lasts),
                  claims_of(text(found, "id_token")))


def claims_of(token: str | None) -> dict:
    """What the id token says. It came straight from Whop over TLS, so its signature adds nothing."""
    try:
        part = (token or "").split(".")[1]
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def audience(tokens: Tokens) -> list:
    said = tokens.claims.get("aud")
    return said if isinstance(said, list) else [said]
