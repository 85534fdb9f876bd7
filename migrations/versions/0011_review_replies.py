"""Reviewers keep replies that they write again. The version of the program before this one does not know the table,
and goes on working beside it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # As every other text on PostgreSQL: compared byte by byte.
    collation = "C" if op.get_bind().dialect.name == "postgresql" else None
    op.create_table(
        "review_replies",
        sa.Column("id", sa.String(36, collation=collation), nullable=False),
        sa.Column("owner_id", sa.String(36, collation=collation), nullable=False),
        sa.Column("title", sa.String(100, collation=collation), nullable=False),
        sa.Column("text", sa.Text(collation=collation), nullable=False),
        sa.Column("is_shared", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_review_replies_owner_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_replies")),
    )
    op.create_index("ix_review_replies_owner_id", "review_replies", ["owner_id"])
    op.create_index("ix_review_replies_is_shared", "review_replies", ["is_shared"])


def downgrade() -> None:
    op.drop_table("review_replies")
