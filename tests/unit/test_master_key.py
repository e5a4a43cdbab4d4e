"""A new master key: all keys re-wrapped, nothing unreadable in between (ARCH, decision 9)."""

import os
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.exceptions import InvalidTag
from django.core.management import CommandError, call_command
from django.db import connection

from backend.common import clock, encrypted, outbox_keys, rotation
from sync.protocol import sealing

OLD, NEW = b"o" * 32, b"n" * 32
pytestmark = pytest.mark.django_db


@pytest.fixture
def sealed(settings: Any) -> dict[UUID, bytes]:
    """Seven files' words, sealed before the rotation, with both keys set now."""
    settings.HUXING_MASTER_KEY, settings.HUXING_MASTER_KEY_PREVIOUS = OLD, None
    words = {uuid4(): os.urandom(20) for _ in range(7)}
    ciphers = encrypted.keys(words, create=True)
    found = {owner: ciphers[owner].seal(word) for owner, word in words.items()}
    settings.HUXING_MASTER_KEY, settings.HUXING_MASTER_KEY_PREVIOUS = NEW, OLD
    return found


def readable(sealed: dict[UUID, bytes]) -> int:
    ciphers = encrypted.keys(sealed)
    return len([ciphers[owner].open(word) for owner, word in sealed.items() if owner in ciphers])


def test_before_during_and_after_everything_can_be_read(
    sealed: dict[UUID, bytes], settings: Any, monkeypatch: Any, capsys: Any
) -> None:
    monkeypatch.setattr(rotation, "BATCH", 3)
    assert readable(sealed) == 7
    made_meanwhile = encrypted.key(uuid4(), create=True)
    assert made_meanwhile
    call_command("rotate_master_key", verbosity=1)
    assert "7 keys wrapped anew" in capsys.readouterr().out
    settings.HUXING_MASTER_KEY_PREVIOUS = None
    assert readable(sealed) == 7
    settings.HUXING_MASTER_KEY = OLD
    with pytest.raises(InvalidTag):
        readable(sealed)


def test_a_crash_midway_leaves_all_readable_and_the_next_run_goes_on(
    sealed: dict[UUID, bytes], settings: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(rotation, "BATCH", 2)

    def crash(seen: int) -> None:
        if seen == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotation.rewrap(progress=crash)
    assert readable(sealed) == 7
    assert rotation.rewrap() == 3
    assert rotation.rewrap() == 0
    settings.HUXING_MASTER_KEY_PREVIOUS = None
    assert readable(sealed) == 7


def test_a_key_that_is_destroyed_meanwhile_stays_destroyed(
    sealed: dict[UUID, bytes], monkeypatch: Any
) -> None:
    victim = min(sealed)
    after = rotation._after

    def destroyed_after_it_was_read(*args: Any) -> Any:
        rows = after(*args)
        if rows:
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE common_datakey SET wrapped = NULL, erased_at = now() WHERE owner = %s",
                    [victim],
                )
        return rows

    monkeypatch.setattr(rotation, "_after", destroyed_after_it_was_read)
    assert rotation.rewrap() == 6
    assert victim not in encrypted.keys(sealed, create=True)


def test_the_outbox_keys_go_along(settings: Any) -> None:
    settings.HUXING_MASTER_KEY, settings.HUXING_MASTER_KEY_PREVIOUS = OLD, None
    public = outbox_keys.current(now=clock.now())
    key = sealing.key_id(public)
    private = outbox_keys.OutboxKeys().private([key])
    settings.HUXING_MASTER_KEY, settings.HUXING_MASTER_KEY_PREVIOUS = NEW, OLD
    assert outbox_keys.OutboxKeys().private([key]) == private
    assert rotation.rewrap() == 1
    settings.HUXING_MASTER_KEY_PREVIOUS = None
    assert outbox_keys.OutboxKeys().private([key]) == private


def test_a_wrong_previous_key_is_said_and_changes_nothing(
    sealed: dict[UUID, bytes], settings: Any
) -> None:
    settings.HUXING_MASTER_KEY_PREVIOUS = b"x" * 32
    with pytest.raises(CommandError, match="neither"):
        call_command("rotate_master_key")
    settings.HUXING_MASTER_KEY_PREVIOUS = OLD
    assert readable(sealed) == 7


def test_without_a_previous_key_the_command_says_what_to_set(settings: Any) -> None:
    settings.HUXING_MASTER_KEY_PREVIOUS = None
    with pytest.raises(CommandError, match="HUXING_MASTER_KEY_PREVIOUS"):
        call_command("rotate_master_key")


def test_every_column_of_wrapped_keys_is_on_the_list() -> None:
    """Whoever wraps another key by the master key has to add it, or a rotation would lose it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND column_name LIKE '%%wrapped%%'"
        )
        found = set(cursor.fetchall())
    assert found == {(place.table, place.column) for place in rotation.WRAPPED}
