"""The core: users and tokens, plugins and versions, backups, installs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "backups",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_key", sa.String(length=256), nullable=False),
        sa.Column("backup_type", sa.String(length=16), nullable=False),
        sa.Column("plugin_name", sa.String(length=200), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("storage_backend", sa.String(length=16), nullable=False),
        sa.Column("storage_key", sa.String(length=255), nullable=False),
        sa.Column("file_size", sa.BigInteger(), nullable=False),
        sa.Column("file_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backups")),
        sa.UniqueConstraint("storage_key", name=op.f("uq_backups_storage_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_backups_user_key_id", "backups", ["user_key", "id"])

    op.create_table(
        "catalog",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog")),
    )
    # The one row that every change to the catalogue raises.
    op.execute("INSERT INTO catalog (id, revision) VALUES (1, 0)")
    op.create_table(
        "plugin_tombstones",
        sa.Column("name_key", sa.String(length=100), nullable=False),
        sa.Column("upload_key_hash", sa.String(length=255), nullable=False),
        sa.Column("deleted_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name_key", name=op.f("pk_plugin_tombstones")),
    )
    op.create_table(
        "plugins",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_key", sa.String(length=100), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("license", sa.String(length=200), nullable=False),
        sa.Column("homepage", sa.String(length=2048), nullable=False),
        sa.Column("main_dll", sa.String(length=1024), nullable=False),
        sa.Column("entry_class", sa.String(length=500), nullable=False),
        sa.Column("current_version", sa.String(length=64), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("is_deprecated", sa.Boolean(), nullable=False),
        sa.Column("upload_key_hash", sa.String(length=255), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_plugins")),
        sa.UniqueConstraint("id", name=op.f("uq_plugins_id")),
        sa.UniqueConstraint("name_key", name=op.f("uq_plugins_name_key")),
    )
    op.create_index("ix_plugins_revision", "plugins", ["revision"])

    op.create_table(
        "revoked_tokens",
        sa.Column("jti", sa.String(length=36), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("jti", name=op.f("pk_revoked_tokens")),
    )
    op.create_index("ix_revoked_tokens_expires_at", "revoked_tokens", ["expires_at"])

    op.create_table(
        "settings",
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_settings")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("username_key", sa.String(length=128), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("email_key", sa.String(length=512), nullable=True),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("has_default_password", sa.Boolean(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("token_epoch", sa.Integer(), nullable=False),
        sa.Column("installs_revision", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("last_login_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email_key", name=op.f("uq_users_email_key")),
        sa.UniqueConstraint("username_key", name=op.f("uq_users_username_key")),
    )
    op.create_table(
        "plugin_versions",
        sa.Column("plugin_name", sa.String(length=100), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("precedence", sa.String(length=255), nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("license", sa.String(length=200), nullable=False),
        sa.Column("homepage", sa.String(length=2048), nullable=False),
        sa.Column("main_dll", sa.String(length=1024), nullable=False),
        sa.Column("entry_class", sa.String(length=500), nullable=False),
        sa.Column("changelog", sa.Text(), nullable=False),
        sa.Column("dependencies", sa.JSON(), nullable=False),
        sa.Column("engines", sa.JSON(), nullable=False),
        sa.Column("assembly_finding", sa.JSON(), nullable=False),
        sa.Column("is_deprecated", sa.Boolean(), nullable=False),
        sa.Column("download_count", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("storage_backend", sa.String(length=16), nullable=False),
        sa.Column("storage_key", sa.String(length=255), nullable=False),
        sa.Column("file_size", sa.BigInteger(), nullable=False),
        sa.Column("file_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["plugin_name"], ["plugins.name"], name=op.f("fk_plugin_versions_plugin_name"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("plugin_name", "version", name=op.f("pk_plugin_versions")),
        sa.UniqueConstraint("plugin_name", "precedence", name=op.f("uq_plugin_versions_plugin_name_precedence")),
        sa.UniqueConstraint("storage_key", name=op.f("uq_plugin_versions_storage_key")),
    )
    op.create_table(
        "token_families",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("remember_me", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_token_families_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token_families")),
    )
    op.create_index("ix_token_families_expires_at", "token_families", ["expires_at"])
    op.create_index("ix_token_families_user_id", "token_families", ["user_id"])

    op.create_table(
        "user_plugins",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("plugin_id", sa.String(length=100), nullable=False),
        sa.Column("plugin_key", sa.String(length=100), nullable=False),
        sa.Column("plugin_name", sa.String(length=200), nullable=False),
        sa.Column("plugin_version", sa.String(length=50), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("granted_permissions", sa.JSON(), nullable=False),
        sa.Column("installed_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_plugins_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_plugins")),
        sa.UniqueConstraint("user_id", "plugin_key", name=op.f("uq_user_plugins_user_id_plugin_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_user_plugins_user_id_enabled", "user_plugins", ["user_id", "enabled"])

    op.create_table(
        "version_tombstones",
        sa.Column("name_key", sa.String(length=100), nullable=False),
        sa.Column("precedence", sa.String(length=255), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("file_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["name_key"],
            ["plugin_tombstones.name_key"],
            name=op.f("fk_version_tombstones_name_key"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("name_key", "precedence", name=op.f("pk_version_tombstones")),
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("jti", sa.String(length=36), nullable=False),
        sa.Column("family_id", sa.String(length=36), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("spent_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["family_id"], ["token_families.id"], name=op.f("fk_refresh_tokens_family_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("jti", name=op.f("pk_refresh_tokens")),
    )
    op.create_index("ix_refresh_tokens_family_id", "refresh_tokens", ["family_id"])


def downgrade() -> None:
    op.drop_index("ix_refresh_tokens_family_id")

    op.drop_table("refresh_tokens")
    op.drop_table("version_tombstones")
    op.drop_index("ix_user_plugins_user_id_enabled")

    op.drop_table("user_plugins")
    op.drop_index("ix_token_families_user_id")
    op.drop_index("ix_token_families_expires_at")

    op.drop_table("token_families")
    op.drop_table("plugin_versions")
    op.drop_table("users")
    op.drop_table("settings")
    op.drop_index("ix_revoked_tokens_expires_at")

    op.drop_table("revoked_tokens")
    op.drop_index("ix_plugins_revision")

    op.drop_table("plugins")
    op.drop_table("plugin_tombstones")
    op.drop_table("catalog")
    op.drop_index("ix_backups_user_key_id")

    op.drop_table("backups")
