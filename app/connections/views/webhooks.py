"""POST /api/webhooks/<source>[/<key>]: 202 kept or known, 401, 400, 413, 404, 503; no other 5xx, no redirect."""
from flask import Blueprint, jsonify, request
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from app.spine.db import db
from app.spine.policy import SIGNED, policy

from ..envelope import Refused, Unreadable
from ..inbox import NoDoor, log, receive

bp = Blueprint("webhooks", __name__, url_prefix="/api/webhooks")
MOST = 1 << 20


@bp.post("/<source>", strict_slashes=False)
@bp.post("/<source>/<key>", strict_slashes=False)
@policy(SIGNED)
def take(source, key=None):
    """Keep a webhook; the answer is one small JSON object."""
    request.max_content_length = MOST + 1          # a body that names no length ends at its limit without a word
    try:
        raw = request.get_data()
        if len(raw) > MOST:
            return refused(413, "Larger than 1 MiB.")
        return jsonify(state=receive(source, key, request.headers, raw)), 202
    except NoDoor:
        return refused(404, "Nothing is connected at this address.")
    except Refused:
        return refused(401, "The signature does not match, or the timestamp is not within five minutes.")
    except Unreadable as error:
        return refused(400, str(error))
    except DBAPIError as error:
        db.session.rollback()
        log.error("webhook.not_stored", error=type(error.orig).__name__)
        return refused(503, "Not stored. Send it again.")
    except HTTPException as error:
        if error.code == 413:
            return refused(413, "Larger than 1 MiB.")
        return refused(400, "The body could not be read.")


def refused(status, words):
    """An error in the same small shape."""
    answer = jsonify(error=words)
    answer.status_code = status
    if status == 503:
        answer.headers["Retry-After"] = "5"
    return answer
