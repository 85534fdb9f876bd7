"""Flask extensions, created once and bound to an application by create_app."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from flask_cors import CORS
from flask_jwt_extended import JWTManager
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import MetaData, Table
from sqlalchemy.orm import DeclarativeBase

if TYPE_CHECKING:
    from flask_migrate import Migrate

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of every table; constraint names are fixed so that migrations can refer to them on every engine."""

    metadata = MetaData(naming_convention=NAMING)


def table_of(model: type[Base]) -> Table:
    """The model's table, for statements that need no mapped objects."""
    return cast(Table, model.__table__)


# Foreign keys that a migration added to an existing table: SQLAlchemy cannot read back their ON DELETE action.
LATER_REFERENCES: Final = frozenset(("plugins.owner_id", "plugins.category_id", "plugin_tombstones.owner_id"))


def is_modelled(item: Any, name: str | None, kind: str, _reflected: bool, _model: object) -> bool:
    """Does Alembic compare this part of the schema? The search index has tables that no model describes."""
    if kind == "foreign_key_constraint":
        return f"{item.table.name}.{item.column_keys[0]}" not in LATER_REFERENCES
    return not (kind == "table" and (name or "").startswith("plugin_search"))


def migrations() -> Path:
    """The directory of Alembic's scripts: beside the package in a checkout, inside it in a wheel."""
    package = Path(__file__).parent.parent
    inside = package / "migrations"
    return inside if inside.is_dir() else package.parent / "migrations"


@dataclass(frozen=True, slots=True)
class Migrations:
    """What Flask-Migrate's functions look up as `app.extensions["migrate"]`; loads it when one is called."""

    db: SQLAlchemy
    directory: str = field(default_factory=lambda: str(migrations()))

    @property
    def migrate(self) -> Migrate:
        """Flask-Migrate itself."""
        from flask_migrate import Migrate  # noqa: PLC0415  (loads Alembic: see migration_files.py)

        return Migrate(db=self.db, directory=self.directory)


# Units of work close their session: objects they leave behind stay readable and are never reloaded.
db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
jwt = JWTManager()
cors = CORS()
