"""A Whop of our own: lists with cursors, permissions, webhooks, sign-in. Its shapes are judged by Whop's own SDK."""
import base64
import copy
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from .vendor import Refuse, Vendor

SAMPLES = json.loads((Path(__file__).parent / "whop-samples.json").read_text())
ACCOUNT = "biz_HarborRun01"
NEEDS = {"/products": "access_pass:basic:read", "/variants": "plan:basic:read", "/members": "member:basic:read",
         "/memberships": "member:basic:read", "/payments": "payment:basic:read", "/refunds": "payment:basic:read",
         "/disputes": "payment:dispute:read", "/courses": "courses:read", "/course_lessons": "courses:read",
         "/course_lesson_interactions": "courses:read", "/forums": "forum:read", "/forum_posts": "forum:read",
         "/chat_channels": "chat:read", "/messages": "chat:read", "/webhooks": "developer:manage_webhook"}
RIGHTS = {*NEEDS.values(), "company:basic:read", "member:email:read"}
BY = {"experience_id", "parent_id", "channel_id", "course_id"}          # what narrows a list to one parent
START = datetime(2026, 10, 1, 9, tzinfo=UTC)


def at(**after) -> str:
    return (START + timedelta(**after)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def usd(amount):
    return {"amount": f"{amount:.2f}", "currency": "usd", "decimals": 2, "display_decimals": 2}


def sample(name, **changes):
    return {**copy.deepcopy(SAMPLES[name]["data"]), **changes}


def user(n):
    return {"id": f"user_{n:04}", "name": f"Person {n}", "username": f"person{n}",
            "profile_picture": {"url": "https://cdn.example.test/u.png"}}


def member(n, **changes):
    return sample("member.created", **{
        "id": f"mber_{n:04}", "email": f"person{n}@example.test", "display_name": f"Person {n}", "user": user(n),
        "created_at": at(days=n % 40), "joined_at": at(days=n % 40), "last_accessed_at": at(days=45), **changes})


def membership(n, **changes):
    return sample("membership.activated", **{
        "id": f"mem_{n:04}", "user_id": f"user_{n:04}", "member_id": f"mber_{n:04}", "plan_id": "plan_Club",
        "product": {"id": "prod_Club", "title": "Club", "logo_url": None}, "product_id": "prod_Club", "metadata": {},
        "created_at": at(days=n % 40), "updated_at": at(days=n % 40), "current_period_start": at(days=n % 40),
        "current_period_end": at(days=n % 40 + 30), **changes})


def payment(n, **changes):
    day = {"created_at": at(days=n % 40), "updated_at": at(days=n % 40, minutes=1), "paid_at": at(days=n % 40),
           "last_payment_attempt_at": at(days=n % 40)}
    return sample("payment.succeeded", **{
        "id": f"pay_{n:04}", "user": user(n), "member_id": f"mber_{n:04}", "membership_id": f"mem_{n:04}",
        "plan_id": "plan_Club", "product_id": "prod_Club", "customer_email": f"person{n}@example.test", "metadata": {},
        "line_items": [], **day, **changes})


def refund(n, **changes):
    return {"id": f"rf_{n:04}", "account_id": ACCOUNT, "payment_id": f"pay_{n:04}", "amount": usd(49),
            "original_amount": usd(49), "status": "succeeded", "provider": "stripe", "visa_rdr": False,
            "created_at": at(days=41), "updated_at": at(days=41), "provider_created_at": None, **changes}


def product(**changes):
    return {"id": "prod_Club", "title": "Club", "route": "club", "verified": True, "visibility": "visible",
            "average_review_rating": 5.0, "published_reviews_count": 3, "member_count": 9, "gallery_images": [],
            "labels": [], "created_at": at(), "updated_at": at(), "headline": None, **changes}


def variant(**changes):
    return {"id": "plan_Club", "title": "Monthly", "plan_type": "renewal", "release_method": "buy_now",
            "visibility": "visible", "currency": "usd", "initial_price": 0.0, "renewal_price": 49.0,
            "initial_price_due": usd(0), "billing_period": 30, "formatted_price": "$49.00 / month",
            "adaptive_pricing_enabled": False, "custom_fields": [], "unlimited_stock": True,
            "purchase_url": "https://whop.example.test/p", "product": {"id": "prod_Club", "title": "Club"},
            "created_at": at(), "updated_at": at(), **changes}


def post(n, parent=None, **changes):
    return {"id": f"post_{n:04}", "user": user(n), "title": None if parent else f"Post {n}", "content": "words",
            "parent_id": parent, "comment_count": 0, "like_count": 0, "view_count": 1, "attachments": [],
            "is_edited": False, "is_pinned": False, "is_poster_admin": False, "created_at": at(days=n),
            "updated_at": at(days=n), **changes}


def message(n, when, **changes):
    return {**copy.deepcopy(SAMPLES["chat.message.created"]["data"]["message"]), "id": f"msg_{n:04}", "user": user(n),
            "created_at": when, "updated_at": when, **changes}


class WhopServer(Vendor):
    """`lists` maps a path to its rows, oldest first; `per_page` caps pages; `extra`: one empty page at the end."""

    def __init__(self, people=0, per_page=100, extra=False):
        super().__init__()
        self.per_page, self.extra, self.rights, self.quiet = per_page, extra, set(RIGHTS), set()
        self.hooks, self.tokens = [], {"refresh_1": 1}
        numbers = range(1, people + 1)
        self.lists = {"/products": [product()], "/variants": [variant()], "/members": [member(n) for n in numbers],
                      "/memberships": [membership(n) for n in numbers], "/payments": [payment(n) for n in numbers]}

    def answer(self, method, path, query, body):
        if path == "/oauth/token":
            return self.token(dict(body))
        path = path.removeprefix("/api/v1")
        if path.startswith("/webhooks"):
            self.allow("/webhooks")
            return self.webhooks(method, path, dict(query), body)
        if path == "/accounts/me":
            return {"id": ACCOUNT, "title": "Harbor Run Club", "route": "harbor"}
        if path == "/accounts":
            return self.paged([{"id": ACCOUNT, "title": "Harbor Run Club", "route": "harbor"}], dict(query))
        if path == "/permissions":
            return {"data": [{"action": name, "granted": name in self.rights}
                             for name in dict(query)["actions"].split(",")]}
        return self.listed(path, dict(query))

    def allow(self, path):
        if NEEDS[path] not in self.rights:
            raise Refuse(403, f"You need the permission {NEEDS[path]}.")

    def listed(self, path, query):
        if path not in NEEDS:
            raise Refuse(404, "No such path")
        if path in self.quiet:
            return self.paged([], query)
        self.allow(path)
        rows = self.lists.get(path, [])
        for name in BY & query.keys():
            rows = [row for row in rows if row.get("_" + name, row.get(name)) == query[name]]
        if path == "/forum_posts" and "parent_id" not in query:
            rows = [row for row in rows if row["parent_id"] is None]
        if query.get("created_after"):
            rows = [row for row in rows if row["created_at"] >= query["created_after"]]
        if path == "/forum_posts" or query.get("direction") == "desc":
            rows = rows[::-1]
        return self.paged([self.shown(row) for row in rows], query)

    def shown(self, row):
        row = {name: value for name, value in row.items() if not name.startswith("_")}
        if "email" in row and "member:email:read" not in self.rights:
            row["email"] = None
        return row

    def paged(self, rows, query):
        start = int(query["after"].removeprefix("cur_")) if query.get("after") else 0
        if start > len(rows):
            raise Refuse(400, "Invalid cursor")
        end = min(start + min(int(query.get("first", 20)), self.per_page), len(rows))
        more = end < len(rows) or (self.extra and start < len(rows))
        return {"data": rows[start:end], "page_info": {
            "start_cursor": f"cur_{start}" if rows else None, "end_cursor": f"cur_{end}" if end > start else None,
            "has_next_page": more, "has_previous_page": start > 0}}

    def webhooks(self, method, path, query, body):
        if method == "GET":
            return self.paged([{**hook, "webhook_secret": None} for hook in self.hooks], query)
        if method == "DELETE":
            before, self.hooks = self.hooks, [hook for hook in self.hooks if not path.endswith(hook["id"])]
            if len(before) == len(self.hooks):
                raise Refuse(404, "No such webhook")
            return {"success": True}
        made = {"id": f"hook_{len(self.asked)}", "webhook_secret": f"ws_{len(self.asked)}", "api_version": "v1",
                "child_resource_events": False, "consecutive_failures": 0, "created_at": at(), "enabled": True,
                "testable_events": [], **body}
        self.hooks.append(made)
        return made

    def token(self, form):
        """Codes and refresh tokens are good once; `nonce` is what the browser brought to the authorization."""
        if form["grant_type"] == "refresh_token":
            number = self.tokens.pop(form["refresh_token"], None)
            if number is None:
                raise Refuse(400, "invalid_grant")
        else:
            number, self.verifier = 1, form["code_verifier"]
        self.keys.add(f"access_{number}")
        self.tokens[f"refresh_{number + 1}"] = number + 1
        claims = {"nonce": getattr(self, "nonce", None), "aud": form["client_id"], "sub": "user_0001"}
        middle = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
        return {"access_token": f"access_{number}", "refresh_token": f"refresh_{number + 1}", "expires_in": 3600,
                "token_type": "bearer", "id_token": f"h.{middle}.s"}

    def admit(self, handler, path):
        if path != "/oauth/token":
            super().admit(handler, path)
