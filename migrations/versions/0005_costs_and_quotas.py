"""HTML of texts is kept, and stored bytes are counted by whom they came from.

Every column may be empty, for the previous version writes rows without: HTML is then made when it is first read.
The indexes make sums of sizes cheap (services/room.py).
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

HTML = {"plugins": "long_description", "plugin_versions": "changelog"}
FILES = ("plugin_versions", "plugin_images", "backups")


def upgrade() -> None:
    # Texts are compared byte by byte, as SQLite does, whatever the database's language.
    collation = "C" if op.get_bind().dialect.name == "postgresql" else None
    for table, text in HTML.items():
        op.add_column(table, sa.Column(f"{text}_html", sa.Text(collation=collation), nullable=True))
        op.add_column(table, sa.Column(f"{text}_of", sa.String(64, collation), nullable=True))
    for table in FILES:
        op.add_column(table, sa.Column("stored_from", sa.String(64, collation), nullable=True))
        op.create_index(f"ix_{table}_stored_from", table, ["stored_from", "file_size"])


def downgrade() -> None:
    for table in FILES:
        op.drop_index(f"ix_{table}_stored_from", table)
        op.drop_column(table, "stored_from")
    for table, text in HTML.items():
        op.drop_column(table, f"{text}_of")
        op.drop_column(table, f"{text}_html")
