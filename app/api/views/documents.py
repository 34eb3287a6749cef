"""The document of the API, for programs and for people; and a clear 404 for what it does not have."""
from functools import cache

from flask import Blueprint, current_app, jsonify

from app.api.door import problem, spec
from app.kit.pages import page
from app.spine.policy import PUBLIC, policy

bp = Blueprint("api_documents", __name__)


@cache
def document(app) -> dict:
    """OpenAPI 3.1 of every address that declares itself."""
    spec.app = app
    found = spec.spec
    found["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    found["security"] = [{"token": []}]
    found["servers"] = [{"url": app.config["PUBLIC_URL"]}]
    return found


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
