"""What each engine does by itself: count downloads by day, keep the audit log append-only, find words."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Whatever raises a version's count is counted by day, by window and in all, in the same statement.
_COUNTED = """
    INSERT INTO download_days (plugin_name, day, count) VALUES (new.plugin_name, {day}, {delta})
        ON CONFLICT (plugin_name, day) DO UPDATE SET count = count + excluded.count;
    INSERT INTO download_totals (day, count) VALUES ({day}, {delta})
        ON CONFLICT (day) DO UPDATE SET count = count + excluded.count;
    UPDATE download_windows SET total = total + {delta}{windows} WHERE plugin_name = new.plugin_name;
"""
# A day that is out of a window as of the last roll (the clock may have been set back) is never taken out of it again.
_ROLLED = "coalesce((SELECT value FROM settings WHERE key = 'statistics.rolled'), 'now')"
_WINDOWS = "".join(
    f", d{length} = d{length} + CASE WHEN date('now') > date({_ROLLED}, '-{length} days') THEN {{delta}} ELSE 0 END"
    for length in (7, 30, 90, 365)
)
_RAISED = "new.download_count - old.download_count"
SQLITE_TRIGGERS = {
    "plugins_insert_windows": (
        "CREATE TRIGGER plugins_insert_windows AFTER INSERT ON plugins BEGIN "
        "INSERT INTO download_windows (plugin_name, number, is_public, total, d7, d30, d90, d365) "
        "VALUES (new.name, new.number, new.status = 'published', 0, 0, 0, 0, 0); END"
    ),
    "plugins_publish_windows": (
        "CREATE TRIGGER plugins_publish_windows AFTER UPDATE OF status ON plugins "
        "WHEN new.status <> old.status BEGIN "
        "UPDATE download_windows SET is_public = new.status = 'published' WHERE plugin_name = new.name; END"
    ),
    "plugin_versions_count": (
        "CREATE TRIGGER plugin_versions_count AFTER UPDATE OF download_count ON plugin_versions "
        "WHEN new.download_count <> old.download_count BEGIN"
        + _COUNTED.format(day="date('now')", delta=_RAISED, windows=_WINDOWS.format(delta=_RAISED))
        + "END"
    ),
    "plugin_versions_insert_count": (
        "CREATE TRIGGER plugin_versions_insert_count AFTER INSERT ON plugin_versions "
        "WHEN new.download_count <> 0 BEGIN"
        + _COUNTED.format(day="'0000-00-00'", delta="new.download_count", windows="")
        + "END"
    ),
    "download_days_delete": (
        "CREATE TRIGGER download_days_delete AFTER DELETE ON download_days BEGIN "
        "UPDATE download_totals SET count = count - old.count WHERE day = old.day; END"
    ),
    # REPLACE deletes without asking the trigger for deletions.
    "audit_log_insert": (
        "CREATE TRIGGER audit_log_insert BEFORE INSERT ON audit_log "
        "WHEN new.id <> coalesce((SELECT max(id) FROM audit_log), 0) + 1 BEGIN "
        "SELECT RAISE(ABORT, 'the audit log is append-only'); END"
    ),
    "audit_log_update": (
        "CREATE TRIGGER audit_log_update BEFORE UPDATE ON audit_log BEGIN "
        "SELECT RAISE(ABORT, 'the audit log is append-only'); END"
    ),
    "audit_log_delete": (
        "CREATE TRIGGER audit_log_delete BEFORE DELETE ON audit_log BEGIN "
        "SELECT RAISE(ABORT, 'the audit log is append-only'); END"
    ),
}
# Words come cut by services/search.py. What everybody may see is found in the first, everything else in the second.
SEARCHES = ("plugin_search", "plugin_search_hidden")
SQLITE_SEARCH = (
    "CREATE VIRTUAL TABLE {name} USING fts5("
    "name, display_name, tags, author, description, facets, "
    "tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3 4 5 6')"
)

POSTGRESQL_FUNCTIONS = {
    "microdock_insert_windows": """
        INSERT INTO download_windows (plugin_name, number, is_public, total, d7, d30, d90, d365)
            VALUES (new.name, new.number, new.status = 'published', 0, 0, 0, 0, 0);
        RETURN NULL;""",
    "microdock_publish_windows": """
        UPDATE download_windows SET is_public = (new.status = 'published') WHERE plugin_name = new.name;
        RETURN NULL;""",
    "microdock_count": """
        IF TG_OP = 'UPDATE' THEN
            delta := new.download_count - old.download_count;
        ELSE
            delta := new.download_count;
            day := '0000-00-00';
        END IF;
        INSERT INTO download_days (plugin_name, day, count) VALUES (new.plugin_name, day, delta)
            ON CONFLICT ON CONSTRAINT pk_download_days DO UPDATE SET count = download_days.count + excluded.count;
        INSERT INTO download_totals (day, count) VALUES (day, delta)
            ON CONFLICT ON CONSTRAINT pk_download_totals DO UPDATE SET count = download_totals.count + excluded.count;
        SELECT value::date INTO rolled FROM settings WHERE key = 'statistics.rolled';
        rolled := coalesce(rolled, today);
        UPDATE download_windows SET total = total + delta,
            d7 = d7 + CASE WHEN TG_OP = 'UPDATE' AND today > rolled - 7 THEN delta ELSE 0 END,
            d30 = d30 + CASE WHEN TG_OP = 'UPDATE' AND today > rolled - 30 THEN delta ELSE 0 END,
            d90 = d90 + CASE WHEN TG_OP = 'UPDATE' AND today > rolled - 90 THEN delta ELSE 0 END,
            d365 = d365 + CASE WHEN TG_OP = 'UPDATE' AND today > rolled - 365 THEN delta ELSE 0 END
            WHERE plugin_name = new.plugin_name;
        RETURN NULL;""",
    "microdock_forget_day": """
        UPDATE download_totals SET count = count - old.count WHERE download_totals.day = old.day;
        RETURN NULL;""",
    "microdock_audit_in_turn": """
        IF new.id <> coalesce((SELECT max(id) FROM audit_log), 0) + 1 THEN
            RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN new;""",
    "microdock_audit_kept": """
        RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'integrity_constraint_violation';""",
}
POSTGRESQL_FUNCTION = """
    CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body$
    #variable_conflict use_variable
    DECLARE
        today date := (clock_timestamp() AT TIME ZONE 'UTC')::date;
        day text := to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD');
        delta bigint;
        rolled date;
    BEGIN {body}
    END $body$
