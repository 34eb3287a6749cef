"""The document of the API, for programs and for people; and a clear 404 for what it does not have."""
import json
import re
from functools import cache

from flask import Blueprint, current_app, jsonify

from app.api.door import problem, spec
from app.kit.pages import page
from app.spine.failures import PROBLEM
from app.spine.policy import PUBLIC, policy

bp = Blueprint("api_documents", __name__)
HASH = re.compile(r"(?<=\w)\.[0-9a-f]{7}(?=[.\"])")           # what SpecTree adds to the name of a shape
REFUSED = ("400", "401", "403", "404", "405", "409", "413", "415", "422", "429", "503")


@cache
def document(app) -> dict:
    """OpenAPI 3.1 of every address that declares itself."""
    spec.app = app
    found = json.loads(HASH.sub("", json.dumps(spec.spec)))
    for path in found["paths"].values():
        for operation in path.values():
            operation["responses"] = refusals(operation["responses"])
    found["components"]["responses"] = {"Problem": {
        "description": "What is wrong, in words, and for which field (RFC 9457).",
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}}}
    found["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    found["security"] = [{"token": []}]
    found["servers"] = [{"url": app.config["PUBLIC_URL"]}]
    return found


def refusals(responses: dict) -> dict:
    """Every refusal is the same kind of answer, wherever it comes from."""
    right = {status: told for status, told in responses.items() if status < "400"}
    return right | {status: {"$ref": "#/components/responses/Problem"} for status in REFUSED}


@bp.get("/api/v1/openapi.json")
@policy(PUBLIC)
def openapi():
    return jsonify(document(current_app._get_current_object()))


@bp.get("/docs/api")
@policy(PUBLIC)
def read():
    return page("api/read.html", document=document(current_app._get_current_object()))


@bp.route("/api/v1/<path:anything>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
@policy(PUBLIC)
def nothing(anything):
    problem(404, "There is nothing at this address. GET /api/v1/openapi.json lists what there is.")
