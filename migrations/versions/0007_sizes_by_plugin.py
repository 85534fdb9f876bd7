"""What an account's plugins keep is summed from an index, not from the rows of every version with its texts."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NAME = "ix_plugin_versions_plugin_name_file_size"


def upgrade() -> None:
    op.create_index(NAME, "plugin_versions", ["plugin_name", "file_size"])


def downgrade() -> None:
    op.drop_index(NAME, "plugin_versions")
