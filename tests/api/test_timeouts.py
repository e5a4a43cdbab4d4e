"""Nobody waits for the database longer than a request may last, and only requests are cut short."""

import importlib
from typing import Any

import pytest
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections

pytestmark = pytest.mark.django_db
_ASK = "SELECT name, setting::int, unit FROM pg_settings WHERE name = ANY(%s) ORDER BY name"


def limits(one: Any) -> list[tuple[str, int, str]]:
    with one.cursor() as cursor:
        cursor.execute(_ASK, [sorted(settings.DATABASE_TIMEOUTS)])
        return cursor.fetchall()


def test_the_connections_of_web_processes_have_limits_and_no_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    named = sorted(settings.DATABASE_TIMEOUTS.items())
    assert limits(connection) == [(name, 0, "ms") for name, _ in named]
    configured = connections.settings[DEFAULT_DB_ALIAS]
    monkeypatch.setitem(configured, "OPTIONS", dict(configured["OPTIONS"]))
    importlib.reload(importlib.import_module("backend.config.wsgi"))
    served = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        assert limits(served) == [(name, 1000 * seconds, "ms") for name, seconds in named]
    finally:
        served.close()
