"""The door of the API: tokens, problems, keys, limits."""
import pytest

from app.api import door


def test_no_token_no_answer(client, account):
    answer = client.get("/api/v1/people")
    assert answer.status_code == 401 and answer.mimetype == "application/problem+json"
    assert {"type", "title", "status", "detail", "request_id", "errors"} <= set(answer.json)


def test_a_reader_may_not_write(reader, ana):
    assert reader.get("/people").status_code == 200
    assert reader.post("/people", json={"email": "x@y.test"}).status_code == 403


def test_a_cookie_is_no_token(desk):
    assert desk.get("/api/v1/people").status_code == 401


@pytest.mark.parametrize("body, status", [(b"{", 400), (b"[]", 400), (b'{"name": NaN}', 400), (b"[" * 20000, 400),
                                          (b'{"unknown": 1}', 422), (b'{"name": "a\\u0000"}', 400)])
def test_bad_bodies_get_words(program, body, status):
    answer = program.post("/people", data=body, content_type="application/json")
    assert answer.status_code == status and answer.json["detail"]


def test_the_same_key_gets_the_same_answer_once(program):
    key = {"Idempotency-Key": "k1"}
    first = program.post("/people", json={"email": "cy@example.test"}, headers=key)
    again = program.post("/people", json={"email": "cy@example.test"}, headers=key)
    assert first.status_code == again.status_code == 201 and first.json == again.json
    assert again.headers["Idempotent-Replayed"] == "true"
    other = program.post("/people", json={"email": "di@example.test"}, headers=key)
    assert other.status_code == 422
    assert len(program.get("/people").json["data"]) == 1


def test_too_many_calls_have_to_wait(program, app, monkeypatch):
    monkeypatch.setitem(app.config, "API_PER_MINUTE", 3)
    door._calls.clear()
    answers = [program.get("/people").status_code for _ in range(5)]
    assert answers == [200, 200, 200, 429, 429]
    assert int(program.get("/people").headers["Retry-After"]) <= 60


def test_the_dashboard_may_be_asked_thirty_times_a_minute(program, monkeypatch):
    monkeypatch.setattr(door.time, "time", lambda now=door.time.time(): now)
    door._calls.clear()
    answers = [program.get("/analytics/dashboard") for _ in range(31)]
    assert [one.status_code for one in answers] == [200] * 30 + [429]
    assert "More than 30 calls in a minute" in answers[-1].json["detail"]
    assert program.get("/people").status_code == 200, "other addresses have a count of their own"


def test_unknown_addresses_are_problems(program, client):
    assert program.get("/nothing").status_code == 404
    assert client.get("/api/v1/nothing").mimetype == "application/problem+json"


def test_the_document_names_what_there_is(client, account):
    document = client.get("/api/v1/openapi.json").json
    assert document["openapi"].startswith("3.1")
    assert {"/api/v1/people", "/api/v1/segments/preview", "/api/v1/people/{person_id}",
            "/api/v1/analytics/revenue", "/api/v1/automations/{automation_id}/activation"} <= set(document["paths"])
    assert client.get("/docs/api").status_code == 200


def test_a_token_in_an_address_is_refused(program, client):
    assert program.get("/people?token=ra_live_abc").status_code == 400
    answer = client.get("/api/v1/people?access_token=ra_live_abc")
    assert answer.status_code == 400 and "Revoke" in answer.json["detail"]


def test_a_misspelt_state_is_said(program):
    for name in ("messages", "deliveries", "jobs"):
        answer = program.get(f"/{name}?state=prosessed")
        assert answer.status_code == 422 and answer.json["errors"][0]["field"] == "state"
    assert program.get("/jobs?state=dead").status_code == program.get("/deliveries?state=failed").status_code == 200
