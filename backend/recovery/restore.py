"""A restore: the whole backup in one transaction, as a new incarnation, and the ledger on top of it."""

import shutil
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from psycopg import sql

from backend.accounts import services as accounts
from backend.common.ledger import Entry
from sync import push, recovery
from sync.uploads import closing
from sync.uploads import services as uploads

from . import errors, manifest, objects, tables
from .manifest import FILES, LEDGER, OBJECTS, TABLES, Manifest
from .replay import replay

Say = Callable[[str], None]
# Tables with anything in them that a person or a phone has brought.
TELLING = ("accounts_person", "sync_operation", "audit_auditentry")


def restore(
    folder: Path, *, now: datetime, force: bool = False, without_ledger: bool = False,
    say: Say = lambda said: None,
) -> list[Entry]:  # fmt: skip
    """Puts a backup in place of what the database holds; returns what the ledger added to it.

    Nothing is touched until everything was verified. The database changes in one transaction: it is
    the old one or the restored one. If the process dies after that, the next start of a server
    carries the ledger out before it serves anybody. Raises the errors of `errors.py`.
    """
    made = manifest.read(folder)
    check(folder, made, force=force, without_ledger=without_ledger)
    say(f"verified: {len(made.tables)} tables, {made.objects['count']} files of {made.made_at}")
    if not settings.HUXING_LEDGER.exists() and (folder / LEDGER).exists():
        settings.HUXING_LEDGER.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / LEDGER, settings.HUXING_LEDGER)
    put_back = objects.put_back(folder / FILES, folder / OBJECTS)
    say(f"{put_back} files put back into the storage")
    with transaction.atomic():
        if manifest.applied_migrations() != sorted(made.migrations):
            _make_tables(made.migrations)
        tables.load(folder / TABLES, made.tables)
        tables.set_sequences(made.sequences)
        _migrate(None)
        uploads.drop_incomplete(exists=default_storage.exists)
        became_another(now=now, reason=f"restored from the backup of {made.made_at.isoformat()}")
    say(f"{sum(said['rows'] for said in made.tables.values())} rows restored")
    carried_out = replay()
    closing.adopt(now=now)
    # Stored, and answered, but not yet applied when the backup was taken: no phone sends it again.
    if judged := push.finish(now=now):
        say(f"{judged} operations applied that the backup caught in between")
    return carried_out


def became_another(*, now: datetime, reason: str) -> None:
    """What follows from any restore: a new incarnation, and everybody logs in anew."""
    recovery.begin(now=now, reason=reason)
    accounts.close_sessions(now=now)


def check(folder: Path, made: Manifest, *, force: bool, without_ledger: bool) -> None:
    """Raises what speaks against this restore; nothing was touched yet."""
    _check_migrations(made.migrations)
    manifest.check_keys(made)
    if not without_ledger or settings.HUXING_LEDGER.exists():
        manifest.check_ledger(made)
    if others := _other_sessions():
        raise errors.InUse(count=others)
    if not force and (filled := _filled()):
        database = connection.settings_dict["NAME"]
        raise errors.NotEmpty(database=database, tables=", ".join(filled))
    manifest.verify(folder, made)


def _check_migrations(applied: Iterable[tuple[str, str]]) -> None:
    known = MigrationExecutor(connection).loader.disk_migrations
    for app, name in applied:
        if (app, name) not in known:
            raise errors.NewerBackup(migration=f"{app}.{name}")


def _other_sessions() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0])


def _filled() -> list[str]:
    there = set(tables.names())
    found = []
    with connection.cursor() as cursor:
        for name in TELLING:
            if name in there:
                cursor.execute(
                    sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(name))
                )
                found += [name] if cursor.fetchone()[0] else []
    return found


def _make_tables(applied: list[tuple[str, str]]) -> None:
    """An empty schema with the tables of the time of the backup. Where they stand already, loading is enough."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        schema = sql.Identifier(cursor.fetchone()[0])
        cursor.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(schema))
        cursor.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
    _migrate(applied)


def _migrate(applied: list[tuple[str, str]] | None) -> None:
    """To the migrations named, or (None) to the newest there are."""
    executor = MigrationExecutor(connection)
    graph = executor.loader.graph
    if applied is None:
        executor.migrate(graph.leaf_nodes())
        return
    # A library may since have put several of its migrations into one, which is made in their place.
    into = {old: new for new, one in executor.loader.replacements.items() for old in one.replaces}
    wanted = {into.get(node, node) for node in applied}
    # What no wanted migration of the same app builds on is as far as that app had come.
    targets = [
        node
        for node in wanted
        if not any(
            child.key in wanted and child.key[0] == node[0]
            for child in graph.node_map[node].children
        )
    ]
    executor.migrate(sorted(targets))
