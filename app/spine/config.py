"""Settings from the environment, with defaults that work on a bare machine and refusals where they would be unsafe."""
import os
import secrets
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("PUBLIC_URL", "REDIS_URL", "ENCRYPTION_KEYS", "WHOP_API_KEY", "WHOP_APP_ID", "WHOP_APP_SECRET",
         "WHOP_WEBHOOK_SECRET", "WHOP_API_BASE", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_API_BASE",
         "OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL", "SMTP_URL", "SMTP_FROM", "SENTRY_DSN", "FAILPOINT",
         "TRUSTED_HOSTS", "API_ORIGINS", "BACKUP_DIR")
SAMPLES = {"", "dev", "secret", "changeme", "change-me", "test"}


class Refusal(SystemExit):
    """The application may not start like this; the message says what to set."""


def load(app, overrides: dict) -> None:
    """Fill app.config from the environment, then from `overrides`."""
    get = {**os.environ, **{k: v for k, v in overrides.items() if isinstance(v, str)}}.get
    wait = int(get("DATABASE_WAIT") or 15)
    data = Path(get("DATA_DIR") or ROOT / "instance")
    url = database_url(get("DATABASE_URL"), data)
    production = bool(get("DYNO")) or (url.startswith("postgresql") and get("APP_ENV") not in ("test", "development"))
    app.config.update(
        APP_ENV=get("APP_ENV") or ("production" if production else "local"), DATA_DIR=data,
        SQLALCHEMY_DATABASE_URI=url, SQLALCHEMY_ENGINE_OPTIONS=engine_options(url, wait), DATABASE_WAIT=wait,
        SECRET_KEY=secret_key(get("SECRET_KEY"), data, production), PORT=int(get("PORT") or 8000),
        TIME_MACHINE=get("TIME_MACHINE") == "1", MAX_CONTENT_LENGTH=10 << 20, MAX_FORM_MEMORY_SIZE=2 << 20,
        SYNC_PER_SECOND=float(get("SYNC_PER_SECOND") or 5),
        WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_CHECK_DEFAULT=False, SEND_FILE_MAX_AGE_DEFAULT=31_536_000,
        PROXY_HOPS=int(get("PROXY_HOPS") or (1 if get("DYNO") else 0)), OUTSIDE_PRIVATE=get("OUTSIDE_PRIVATE") == "1",
        SECRET_KEY_FALLBACKS=[key for key in (get("SECRET_KEY_FALLBACKS") or "").split(",") if key],
        **{name: get(name) or "" for name in NAMES})
    app.config["PUBLIC_URL"] = (app.config["PUBLIC_URL"] or f"http://127.0.0.1:{app.config['PORT']}").rstrip("/")
    if app.config["TRUSTED_HOSTS"]:
        app.config["TRUSTED_HOSTS"] = app.config["TRUSTED_HOSTS"].split(",")
    else:
        app.config["TRUSTED_HOSTS"] = None
    secure = app.config["PUBLIC_URL"].startswith("https://")
    app.config.update(SESSION_COOKIE_NAME="__Host-ra" if secure else "ra", SESSION_COOKIE_SECURE=secure,
                      SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Lax")
    app.config.update(overrides)
    if production and app.debug:
        raise Refusal("Debug mode and production do not go together: unset FLASK_DEBUG.")


def database_url(url: str | None, data: Path) -> str:
    """SQLite in the data folder unless the environment names a database; Postgres through psycopg 3."""
    if not url:
        data.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{data / 'revenueangel.db'}"
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def engine_options(url: str, wait: int) -> dict:
    """Small pools: the smallest hosted Postgres has twenty connections for everybody. Nobody waits longer than `wait`
    seconds for a lock: a sender of webhooks gives up soon after, and is better told to come again."""
    if url.startswith("sqlite"):
        return {"hide_parameters": True, "connect_args": {"timeout": wait, "check_same_thread": False}}
    return {"hide_parameters": True, "pool_size": 5, "max_overflow": 5, "pool_pre_ping": True,
            "connect_args": {"connect_timeout": 10, "options": f"-c timezone=UTC -c lock_timeout={wait}s "
                             "-c statement_timeout=120s -c idle_in_transaction_session_timeout=60s"}}


def weak(key: str | None) -> str | None:
    """What is wrong with a key, None when nothing is."""
    if not key:
        return "is missing"
    if key.lower().strip() in SAMPLES or len(set(key)) < 8:
        return "is a sample value"
    return "is short" if len(key) < 16 else None


def secret_key(given: str | None, data: Path, production: bool) -> str:
    """The given key; on a bare machine one made once and kept in the data folder."""
    if given and not weak(given):
        return given
    if production:
        raise Refusal(f"SECRET_KEY {weak(given)}. Set it to 32 or more random characters.")
    if given:
        return given
    path = data / "secret_key"
    data.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text()
