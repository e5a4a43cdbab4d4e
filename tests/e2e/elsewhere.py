"""A database of one's own on the tests' server: it can be destroyed without hurting another test."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from django.core.management import call_command
from django.db import connection, connections


@contextmanager
def scratch_database() -> Iterator[str]:
    """An empty database that Django works in until the end; its name."""
    before, name = connection.settings_dict["NAME"], f"huxing_{uuid4().hex[:12]}"
    _administer(f"CREATE DATABASE {name}")
    connections.close_all()
    connection.settings_dict["NAME"] = name
    try:
        yield name
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = before
        _administer(f"DROP DATABASE {name} WITH (FORCE)")


def migrated() -> None:
    call_command("migrate", verbosity=0)


def _administer(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
