"""Names by one key: accounts, addresses and categories are unique and found by names.key; what names look like.

Where two old rows have one key now, the one that had it before keeps it, and every other one gets a key that no name
can have: the key, a line break, its id. Nothing is merged. `flask users check-names` lists them.

The version before this one finds rows by the case-folded name. That is the same for a name without compatibility forms
(full width, ligatures), decomposed letters or invisible characters. Others it does not find until all nodes are
upgraded; what it writes meanwhile is completed at the next start, and before the next registration.
"""

from collections.abc import Callable, Iterator

import sqlalchemy as sa
from alembic import op

from microdock_server import confusables, names

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
USERS = sa.table(
    "users",
    *map(sa.column, ("id", "username", "username_key", "email", "email_key")),
    *map(sa.column, ("skeleton", "skeleton_cased", "search_key")),
)
DEVELOPERS = sa.table("developers", *map(sa.column, ("user_id", "display_name", "company", "search_key")))
CATEGORIES = sa.table("categories", *map(sa.column, ("id", "name", "name_key", "parent_key")))


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
    _fill(USERS, "id", _of_user)
    _fill(DEVELOPERS, "user_id", _of_developer)


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
        if found is None or (wanted := names.key(found)) == getattr(row, key):
            continue
        beside = [taken.c[column] == getattr(row, column) for column in within]
        held = sa.select(taken.c.id).where(taken.c[key] == wanted, taken.c.id != row.id, *beside)
        if not wanted or len(wanted) > limit or op.get_bind().scalar(held) is not None:
            wanted = names.distinct(wanted, row.id, limit)
        op.execute(table.update().where(table.c.id == row.id).values({key: wanted}))


def _restore(table: sa.TableClause, name: str, key: str) -> None:
    for row in _rows(table, "id", (name, key)):
        found = getattr(row, name)
        if found is not None and found.casefold() != getattr(row, key):
            op.execute(table.update().where(table.c.id == row.id).values({key: found.casefold()}))


def _fill(table: sa.TableClause, primary: str, values: Callable[[sa.Row], dict[str, str]]) -> None:
    for row in _rows(table, primary, tuple(table.c.keys())):
        op.execute(table.update().where(table.c[primary] == getattr(row, primary)).values(values(row)))


def _of_user(row: sa.Row) -> dict[str, str]:
    before, after = confusables.skeletons(row.username)
    key = names.search_key(row.username, row.email)
    return {"skeleton": before, "skeleton_cased": after, "search_key": key}


def _of_developer(row: sa.Row) -> dict[str, str]:
    return {"search_key": names.search_key(row.display_name, row.company)}


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
