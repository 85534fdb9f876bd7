"""The search index knows a category's ancestors, and whether an earlier version of the program wrote to it since."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Defaults of the database's: the version of the program before this one goes on writing rows.
_COLUMNS = {
    "catalog": (("indexed_revision", sa.BigInteger(), "0"), ("search_revision", sa.BigInteger(), "0")),
    "categories": (("has_stale_index", sa.Boolean(), sa.false()), ("indexed_parent_key", sa.String(36), "")),
}


def upgrade() -> None:
    for table, columns in _COLUMNS.items():
        for name, kind, default in columns:
            op.add_column(table, sa.Column(name, _of_engine(kind), server_default=default, nullable=False))


def downgrade() -> None:
    for table, columns in _COLUMNS.items():
        for name, _, _ in columns:
            op.drop_column(table, name)


def _of_engine(kind: sa.types.TypeEngine) -> sa.types.TypeEngine:
    if isinstance(kind, sa.String) and op.get_bind().dialect.name == "postgresql":
        return sa.String(kind.length, collation="C")
    return kind
