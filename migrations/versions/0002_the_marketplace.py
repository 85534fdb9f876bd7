"""The marketplace: review, ratings, appeals, developers, categories, notifications, jobs, audit, statistics."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PLUGIN_COLUMNS = (
    sa.Column("number", sa.BigInteger(), server_default="0", nullable=False),
    sa.Column("status", sa.String(16), server_default="published", nullable=False),
    sa.Column("long_description", sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column("tags", sa.JSON(), server_default="[]", nullable=False),
    sa.Column("repository", sa.String(2048), server_default=sa.text("''"), nullable=False),
    sa.Column("overrides", sa.JSON(), server_default="{}", nullable=False),
    sa.Column("rating_count", sa.Integer(), server_default="0", nullable=False),
    sa.Column("rating_sum", sa.Integer(), server_default="0", nullable=False),
    sa.Column("rating_average", sa.Float(), nullable=True),
    sa.Column("published_at", sa.DateTime(), nullable=True),
)
PLUGIN_INDEXES = {
    "uq_plugins_number": ["number"],
    "ix_plugins_status_created_at": ["status", "created_at", "number"],
    "ix_plugins_status_updated_at": ["status", "updated_at", "number"],
    "ix_plugins_status_rating": ["status", "rating_average", "number"],
    "ix_plugins_created_at": ["created_at", "number"],
    "ix_plugins_updated_at": ["updated_at", "number"],
    "ix_plugins_rating": ["rating_average", "number"],
    "ix_plugins_owner_id_status": ["owner_id", "status", "created_at", "number"],
    "ix_plugins_category_id_status": ["category_id", "status"],
}

# Children before their parents.
TABLES = (
    "version_inventories",
    "reviews",
    "rating_revisions",
    "rating_reports",
    "auto_reviews",
    "ratings",
    "plugin_images",
    "notification_reads",
    "download_windows",
    "download_days",
    "appeals",
    "revenue_entries",
    "notifications",
    "developers",
    "jobs",
    "download_totals",
    "audit_log",
)


def upgrade() -> None:
    _create_tables()
    _extend_tables()
    _fill()


def _create_tables() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor_id", sa.String(length=36), nullable=True),
        sa.Column("actor_name", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("target_type", sa.String(length=32), nullable=False),
        sa.Column("target_id", sa.String(length=100), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_action", "audit_log", ["action", "id"], unique=False)
    op.create_index("ix_audit_log_actor_id", "audit_log", ["actor_id", "id"], unique=False)
    op.create_index("ix_audit_log_at", "audit_log", ["at"], unique=False)
    op.create_index("ix_audit_log_target", "audit_log", ["target_type", "target_id", "id"], unique=False)
    op.create_table(
        "categories",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.String(length=36), nullable=True),
        sa.Column("parent_key", sa.String(length=36), nullable=False),
        sa.Column("icon", sa.String(length=100), nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["categories.id"], name=op.f("fk_categories_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_categories")),
        sa.UniqueConstraint("parent_key", "name_key", name=op.f("uq_categories_parent_key_name_key")),
    )
    op.create_index(op.f("ix_categories_parent_id"), "categories", ["parent_id"], unique=False)
    op.create_table(
        "download_totals",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_download_totals")),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("leased_by", sa.String(length=64), nullable=True),
        sa.Column("leased_until", sa.DateTime(), nullable=True),
        sa.Column("available_at", sa.DateTime(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index("ix_jobs_state", "jobs", ["state", "available_at"], unique=False)
    op.create_table(
        "developers",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("company", sa.String(length=200), nullable=False),
        sa.Column("website", sa.String(length=2048), nullable=False),
        sa.Column("bio", sa.Text(), nullable=False),
        sa.Column("verification_documents", sa.JSON(), nullable=False),
        sa.Column("verification", sa.String(length=16), nullable=False),
        sa.Column("verification_notes", sa.Text(), nullable=False),
        sa.Column("verified_at", sa.DateTime(), nullable=True),
        sa.Column("verified_by", sa.String(length=36), nullable=True),
        sa.Column("last_published_at", sa.DateTime(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_developers_user_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["verified_by"], ["users.id"], name=op.f("fk_developers_verified_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_developers")),
    )
    op.create_index("ix_developers_created_at", "developers", ["created_at"], unique=False)
    op.create_index("ix_developers_last_published_at", "developers", ["last_published_at"], unique=False)
    op.create_table(
        "notifications",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=True),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_notifications_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notifications_user_id", "notifications", ["user_id", "id"], unique=False)
    op.create_table(
        "revenue_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("developer_id", sa.String(length=36), nullable=False),
        sa.Column("plugin_name", sa.String(length=100), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(), nullable=False),
        sa.Column("recorded_by", sa.String(length=36), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["developer_id"], ["users.id"], name=op.f("fk_revenue_entries_developer_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["users.id"], name=op.f("fk_revenue_entries_recorded_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revenue_entries")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_revenue_entries_developer_id", "revenue_entries", ["developer_id", "currency", "occurred_at"], unique=False
    )
    op.create_table(
        "appeals",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("plugin_name", sa.String(length=100), nullable=False),
        sa.Column("decision_id", sa.String(length=36), nullable=False),
        sa.Column("against_id", sa.String(length=36), nullable=True),
        sa.Column("appellant_id", sa.String(length=36), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("response", sa.Text(), nullable=False),
        sa.Column("actions", sa.JSON(), nullable=False),
        sa.Column("decided_by", sa.String(length=36), nullable=True),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["against_id"], ["users.id"], name=op.f("fk_appeals_against_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["appellant_id"], ["users.id"], name=op.f("fk_appeals_appellant_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_appeals_decided_by"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["plugin_name"], ["plugins.name"], name=op.f("fk_appeals_plugin_name"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeals")),
    )
    op.create_index("ix_appeals_appellant_id", "appeals", ["appellant_id", "created_at"], unique=False)
    op.create_index("ix_appeals_plugin_name", "appeals", ["plugin_name"], unique=False)
    op.create_index("ix_appeals_status", "appeals", ["status", "created_at"], unique=False)
    op.create_index(
        "uq_appeals_open",
        "appeals",
        ["decision_id"],
        unique=True,
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_table(
        "download_days",
        sa.Column("plugin_name", sa.String(length=100), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plugin_name"], ["plugins.name"], name=op.f("fk_download_days_plugin_name"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("plugin_name", "day", name=op.f("pk_download_days")),
    )
    op.create_table(
        "download_windows",
        sa.Column("plugin_name", sa.String(length=100), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("d7", sa.BigInteger(), nullable=False),
        sa.Column("d30", sa.BigInteger(), nullable=False),
        sa.Column("d90", sa.BigInteger(), nullable=False),
        sa.Column("d365", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plugin_name"], ["plugins.name"], name=op.f("fk_download_windows_plugin_name"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("plugin_name", name=op.f("pk_download_windows")),
    )
    op.create_index("ix_download_windows_d30", "download_windows", ["d30"], unique=False)
    op.create_index("ix_download_windows_d365", "download_windows", ["d365"], unique=False)
    op.create_index("ix_download_windows_d7", "download_windows", ["d7"], unique=False)
    op.create_index("ix_download_windows_d90", "download_windows", ["d90"], unique=False)
    op.create_index(
        "ix_download_windows_public_total", "download_windows", ["is_public", "total", "number"], unique=False
    )
    op.create_index("ix_download_windows_total", "download_windows", ["total", "number"], unique=False)
    op.create_table(
        "notification_reads",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column(
            "notification_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("read_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notifications.id"],
            name=op.f("fk_notification_reads_notification_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_notification_reads_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "notification_id", name=op.f("pk_notification_reads")),
    )
    op.create_table(
        "plugin_images",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("plugin_name", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(length=32), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("storage_backend", sa.String(length=16), nullable=False),
        sa.Column("storage_key", sa.String(length=255), nullable=False),
        sa.Column("file_size", sa.BigInteger(), nullable=False),
        sa.Column("file_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["plugin_name"], ["plugins.name"], name=op.f("fk_plugin_images_plugin_name"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugin_images")),
        sa.UniqueConstraint("storage_key", name=op.f("uq_plugin_images_storage_key")),
    )
    op.create_index("ix_plugin_images_plugin_name", "plugin_images", ["plugin_name", "kind", "position"], unique=False)
    op.create_table(
        "ratings",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("plugin_name", sa.String(length=100), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("rating", sa.SmallInteger(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("pros", sa.JSON(), nullable=False),
        sa.Column("cons", sa.JSON(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("replied_at", sa.DateTime(), nullable=True),
        sa.Column("is_hidden", sa.Boolean(), nullable=False),
        sa.Column("hidden_reason", sa.Text(), nullable=False),
        sa.Column("report_count", sa.Integer(), nullable=False),
        sa.Column("edit_count", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plugin_name"], ["plugins.name"], name=op.f("fk_ratings_plugin_name"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_ratings_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ratings")),
        sa.UniqueConstraint("plugin_name", "user_id", name=op.f("uq_ratings_plugin_name_user_id")),
    )
    op.create_index(
        "ix_ratings_plugin_name_created_at", "ratings", ["plugin_name", "is_hidden", "created_at"], unique=False
    )
    op.create_index("ix_ratings_report_count", "ratings", ["report_count"], unique=False)
    op.create_index("ix_ratings_user_id", "ratings", ["user_id"], unique=False)
    op.create_table(
        "auto_reviews",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("plugin_name", sa.String(length=100), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("file_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=True),
        sa.Column("verdict", sa.JSON(), nullable=True),
        sa.Column("rules_version", sa.String(length=32), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=True),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["plugin_name", "version"],
            ["plugin_versions.plugin_name", "plugin_versions.version"],
            name=op.f("fk_auto_reviews_plugin_name_version"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auto_reviews")),
    )
    op.create_index(
        "ix_auto_reviews_plugin_name", "auto_reviews", ["plugin_name", "version", "created_at"], unique=False
    )
    op.create_table(
        "rating_reports",
        sa.Column("rating_id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rating_id"], ["ratings.id"], name=op.f("fk_rating_reports_rating_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_rating_reports_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("rating_id", "user_id", name=op.f("pk_rating_reports")),
    )
    op.create_table(
        "rating_revisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rating_id", sa.String(length=36), nullable=False),
        sa.Column("rating", sa.SmallInteger(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("pros", sa.JSON(), nullable=False),
        sa.Column("cons", sa.JSON(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rating_id"], ["ratings.id"], name=op.f("fk_rating_revisions_rating_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating_revisions")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_rating_revisions_rating_id", "rating_revisions", ["rating_id"], unique=False)
    op.create_table(
        "reviews",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("plugin_name", sa.String(length=100), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("file_hash", sa.String(length=64), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("priority", sa.String(length=8), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("submitted_by", sa.String(length=36), nullable=True),
        sa.Column("submitted_at", sa.DateTime(), nullable=False),
        sa.Column("assigned_reviewer_id", sa.String(length=36), nullable=True),
        sa.Column("assigned_at", sa.DateTime(), nullable=True),
        sa.Column("assignment_notes", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=True),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("decided_by", sa.String(length=36), nullable=True),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("checklist", sa.JSON(), nullable=False),
        sa.Column("recommendations", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assigned_reviewer_id"], ["users.id"], name=op.f("fk_reviews_assigned_reviewer_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_reviews_decided_by"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["plugin_name", "version"],
            ["plugin_versions.plugin_name", "plugin_versions.version"],
            name=op.f("fk_reviews_plugin_name_version"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by"], ["users.id"], name=op.f("fk_reviews_submitted_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
    )
    op.create_index("ix_reviews_assigned_reviewer_id", "reviews", ["assigned_reviewer_id", "status"], unique=False)
    op.create_index("ix_reviews_decided_at", "reviews", ["decided_at"], unique=False)
    op.create_index("ix_reviews_plugin_name", "reviews", ["plugin_name", "version"], unique=False)
    op.create_index("ix_reviews_status", "reviews", ["status", "urgency", "submitted_at"], unique=False)
    op.create_index(
        "uq_reviews_open",
        "reviews",
        ["plugin_name", "version"],
        unique=True,
        sqlite_where=sa.text("status IN ('pending', 'in_review')"),
        postgresql_where=sa.text("status IN ('pending', 'in_review')"),
    )
    op.create_table(
        "version_inventories",
        sa.Column("plugin_name", sa.String(length=100), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plugin_name", "version"],
            ["plugin_versions.plugin_name", "plugin_versions.version"],
            name=op.f("fk_version_inventories_plugin_name_version"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("plugin_name", "version", name=op.f("pk_version_inventories")),
    )


def _extend_tables() -> None:
    op.add_column("catalog", sa.Column("last_number", sa.BigInteger(), server_default="0", nullable=False))
    _add_reference("plugin_tombstones", "owner_id", "users", "SET NULL")
    op.add_column("plugin_versions", sa.Column("status", sa.String(16), server_default="published", nullable=False))
    op.add_column("plugin_versions", sa.Column("published_at", sa.DateTime(), nullable=True))
    op.create_index("ix_plugin_versions_file_hash", "plugin_versions", ["file_hash"])
    for column in PLUGIN_COLUMNS:
        op.add_column("plugins", column._copy())
    _add_reference("plugins", "owner_id", "users", "SET NULL")
    _add_reference("plugins", "category_id", "categories")
    for name, columns in PLUGIN_INDEXES.items():
        op.create_index(name, "plugins", columns, unique=name.startswith("uq_"))


def _fill() -> None:
    op.execute(
        "UPDATE plugins SET number = ranked.place, published_at = created_at FROM "
        "(SELECT name, row_number() OVER (ORDER BY created_at, name) AS place FROM plugins) AS ranked "
        "WHERE ranked.name = plugins.name"
    )
    op.execute("UPDATE plugin_versions SET published_at = created_at")
    op.execute("UPDATE catalog SET last_number = (SELECT count(*) FROM plugins)")
    op.execute(
        "INSERT INTO download_windows (plugin_name, number, is_public, total, d7, d30, d90, d365) "
        "SELECT plugins.name, number, true, "
        "(SELECT coalesce(sum(download_count), 0) FROM plugin_versions WHERE plugin_name = plugins.name), 0, 0, 0, 0 "
        "FROM plugins"
    )
    # Of the downloads so far nobody knows the day.
    op.execute(
        "INSERT INTO download_days (plugin_name, day, count) "
        "SELECT plugin_name, '0000-00-00', total FROM download_windows WHERE total > 0"
    )
    op.execute("INSERT INTO download_totals (day, count) SELECT day, sum(count) FROM download_days GROUP BY day")


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    # The core shows every plugin and version there is: what was never published must not become public.
    op.execute("DELETE FROM plugin_versions WHERE status <> 'published'")
    op.execute("DELETE FROM plugins WHERE status <> 'published'")
    for name in PLUGIN_INDEXES:
        op.drop_index(name)
    for column in (*(column.name for column in PLUGIN_COLUMNS), "owner_id", "category_id"):
        op.drop_column("plugins", column)
    op.drop_index("ix_plugin_versions_file_hash")
    for column in ("status", "published_at"):
        op.drop_column("plugin_versions", column)
    op.drop_column("plugin_tombstones", "owner_id")
    op.drop_column("catalog", "last_number")
    op.drop_table("categories")


def _add_reference(table: str, column: str, other: str, on_delete: str = "") -> None:
    """A nullable reference. Written out: Alembic would rebuild the table, and dropping the old one cascades."""
    action = f" ON DELETE {on_delete}" if on_delete else ""
    op.execute(
        f"ALTER TABLE {table} ADD COLUMN {column} VARCHAR(36) CONSTRAINT fk_{table}_{column} "
        f"REFERENCES {other} (id){action}"
    )
