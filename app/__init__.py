"""RevenueAngel: the factory, and the floors of the house from the ground up."""
import importlib
import os
import pkgutil

from flask import Flask

FLOORS = ("kit", "spine", "accounts", "connections", "people", "segments", "labels", "tasks", "merging", "bulk",
          "catalog", "experiments", "messaging", "payments", "routing", "orders", "memberships", "retention",
          "automations", "funnels", "analytics", "onboarding", "conversations", "portal", "api", "adapters", "demo")
ROOMS = ("views", "jobs", "listens", "commands")     # modules of a domain that register something when imported


def create_app(**config) -> Flask:
    """The whole application. Keyword arguments override the environment, for tests."""
    from app.spine import config as settings
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    app = Flask(__name__, template_folder=f"{root}/templates", static_folder=f"{root}/static")
    settings.load(app, config)
    from app.spine import fences, privacy, start
    from app.spine.db import db
    start.database(app)
    open_rooms(app)
    fences.put_up(db.metadata)
    privacy.survey(db.Model)
    start.doors(app)
    return app


def open_rooms(app) -> None:
    """Import every floor in order; then hang up the blueprints and commands that its rooms define."""
    for floor in FLOORS[2:]:
        if importlib.util.find_spec(f"app.{floor}") is None:
            continue
        package = importlib.import_module(f"app.{floor}")
        names = [name for _, name, _ in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
        modules = [importlib.import_module(name) for name in names
                   if floor == "adapters" or ".views." in name or name.rsplit(".", 1)[1] in ROOMS]
        for module in modules:
            if hasattr(module, "bp") and module.bp.name not in app.blueprints:
                app.register_blueprint(module.bp)
            for command in getattr(module, "COMMANDS", ()):
                app.cli.add_command(command)
