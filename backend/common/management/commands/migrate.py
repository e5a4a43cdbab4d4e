"""Django's `migrate`, made to run while everybody works.

A statement that changes a table waits for whoever reads it, and everybody who comes later waits behind
it. So none waits longer than `PATIENCE`; then the migration is undone and tried again after a pause.
"""

import time
from collections.abc import Callable
from typing import Any

from django.core.management import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections
from psycopg.errors import LockNotAvailable

# Milliseconds that others may have to stand behind a migration, and seconds between two tries.
PATIENCE, PAUSE = 2000, 1.0
# Seconds of trying, after which an operator has to see who holds the table.
GIVE_UP = 600.0
# These wait for others without anybody waiting for them.
_HOLD_NOBODY_UP = ("CONCURRENTLY", "VALIDATE CONSTRAINT")
# What an index that was cut off while it was being made leaves behind.
_LEFTOVERS = """
SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE NOT i.indisvalid AND c.relnamespace = current_schema()::regnamespace AND c.relkind = 'i'
  AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)
"""


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        """Raises `CommandError` after `GIVE_UP` seconds in which a table was never free."""
        connection = connections[options["database"]]
        until = time.monotonic() + GIVE_UP
        try:
            while not self._tried(connection, args, options):
                if time.monotonic() > until:
                    raise CommandError(
                        "A migration found its table in use each time it tried. See who holds it in"
                        " pg_stat_activity, end that, and migrate again."
                    )
                time.sleep(PAUSE)
        finally:
            _say(connection, "RESET lock_timeout")

    def _tried(self, connection: Any, args: Any, options: dict[str, Any]) -> bool:
        _say(connection, f"SET lock_timeout = {PATIENCE}")
        try:
            with connection.execute_wrapper(_patient):
                super().handle(*args, **options)
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
            self.stderr.write("A table is in use; the migration is tried again.")
            _forget_leftovers(connection)
            return False
        return True


def _patient(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Lets a statement that holds nobody up wait as long as it takes."""
    if not any(mark in str(sql).upper() for mark in _HOLD_NOBODY_UP):
        return execute(sql, params, many, context)
    with context["connection"].connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 0")
        try:
            return execute(sql, params, many, context)
        finally:
            if not context["connection"].in_atomic_block:
                cursor.execute(f"SET lock_timeout = {PATIENCE}")


def _forget_leftovers(connection: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LEFTOVERS)
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


def _say(connection: Any, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
