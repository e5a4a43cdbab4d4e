"""Empties the tables after a test that commits, and only those it wrote to.

Django truncates every table and makes its permissions anew, up to a second for each of hundreds of
tests. The replica's role leaves keys between tables and the triggers of append-only ones aside; it
takes a superuser, as the embedded server's is.
"""

from typing import Any

from django.db import connection

_EMPTY = """
DO $$
DECLARE name regclass; has_rows boolean;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN
        SELECT oid FROM pg_class
        WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace
            AND relname NOT IN ('django_migrations', 'django_content_type', 'auth_permission')
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', name) INTO has_rows;
        IF has_rows THEN EXECUTE format('DELETE FROM %s', name); END IF;
    END LOOP;
END $$
"""


def empty(_case: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_EMPTY)
