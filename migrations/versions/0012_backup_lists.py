"""Backups are listed newest first, and counted and summed by user key, from indexes."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

BY_KEY = "ix_backups_user_key_created_at"
BY_TIME = "ix_backups_created_at"
BEFORE = "ix_backups_user_key_id"


def upgrade() -> None:
    op.create_index(BY_KEY, "backups", ["user_key", "created_at", "id", "file_size"])
    op.create_index(BY_TIME, "backups", ["created_at", "id"])
    op.drop_index(BEFORE, "backups")


def downgrade() -> None:
    op.create_index(BEFORE, "backups", ["user_key", "id"])
    op.drop_index(BY_TIME, "backups")
    op.drop_index(BY_KEY, "backups")
