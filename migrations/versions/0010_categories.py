"""Categories have a name in addresses: their slug, made from their name as the version of this migration makes it.
Plugins are counted by category, and sorted by ratings, from indexes.

A copy of how it is made stands below, so that what is done here stays the same when the program changes. Null: the
version of the program before this one goes on making categories, and this one gives them their slug at its next start.
"""

import unicodedata
from itertools import count

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

LONGEST = 32
NAMELESS = "category"
INDEXES = {
    "ix_plugins_status_category_id": ["status", "category_id", "number"],
    "ix_plugins_status_ratings": ["status", "rating_count", "rating_sum", "category_id", "number"],
}
CATEGORIES = sa.table("categories", *map(sa.column, ("id", "name_key", "parent_key", "created_at", "slug")))


def upgrade() -> None:
    # As every other text on PostgreSQL: compared byte by byte.
    collation = "C" if op.get_bind().dialect.name == "postgresql" else None
    op.add_column("categories", sa.Column("slug", sa.String(LONGEST, collation=collation), nullable=True))
    op.create_index("uq_categories_slug", "categories", ["slug"], unique=True)
    for name, indexed in INDEXES.items():
        op.create_index(name, "plugins", indexed)
    taken: set[str] = set()
    # Of equal names the one at the top has no number.
    columns = CATEGORIES.c
    order = (columns.parent_key != "", columns.created_at, columns.id)
    for row in op.get_bind().execute(sa.select(columns.id, columns.name_key).order_by(*order)).all():
        slug = _slug(row.name_key, taken)
        taken.add(slug)
        op.execute(CATEGORIES.update().where(columns.id == row.id).values(slug=slug))


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, "plugins")
    op.drop_index("uq_categories_slug", "categories")
    op.drop_column("categories", "slug")


def _slug(key: str, taken: set[str]) -> str:
    # A key that was taken is followed by a line break and the row's id.
    name = key.partition("\n")[0]
    words = "-".join("".join(char if _is_kept(char) else " " for char in name).split())
    if len(words) > LONGEST:
        words = words[: LONGEST + 1].rpartition("-")[0] or words[:LONGEST]
    stem = words or NAMELESS
    if stem not in taken:
        return stem
    return next(
        found
        for number in count(2)
        if (found := f"{stem[: LONGEST - len(str(number)) - 1].rstrip('-')}-{number}") not in taken
    )


def _is_kept(char: str) -> bool:
    return char.isalnum() or unicodedata.category(char).startswith("M")
