"""Who sent each version and who made each upload key, and whether a name ever had an owner."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Nullable or with a default of the database's: the version of the program before this one goes on writing rows.
_KEYED = ("plugins", "plugin_tombstones")
# Names without a key were made through the marketplace, by an owner.
_HAD_OWNER = "UPDATE {table} SET had_owner = true WHERE owner_id IS NOT NULL OR upload_key_hash = ''"
_KEY_BY = """
    UPDATE {table} SET upload_key_by = (
        SELECT actor_id FROM audit_log
        WHERE action = 'plugin.upload_key_renewed' AND target_type = 'plugin' AND lower(target_id) = {table}.name_key
        ORDER BY id DESC LIMIT 1)
    WHERE had_owner
"""
# Whoever reports a version did not submit it.
_SUBMITTED_BY = """
    UPDATE plugin_versions SET submitted_by = (
        SELECT submitted_by FROM reviews
        WHERE reviews.plugin_name = plugin_versions.plugin_name AND reviews.version = plugin_versions.version
        AND reviews.submitted_by IS NOT NULL AND CAST(reviews.reasons AS TEXT) NOT LIKE '%"reported"%'
        ORDER BY submitted_at, id LIMIT 1)
"""


def upgrade() -> None:
    for table in _KEYED:
        op.add_column(table, sa.Column("had_owner", sa.Boolean(), server_default=sa.false(), nullable=False))
        op.add_column(table, sa.Column("upload_key_by", _text(36), nullable=True))
        op.execute(_HAD_OWNER.format(table=table))
        op.execute(_KEY_BY.format(table=table))
    op.add_column("plugin_versions", sa.Column("submitted_by", _text(36), nullable=True))
    op.add_column("plugin_versions", sa.Column("submitted_key", _text(16), nullable=True))
    op.add_column("plugin_versions", sa.Column("submitted_key_by", _text(36), nullable=True))
    op.execute(_SUBMITTED_BY)


def downgrade() -> None:
    for column in ("submitted_key_by", "submitted_key", "submitted_by"):
        op.drop_column("plugin_versions", column)
    for table in _KEYED:
        op.drop_column(table, "upload_key_by")
        op.drop_column(table, "had_owner")


def _text(length: int) -> sa.String:
    """A text that is compared byte by byte on every engine."""
    return sa.String(length, collation="C" if op.get_bind().dialect.name == "postgresql" else None)
