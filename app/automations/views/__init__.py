"""The screens of playbooks."""
from flask import Blueprint

from app.spine.slots import fills, menu_entry

bp = Blueprint("playbooks", __name__, url_prefix="/playbooks")
menu_entry("Act", "Playbooks", "workflow", "playbooks.index", "playbooks.read", order=210)
fills("add", 30, label="Playbook", icon="workflow", permission="playbooks.write")("playbooks.new")
