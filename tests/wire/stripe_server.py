"""A Stripe of our own. What it is asked is judged by the SDK's parameter types, what it answers by its objects."""
import importlib
import inspect
import typing
from functools import cache

import stripe
import typing_extensions
from pydantic import ConfigDict, TypeAdapter, ValidationError

from .stripe_events import resource
from .vendor import Refuse, Vendor

LISTS = {"products": "_product", "prices": "_price", "customers": "_customer", "subscriptions": "_subscription",
         "invoices": "_invoice", "charges": "_charge", "payment_intents": "_payment_intent", "refunds": "_refund",
         "disputes": "_dispute", "webhook_endpoints": "_webhook_endpoint"}
T = typing.TypeVar("T")


@cache
def checker(path):
    """A strict validator made of one of the SDK's parameter types, such as `_refund_list_params.RefundListParams`."""
    module, name = path.rsplit(".", 1)
    found = importlib.import_module("stripe.params." + module)
    names = {**vars(typing_extensions), **vars(found), "UntypedStripeObject": dict[str, T], "StripeContext": str}
    for one in vars(found).values():
        if inspect.isclass(one) and typing_extensions.is_typeddict(one):
            one.__pydantic_config__ = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
    adapter = TypeAdapter(getattr(found, name))
    adapter.rebuild(force=True, _types_namespace=names)
    return adapter


def nested(pairs) -> dict:
    """`created[gte]=1&expand[0]=a` as objects and lists."""
    found = {}
    for name, value in pairs:
        outer, _, inner = name.partition("[")
        if inner:
            found.setdefault(outer, {})[inner.rstrip("]")] = value
        else:
            found[outer] = value
    return {name: [value[key] for key in sorted(value, key=int)] if isinstance(value, dict) and all(
        key.isdigit() for key in value) else value for name, value in found.items()}


def check(noun, verb, pairs):
    """Refuse what Stripe would not know."""
    words = "".join(word.title() for word in noun.split("_"))
    try:
        checker(f"{noun}_{verb}_params.{words}{verb.title()}Params").validate_python(nested(pairs))
    except ValidationError as error:
        raise Refuse(400, f"Received unknown parameter: {error.errors()[0]['loc']}") from None


def unknown_fields(row, cls) -> set:
    """Fields that the SDK's object does not have."""
    known = set()
    for one in cls.__mro__:
        known |= set(getattr(one, "__annotations__", ()))
    return set(row) - known - {"object"}


class StripeServer(Vendor):
    """`lists` maps a path's last word to its rows, newest first as Stripe gives them."""

    def __init__(self, per_page=100):
        super().__init__()
        self.per_page, self.lists, self.hooks, self.forbidden = per_page, {}, [], set()
        self.expand = {}                # field -> called with a row, when asked to expand it

    def answer(self, method, path, query, body):
        noun = path.removeprefix("/v1/").split("/")[0]
        if noun == "account":
            return {"id": "acct_harbor", "object": "account"}
        if noun not in LISTS:
            raise Refuse(404, "Unrecognized request URL")
        if noun in self.forbidden:
            raise Refuse(403, "The provided key does not have the required permissions for this endpoint.")
        if noun == "webhook_endpoints":
            return self.endpoints(method, path, query, body)
        check(LISTS[noun], "list", query)
        asked = nested(query)
        rows = self.lists.get(noun, [])
        if "created" in asked:
            rows = [row for row in rows if row["created"] >= int(asked["created"]["gte"])]
        if noun == "subscriptions" and asked.get("status") != "all":
            rows = [row for row in rows if row["status"] != "canceled"]
        return self.paged(rows, asked)

    def paged(self, rows, asked):
        start = 0
        if asked.get("starting_after"):
            ids = [row["id"] for row in rows]
            if asked["starting_after"] not in ids:
                raise Refuse(400, f"No such object: {asked['starting_after']}")
            start = ids.index(asked["starting_after"]) + 1
        end = start + min(int(asked.get("limit", 10)), self.per_page)
        return {"object": "list", "data": rows[start:end], "has_more": end < len(rows), "url": "/v1"}

    def endpoints(self, method, path, query, body):
        if method == "GET":
            check("_webhook_endpoint", "list", query)
            return self.paged(self.hooks, nested(query))
        if method == "DELETE":
            self.hooks = [hook for hook in self.hooks if not path.endswith(hook["id"])]
            return {"id": path.rsplit("/", 1)[1], "object": "webhook_endpoint", "deleted": True}
        check("_webhook_endpoint", "create", body)
        made = {"id": f"we_{len(self.asked)}", "object": "webhook_endpoint", "status": "enabled", **nested(body)}
        self.hooks.append(made)
        return {**made, "secret": f"whsec_{len(self.asked)}"}


def customer(n, **changes):
    return resource("customer", **{"id": f"cus_{n}", "email": f"person{n}@example.test", "name": f"Person {n}",
                                   "phone": None, **changes})


OBJECTS = {"customers": stripe.Customer, "subscriptions": stripe.Subscription, "invoices": stripe.Invoice,
           "charges": stripe.Charge, "refunds": stripe.Refund, "disputes": stripe.Dispute,
           "payment_intents": stripe.PaymentIntent, "prices": stripe.Price, "products": stripe.Product}
