"""The API against its own document: two thousand requests made up from it, right and wrong; no 5xx, no shape broken."""
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.accounts.sign_in import ApiToken
from app.api.views.documents import document
from app.spine.db import db

from .seed import plant
from .test_tenants import table_of

CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
CASES, LONG = 2000, 40_000


@pytest.fixture
def furnished(app, account, monkeypatch):
    """Harbor with a row of everything, and the token of its owner."""
    monkeypatch.setitem(app.config, "API_PER_MINUTE", 10 ** 9)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    planted = plant(account, "Harborside")
    _, secret = ApiToken.make(account, "company_owner", "fuzz")
    db.session.commit()
    return planted, secret


def operations(app):
    """What the document offers, as (rule, operation)."""
    told = document(app)
    endpoints = {(rule.rule.replace("<", "{").replace(">", "}"), method): rule for rule in app.url_map.iter_rules()
                 for method in rule.methods}
    for result in schemathesis.openapi.from_dict(told).get_all_operations():
        operation = result.ok()
        yield endpoints[operation.path, operation.method.upper()], operation


def ask(client, case, secret: str):
    """The generated request, sent as it is."""
    kwargs = case.as_transport_kwargs(base_url="http://localhost")
    kwargs = {name: value for name, value in kwargs.items()
              if name in ("method", "url", "headers", "params", "json", "data", "cookies")}
    made = requests.Request(**kwargs).prepare()
    headers = {name: value for name, value in made.headers.items() if name.lower() != "content-length"}
    headers["Authorization"] = f"Bearer {secret}"
    return client.open(made.path_url, method=made.method, headers=headers, data=made.body)


def test_two_thousand_requests(app, furnished, request, client):
    planted, secret = furnished
    offered = list(operations(app))
    each = -(-(LONG if request.config.getoption("--long") else CASES) // len(offered))
    asked = {"all": 0}
    client.forge = True

    def tried(rule, operation):
        known = {name: planted.id(table) for name in rule.arguments
                 if (table := table_of(rule.endpoint, name)) and table in planted}
        wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
        right = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        usable = [right, wrong] if operation.query.items or operation.body.items else [right]

        @settings(max_examples=each, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
                  suppress_health_check=list(HealthCheck))
        @given(case=st.one_of(usable), real=st.booleans())
        def one(case, real):
            if real and known:
                case.path_parameters = {**(case.path_parameters or {}), **known}
            answer = ask(client, case, secret)
            asked["all"] += 1
            assert answer.status_code < 500, f"{operation.label}: {answer.status_code} {answer.text[:300]}"
            if answer.status_code != 404 or answer.is_json:
                case.validate_response(answer, checks=CHECKS)
        one()

    for rule, operation in offered:
        tried(rule, operation)
    assert asked["all"] >= CASES * 0.8, asked


def test_nothing_of_it_is_answered_without_a_token(app, furnished, client):
    client.forge = True
    for rule, operation in operations(app):
        path = operation.path.replace("{", "").replace("}", "")
        answer = client.open(path, method=operation.method.upper())
        assert answer.status_code == 401, rule
