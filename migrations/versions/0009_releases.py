"""Releases: the state of each version's release, what owners recommend, blocks, and how many hosts use a version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# Nullable or with a default of the database's: the version of the program before this one goes on writing rows.
_PLUGINS = (
    ("deprecated_at", sa.DateTime(), None),
    ("deprecation_reason", sa.Text(), ""),
    ("sunset_at", sa.DateTime(), None),
    ("replacement", sa.String(100), None),
    ("recommended_version", sa.String(64), None),
    ("recommended_reason", sa.Text(), ""),
    ("next_change_at", sa.DateTime(), None),
)
_VERSIONS = (
    ("deprecated_at", sa.DateTime(), None),
    ("channel", sa.String(16), "stable"),
    ("available_at", sa.DateTime(), None),
    ("rollout", sa.Integer(), "100"),
    ("is_paused", sa.Boolean(), sa.false()),
    ("is_held", sa.Boolean(), sa.false()),
    ("is_yanked", sa.Boolean(), sa.false()),
    ("yank_reason", sa.Text(), ""),
    ("is_blocked", sa.Boolean(), sa.false()),
    ("permissions", sa.JSON(), None),
    ("replaces", sa.JSON(), "[]"),
)
# Hosts take any difference for an update. From now on a deprecated version can be the current one: without this bound
# those above today's current version would be offered.
_BOUND = """
    UPDATE plugins SET recommended_version = current_version
    WHERE EXISTS (
        SELECT 1 FROM plugin_versions AS higher
        WHERE higher.plugin_name = plugins.name AND higher.status = 'published' AND higher.is_deprecated
        AND higher.precedence > (
            SELECT shown.precedence FROM plugin_versions AS shown
            WHERE shown.plugin_name = plugins.name AND shown.version = plugins.current_version))
"""
_DEPRECATED_AT = """
    UPDATE plugins SET deprecated_at = COALESCE(
        (SELECT MAX(at) FROM audit_log
         WHERE action = 'plugin.deprecated' AND target_type = 'plugin' AND target_id = plugins.name),
        updated_at)
    WHERE is_deprecated
"""
# The version before skips deprecated versions where it chooses the current one: what is withdrawn, waits, or is for
# some hosts alone does not become it. It refuses no download of a single version: where a block refuses the current
# one, the plugin is disabled.
_WITHDRAWN = """
    UPDATE plugin_versions SET is_deprecated = true
    WHERE is_yanked OR is_blocked OR is_held OR is_paused OR rollout < 100 OR channel = 'preview'
    OR available_at > CURRENT_TIMESTAMP OR precedence > (
        SELECT bound.precedence FROM plugins JOIN plugin_versions AS bound
        ON bound.plugin_name = plugins.name AND bound.version = plugins.recommended_version
        WHERE plugins.name = plugin_versions.plugin_name)
"""
_REFUSED = """
    UPDATE plugins SET is_enabled = false
    WHERE EXISTS (
        SELECT 1 FROM plugin_versions AS shown
        WHERE shown.plugin_name = plugins.name AND shown.version = plugins.current_version AND shown.is_blocked)
"""
_INDEXES = (
    ("ix_plugins_next_change_at", "plugins", ["next_change_at"]),
    ("ix_plugin_versions_available_at", "plugin_versions", ["available_at"]),
    ("ix_plugin_versions_status_published_at", "plugin_versions", ["status", "published_at", "plugin_name"]),
)


def upgrade() -> None:
    for table, columns in (("plugins", _PLUGINS), ("plugin_versions", _VERSIONS)):
        for name, kind, default in columns:
            is_optional = default is None
            op.add_column(table, sa.Column(name, _of_engine(kind), server_default=default, nullable=is_optional))
    for name, table, columns in _INDEXES:
        op.create_index(name, table, columns)
    op.add_column("version_inventories", sa.Column("entries", sa.JSON(), nullable=True))
    op.execute(_BOUND)
    op.execute(_DEPRECATED_AT)
    op.create_table(
        "blocks",
        sa.Column("id", _text(36), nullable=False),
        sa.Column("plugin", _text(100), nullable=False),
        sa.Column("plugin_key", _text(100), nullable=False),
        sa.Column("versions", _text(256), nullable=True),
        sa.Column("sha256", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("severity", _text(8), nullable=False),
        sa.Column("status", _text(8), nullable=False),
        sa.Column("reason", sa.JSON(), nullable=False),
        sa.Column("advisory_url", _text(2048), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("created_by", _text(36), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(), nullable=False),
        sa.Column("proposed_by", _text(36), nullable=False),
        sa.Column("approved_at", sa.DateTime(), nullable=True),
        sa.Column("approved_by", _text(36), nullable=True),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.Column("revoked_by", _text(36), nullable=True),
        sa.Column("revoke_reason", _text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blocks")),
    )
    op.create_index("ix_blocks_plugin_key", "blocks", ["plugin_key"])
    op.create_index("ix_blocks_status", "blocks", ["status", "created_at"])
    op.create_table(
        "active_sketches",
        sa.Column("week", _text(8), nullable=False),
        sa.Column("plugin_name", _text(100), nullable=False),
        sa.Column("version", _text(64), nullable=False),
        sa.Column("registers", sa.LargeBinary(), nullable=False),
        sa.Column("estimate", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("week", "plugin_name", "version", name=op.f("pk_active_sketches")),
    )
    op.create_index("ix_active_sketches_week_estimate", "active_sketches", ["week", "estimate"])
    op.create_table(
        "active_salts",
        sa.Column("week", _text(8), nullable=False),
        sa.Column("salt", _text(64), nullable=False),
        sa.PrimaryKeyConstraint("week", name=op.f("pk_active_salts")),
    )


def downgrade() -> None:
    op.execute(_WITHDRAWN)
    op.execute(_REFUSED)
    op.drop_column("version_inventories", "entries")
    for table in ("active_salts", "active_sketches", "blocks"):
        op.drop_table(table)
    for name, table, _ in _INDEXES:
        op.drop_index(name, table)
    for table, columns in (("plugin_versions", _VERSIONS), ("plugins", _PLUGINS)):
        for name, _, _ in reversed(columns):
            op.drop_column(table, name)


def _of_engine(kind: sa.types.TypeEngine) -> sa.types.TypeEngine:
    if isinstance(kind, sa.Text):
        return _text()
    return _text(kind.length) if isinstance(kind, sa.String) else kind


def _text(length: int | None = None) -> sa.String:
    """A text that is compared byte by byte on every engine."""
    collation = "C" if op.get_bind().dialect.name == "postgresql" else None
    return sa.Text(collation=collation) if length is None else sa.String(length, collation=collation)
