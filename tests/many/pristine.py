"""A database that is made again what it was, while servers run on it."""

from __future__ import annotations

from typing import Final

import psycopg

# The catalogue's revision goes on: what processes keep of the lists is good for one revision. So do notifications'
# numbers: sockets remember the last they have seen. Triggers are silent meanwhile, for the audit log's would refuse.
# Of tables that are nearly empty DELETE is quicker than TRUNCATE.
PREPARE: Final = """
CREATE SCHEMA pristine;
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
    EXECUTE format('CREATE TABLE pristine.%1$I AS TABLE public.%1$I', one.tablename);
  END LOOP;
END $$;
CREATE PROCEDURE pristine.restore() LANGUAGE plpgsql AS $$ DECLARE one record; newest bigint; BEGIN
  SET LOCAL session_replication_role = replica;
  SELECT coalesce(max(revision), 0) INTO newest FROM public.catalog;
  FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'pristine' LOOP
    EXECUTE format('DELETE FROM public.%I', one.tablename);
    EXECUTE format('INSERT INTO public.%1$I SELECT * FROM pristine.%1$I', one.tablename);
  END LOOP;
  FOR one IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND sequencename !~ 'notif' LOOP
    PERFORM setval(format('public.%I', one.sequencename)::regclass, 1, false);
  END LOOP;
  UPDATE public.catalog SET revision = newest + 1;
END $$;
"""


class Pristine:
    """Copies of all tables' rows, taken now, when no identity column has been used; `restore` brings them back."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._run(PREPARE)

    def restore(self) -> None:
        """Every row that came meanwhile is gone."""
        self._run("CALL pristine.restore()")

    def _run(self, statements: str) -> None:
        with psycopg.connect(self._conninfo) as connection:
            connection.execute(statements.encode())
