"""Flask extensions: made once, and bound to an application by create_app."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from flask_cors import CORS
from flask_jwt_extended import JWTManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every table's base; constraint names are fixed so that migrations can name them on every engine."""

    metadata = MetaData(naming_convention=NAMING)


# References that a migration added to a table that existed: SQLAlchemy cannot read back what they do on delete.
LATER_REFERENCES: Final = frozenset(("plugins.owner_id", "plugins.category_id", "plugin_tombstones.owner_id"))


def is_modelled(item: Any, name: str | None, kind: str, _reflected: bool, _model: object) -> bool:
    """Is this part of the schema Alembic's to compare? The search index is made of tables that no model describes."""
    if kind == "foreign_key_constraint":
        return f"{item.table.name}.{item.column_keys[0]}" not in LATER_REFERENCES
    return not (kind == "table" and (name or "").startswith("plugin_search"))


def migrations() -> Path:
    """Where Alembic's scripts are: in a checkout beside the package, in a wheel inside it."""
    package = Path(__file__).parent.parent
    inside = package / "migrations"
    return inside if inside.is_dir() else package.parent / "migrations"


# Units of work close their session: what they leave behind is read, never loaded again.
db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
migrate = Migrate()
jwt = JWTManager()
cors = CORS()
