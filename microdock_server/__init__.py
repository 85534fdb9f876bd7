"""The server behind a desktop host app's plugins. This module holds the application factory and nothing else."""

from __future__ import annotations

import os

from flask import Blueprint, Flask
from flask_swagger_ui import get_swaggerui_blueprint

from . import file_modes
from .api.core import openapi, origins
from .api.core.documents import Documents
from .api.core.errors import register as register_errors
from .api.core.files import StaticResponse
from .api.core.inspections import Inspections
from .api.core.list_cache import CatalogCache
from .api.core.middleware import RequestMiddleware
from .api.core.mounts import MOUNTS
from .api.core.page_cache import PageCache
from .api.core.proxies import Proxies
from .api.core.state import ApiState, limits_of, state_of
from .api.core.surface import Route, Segment
from .api.core.token_caches import DecodedTokens, RefusedTokens
from .api.core.update_answers import UpdateAnswers
from .api.host import host
from .api.host.schemas import Plugin
from .api.installs import installs
from .api.market import market
from .api.system import admin_page
from .api.system import feeds as _feeds  # noqa: F401  (it declares its endpoints on `system`)
from .api.system.health import system
from .api.websocket import endpoint
from .cli import register_commands
from .cli.errors import wrong_settings
from .clock import SKEW
from .cluster import wakeup
from .config import ConfigurationError, Settings, ensure_safe, load_settings
from .context import Context
from .database import engines
from .database.session import Migrations, db, jwt
from .database.unit_of_work import prepare_engine
from .observability import logs, tracing
from .pages import registration
from .pages import views as gallery
from .pages.problems import problem

SURFACES = {surface.name: surface for surface in (system, host, installs, market)}
MOUNTED = tuple((SURFACES[mount.surface], mount.prefix) for mount in MOUNTS if mount.is_surface)


def create_app(settings: Settings | None = None) -> Flask:
    """Make the application. Settings are read from the environment unless given; raises ConfigurationError."""
    if os.environ.get("FLASK_RUN_FROM_CLI") == "true":
        file_modes.keep_private()
    with wrong_settings():
        settings = settings or load_settings()
        ensure_safe(settings)
    logs.configure(settings)
    _trace(settings)
    file_modes.make_directory(settings.data_dir)
    app = Flask(__name__, static_folder=None, instance_path=str(settings.data_dir))
    app.config.from_mapping(_flask_config(settings))
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.response_class = StaticResponse
    app.url_rule_class = Route
    app.url_map.strict_slashes = False
    app.url_map.converters["default"] = Segment
    _bind_extensions(app, settings)
    context = Context.of(app, settings)
    wakeup.use(context.wakeups)
    app.extensions["microdock"] = context
    app.extensions["microdock_api"] = _api_state(app, context)
    for surface, prefix in MOUNTED:
        app.register_blueprint(surface, url_prefix=prefix or None, name=f"{surface.name}{prefix.replace('/', '-')}")
    app.register_blueprint(_docs(settings))
    app.register_blueprint(admin_page.admin_page)
    registration.register(app, shows_gallery=settings.gallery)
    endpoint.mount(app, context)
    register_errors(app)
    register_commands(app)
    app.wsgi_app = RequestMiddleware(app, app.wsgi_app, settings, state_of(app))  # type: ignore[method-assign]
    app.wsgi_app = Proxies(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign]
    return app


def _docs(settings: Settings) -> Blueprint:
    """The pages of the API's document."""
    # Nothing here logs in by OAuth; left out, it would be made of the request's Host, which can be undecodable.
    config = {"app_name": settings.app_name, "filter": True, "oauth2RedirectUrl": "/docs/oauth2-redirect.html"}
    docs: Blueprint = get_swaggerui_blueprint("/docs", "/openapi.json", config=config)
    return docs


def _trace(settings: Settings) -> None:
    try:
        tracing.configure(settings.otlp_endpoint, settings.app_version)
    except ImportError as missing:
        raise ConfigurationError(
            "OTEL_EXPORTER_OTLP_ENDPOINT needs OpenTelemetry: pip install 'microdock-server[tracing]'"
        ) from missing


def _flask_config(settings: Settings) -> dict[str, object]:
    return {
        "DEBUG": False,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engines.options(settings.database_url, settings.database_pool_size),
        "JWT_SECRET_KEY": settings.jwt_secret_key,
        "JWT_ALGORITHM": settings.jwt_algorithm,
        "JWT_DECODE_LEEWAY": SKEW,
        # Tokens come in a header only, so flask-jwt-extended's CSRF claim, which protects cookies, would be one more
        # difference between tokens.
        "JWT_COOKIE_CSRF_PROTECT": False,
    }


def _bind_extensions(app: Flask, settings: Settings) -> None:
    db.init_app(app)
    app.extensions["migrate"] = Migrations(db)
    jwt.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)


def _api_state(app: Flask, context: Context) -> ApiState:
    settings = context.settings
    return ApiState(
        origins=origins.guard(app, settings),
        limits=limits_of(context),
        inspections=Inspections(settings.data_dir),
        decoded=DecodedTokens(),
        refused=RefusedTokens(),
        catalog=CatalogCache(Plugin, context.autocommit, "plugins.listed"),
        pages=PageCache(),
        updates=UpdateAnswers(context.releases),
        documents=Documents(context.autocommit),
        home=gallery.home if settings.gallery else admin_page.home,
        problem=problem,
        document=openapi.document(settings, MOUNTED),
    )
