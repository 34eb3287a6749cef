"""What is loaded before the web server splits: no connection, no thread, and nothing that a server never uses."""
import json
import os
import subprocess
import sys
from pathlib import Path

LOADED = """
import json, sys, threading
import wsgi
from app.spine.db import db
with wsgi.app.app_context():
    print(json.dumps({"threads": threading.active_count(), "idle": db.engine.pool.checkedin(),
                      "busy": db.engine.pool.checkedout(), "loaded": sorted(sys.modules)}))
"""


def test_web_processes_may_be_forked_from_one_that_has_loaded_the_application(tmp_path, database_url):
    done = subprocess.run([sys.executable, "-c", LOADED], cwd=Path(__file__).parents[2], text=True, check=True,
                          stdout=subprocess.PIPE, env={**os.environ, "APP_ENV": "test", "DATA_DIR": str(tmp_path),
                                                       "DATABASE_URL": database_url, "TIME_MACHINE": "1"})
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["threads"], told["idle"], told["busy"]) == (1, 0, 0)
    assert not {"alembic", "rq", "redis", "stripe", "openai", "whop_sdk", "sklearn"} & set(told["loaded"])
