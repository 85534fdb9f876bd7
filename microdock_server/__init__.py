"""The server behind a desktop host app's plugins. This module is the front door and nothing else."""

from __future__ import annotations

from flask import Flask
from flask_swagger_ui import get_swaggerui_blueprint
from werkzeug.middleware.proxy_fix import ProxyFix

from . import logs
from .api import live, openapi
from .api.admin_page import admin_page
from .api.auth import DecodedTokens
from .api.catalog_cache import CatalogCache
from .api.context import Context
from .api.edge import Edge
from .api.errors import register as register_errors
from .api.host import host
from .api.host.schemas import Plugin
from .api.installs import installs
from .api.limits import RateLimits, SQLiteStorage
from .api.market import market
from .api.system import system
from .cli import register_commands
from .config import Settings, ensure_safe, load_settings
from .extensions import cors, db, jwt, migrate, migrations
from .jobs.delivery import FILE, Messenger
from .services import jobs
from .storage import LocalStorage
from .uow import counting_engine, prepare_engine

# The more particular prefix of the marketplace's stands before the shorter one.
MOUNTED = (
    (system, ""),
    (host, "/api"),
    (installs, "/api/v1/plugins"),
    (installs, "/v1/plugins"),
    (market, "/api/v1"),
    (market, "/v1"),
)


def create_app(settings: Settings | None = None) -> Flask:
    """The application. Without `settings` they are read from the environment; raises ConfigurationError."""
    settings = settings or load_settings()
    ensure_safe(settings)
    logs.configure(settings)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    app = Flask(__name__, static_folder=None, instance_path=str(settings.data_dir))
    app.config.from_mapping(_flask_config(settings))
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.url_map.strict_slashes = False
    _bind_extensions(app, settings)
    jobs.deliver_with(Messenger(settings.data_dir / FILE).deliver)
    context = _context(app, settings)
    app.extensions["microdock"] = context
    for surface, prefix in MOUNTED:
        app.register_blueprint(surface, url_prefix=prefix or None, name=f"{surface.name}{prefix.replace('/', '-')}")
    docs = get_swaggerui_blueprint("/docs", "/openapi.json", config={"app_name": settings.app_name})
    app.register_blueprint(docs)
    app.register_blueprint(admin_page)
    live.mount(app, context)
    register_errors(app)
    register_commands(app)
    app.wsgi_app = Edge(app, app.wsgi_app, context)  # type: ignore[method-assign]
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def _flask_config(settings: Settings) -> dict[str, object]:
    return {
        "DEBUG": False,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        # Threads bound how many connections there are: none of them shall wait for one.
        "SQLALCHEMY_ENGINE_OPTIONS": {"pool_size": 32, "max_overflow": -1},
        "JWT_SECRET_KEY": settings.jwt_secret_key,
        "JWT_ALGORITHM": settings.jwt_algorithm,
    }


def _bind_extensions(app: Flask, settings: Settings) -> None:
    db.init_app(app)
    migrate.init_app(app, db, directory=str(migrations()))
    jwt.init_app(app)
    cors.init_app(
        app,
        origins=list(settings.cors_origins),
        expose_headers=["X-Request-ID", "X-Process-Time", "X-Total-Count", "ETag", "Content-Disposition"],
        always_send=False,
        max_age=600,
    )
    with app.app_context():
        prepare_engine(db.engine)


def _context(app: Flask, settings: Settings) -> Context:
    with app.app_context():
        counting = counting_engine(db.engine)
    areas = {"uploads": settings.upload_dir, "backups": settings.backup_dir}
    store = SQLiteStorage(f"microdock+sqlite://{settings.data_dir / 'ratelimits.db'}")
    return Context(
        settings=settings,
        storage=LocalStorage(areas, accel_prefix=settings.x_accel_prefix),
        counting=counting,
        limits=RateLimits(store, enabled=settings.ratelimit_enabled),
        catalog=CatalogCache(Plugin, counting, "plugins.listed"),
        decoded=DecodedTokens(),
        document=openapi.document(settings, MOUNTED),
    )