"""
POSTGRESQL_TRIGGERS = (
    "CREATE TRIGGER plugins_insert_windows AFTER INSERT ON plugins "
    "FOR EACH ROW EXECUTE FUNCTION microdock_insert_windows()",
    "CREATE TRIGGER plugins_publish_windows AFTER UPDATE OF status ON plugins "
    "FOR EACH ROW WHEN (new.status <> old.status) EXECUTE FUNCTION microdock_publish_windows()",
    "CREATE TRIGGER plugin_versions_count AFTER UPDATE OF download_count ON plugin_versions "
    "FOR EACH ROW WHEN (new.download_count <> old.download_count) EXECUTE FUNCTION microdock_count()",
    "CREATE TRIGGER plugin_versions_insert_count AFTER INSERT ON plugin_versions "
    "FOR EACH ROW WHEN (new.download_count <> 0) EXECUTE FUNCTION microdock_count()",
    "CREATE TRIGGER download_days_delete AFTER DELETE ON download_days "
    "FOR EACH ROW EXECUTE FUNCTION microdock_forget_day()",
    "CREATE TRIGGER audit_log_insert BEFORE INSERT ON audit_log "
    "FOR EACH ROW EXECUTE FUNCTION microdock_audit_in_turn()",
    "CREATE TRIGGER audit_log_update BEFORE UPDATE ON audit_log "
    "FOR EACH ROW EXECUTE FUNCTION microdock_audit_kept()",
    "CREATE TRIGGER audit_log_delete BEFORE DELETE ON audit_log "
    "FOR EACH ROW EXECUTE FUNCTION microdock_audit_kept()",
    "CREATE TRIGGER audit_log_truncate BEFORE TRUNCATE ON audit_log "
    "FOR EACH STATEMENT EXECUTE FUNCTION microdock_audit_kept()",
)
POSTGRESQL_SEARCH = (
    "CREATE TABLE {name} (number bigint CONSTRAINT pk_{name} PRIMARY KEY, name text NOT NULL, "
    "display_name text NOT NULL, tags text NOT NULL, author text NOT NULL, words tsvector NOT NULL)",
    "CREATE INDEX ix_{name}_words ON {name} USING gin (words)",
)
# Texts are compared byte by byte, as SQLite does: the order of versions rests on it, whatever the database's language.
POSTGRESQL_COLLATION = """
    DO $body$
    DECLARE found record;
    BEGIN
        FOR found IN
            SELECT table_name, column_name, data_type, character_maximum_length FROM information_schema.columns
            WHERE table_schema = current_schema() AND data_type IN ('character varying', 'text')
            AND collation_name IS NULL AND table_name <> 'alembic_version'
            AND table_name IN (SELECT tablename FROM pg_tables WHERE schemaname = current_schema())
        LOOP
            EXECUTE format('ALTER TABLE %I ALTER COLUMN %I TYPE %s COLLATE "C"', found.table_name, found.column_name,
                CASE WHEN found.data_type = 'text' THEN 'text'
                ELSE format('varchar(%s)', found.character_maximum_length) END);
        END LOOP;
    END $body$
"""


def upgrade() -> None:
    if _is_sqlite():
        for statement in SQLITE_TRIGGERS.values():
            op.execute(statement)
        for name in SEARCHES:
            op.execute(SQLITE_SEARCH.format(name=name))
        return
    for name in SEARCHES:
        for statement in POSTGRESQL_SEARCH:
            op.execute(statement.format(name=name))
    op.execute(POSTGRESQL_COLLATION)
    for name, body in POSTGRESQL_FUNCTIONS.items():
        op.execute(POSTGRESQL_FUNCTION.format(name=name, body=body))
    for statement in POSTGRESQL_TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    for name in SEARCHES:
        op.drop_table(name)
    if _is_sqlite():
        for trigger in SQLITE_TRIGGERS:
            op.execute(f"DROP TRIGGER {trigger}")
        return
    for name in POSTGRESQL_FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}() CASCADE")


def _is_sqlite() -> bool:
    return bool(op.get_bind().dialect.name == "sqlite")
