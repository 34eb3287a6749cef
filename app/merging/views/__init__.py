"""Screens of merging: choosing and previewing, undoing, and the list of suggestions. Their routes hang on `bp`."""
from flask import Blueprint

from app.spine.slots import fills

bp = Blueprint("merging", __name__)
fills("settings.page", 48, label="Duplicates", icon="git-merge", permission="data.merge")("merging.suggestions")

from . import notices, pairs, suggested  # noqa: E402, F401 - their routes hang on bp
