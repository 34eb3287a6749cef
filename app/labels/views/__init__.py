"""Settings pages of tags and custom fields. Their routes hang on `bp`."""
from flask import Blueprint

bp = Blueprint("labels", __name__, url_prefix="/settings")

from . import fields, tags  # noqa: E402, F401 - their routes hang on bp
