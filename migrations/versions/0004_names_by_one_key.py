"""Names by one key: accounts, addresses and categories are unique and found by it; columns for what names look like.

The key is toNFKC_Casefold, trimmed, as the version of this migration makes it: a copy stands below, so that what is
done here stays the same when the program changes. What accounts look like is left to the program, which fills it in at
its next start, as it does for rows that the version before writes.

Where two old rows have one key now, the one that had it before keeps it, and every other one gets a key that no name
can have: the key, a line break, its id. Nothing is merged. `flask users check-names` lists them.

The version before this one finds rows by the case-folded name. That is the same for a name without compatibility forms
(full width, ligatures), decomposed letters or invisible characters. Others it does not find until all nodes are
upgraded; what it writes meanwhile is completed at the next start, and before the next registration.
"""

import unicodedata
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BATCH = 500
COLUMNS = {
    "users": {"skeleton": sa.String(255), "skeleton_cased": sa.String(255), "search_key": sa.Text()},
    "developers": {"search_key": sa.Text()},
}
INDEXES = {"ix_users_skeleton": "skeleton", "ix_users_skeleton_cased": "skeleton_cased"}
USERS = sa.table("users", *map(sa.column, ("id", "username", "username_key", "email", "email_key")))
DEVELOPERS = sa.table("developers", *map(sa.column, ("user_id", "display_name", "company", "search_key")))
CATEGORIES = sa.table("categories", *map(sa.column, ("id", "name", "name_key", "parent_key")))

# Default_Ignorable_Code_Point: first and last of every range.
IGNORABLE = (
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
DRAWN_FORMATS = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
SEPARATOR = "\n"
ROW_ID_LENGTH = 36


def upgrade() -> None:
    # As every other text on PostgreSQL: compared byte by byte.
    collation = "C" if op.get_bind().dialect.name == "postgresql" else None
    for table, columns in COLUMNS.items():
        for column, kind in columns.items():
            length = {"length": kind.length, "collation": collation}
            op.add_column(table, sa.Column(column, type(kind)(**length), nullable=True))
    for name, column in INDEXES.items():
        op.create_index(name, "users", [column])
    _key_anew(USERS, "username", "username_key", (), 128)
    _key_anew(USERS, "email", "email_key", (), 512)
    _key_anew(CATEGORIES, "name", "name_key", ("parent_key",), 200)
    _fill_developers()


def downgrade() -> None:
    for table, name, key in ((USERS, "username", "username_key"), (USERS, "email", "email_key")):
        _restore(table, name, key)
    _restore(CATEGORIES, "name", "name_key")
    for index in INDEXES:
        op.drop_index(index, table_name="users")
    for table, columns in COLUMNS.items():
        for column in columns:
            # Not Alembic's batch, which makes the table anew: dropping the old one would delete what refers to it.
            op.drop_column(table, column)


def _key_anew(table: sa.TableClause, name: str, key: str, within: tuple[str, ...], limit: int) -> None:
    """Give each row whose key is another now its new one, or a distinct one where that is taken."""
    taken = table.alias()
    for row in _rows(table, "id", (name, key, *within)):
        found = getattr(row, name)
        if found is None or (wanted := _key(found)) == getattr(row, key):
            continue
        beside = [taken.c[column] == getattr(row, column) for column in within]
        held = sa.select(taken.c.id).where(taken.c[key] == wanted, taken.c.id != row.id, *beside)
        if not wanted or len(wanted) > limit or op.get_bind().scalar(held) is not None:
            wanted = f"{wanted[: limit - ROW_ID_LENGTH - 1]}{SEPARATOR}{row.id}"
        op.execute(table.update().where(table.c.id == row.id).values({key: wanted}))


def _restore(table: sa.TableClause, name: str, key: str) -> None:
    for row in _rows(table, "id", (name, key)):
        found = getattr(row, name)
        if found is not None and found.casefold() != getattr(row, key):
            op.execute(table.update().where(table.c.id == row.id).values({key: found.casefold()}))


def _fill_developers() -> None:
    for row in _rows(DEVELOPERS, "user_id", ("display_name", "company")):
        key = SEPARATOR.join(_key(text) for text in (row.display_name, row.company) if text)
        op.execute(DEVELOPERS.update().where(DEVELOPERS.c.user_id == row.user_id).values(search_key=key))


def _key(text: str) -> str:
    found = text.strip()
    # What goes in one round can leave something for the next: an invisible character parts what then composes.
    while (folded := _folded(found)) != found:
        found = folded
    return found


def _folded(text: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return "".join(char for char in folded if not _is_invisible(char)).strip()


def _is_invisible(char: str) -> bool:
    if unicodedata.category(char) in ("Cc", "Cf", "Cs"):
        return char not in DRAWN_FORMATS
    return any(first <= ord(char) <= last for first, last in IGNORABLE)


def _rows(table: sa.TableClause, primary: str, columns: tuple[str, ...]) -> Iterator[sa.Row]:
    """All rows by their primary key, a batch at a time: changing rows of a batch disturbs no cursor."""
    last = ""
    while True:
        query = sa.select(*(table.c[column] for column in {primary: 0, **dict.fromkeys(columns)}))
        rows = op.get_bind().execute(query.where(table.c[primary] > last).order_by(table.c[primary]).limit(BATCH)).all()
        yield from rows
        if len(rows) < BATCH:
            return
        last = getattr(rows[-1], primary)
