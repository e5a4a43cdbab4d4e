"""`migrate` while others work: it waits for nobody long enough to hold up those behind it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, models, transaction

from backend.common.management.commands import migrate
from backend.common.upgrades import fill_in
from backend.regions.models import Division

pytestmark = pytest.mark.django_db(transaction=True)
TABLE = "erasure_erasure"


@contextmanager
def written_elsewhere() -> Iterator[threading.Event]:
    """Another transaction writes to the table and does not end until the event is set."""
    has, may_go = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {TABLE} IN ROW EXCLUSIVE MODE")
            has.set()
            may_go.wait(60)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    has.wait(30)
    try:
        yield may_go
    finally:
        may_go.set()
        thread.join()


def is_there() -> bool:
    return TABLE in connection.introspection.table_names()


def test_a_table_in_use_is_tried_again_and_nobody_stands_behind_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(migrate, "PATIENCE", 100)
    paused = list[bool]()

    def pause(_: float) -> None:
        # Undone before it is tried again: whoever comes now reads the table.
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {TABLE}")
        paused.append(is_there())
        if len(paused) == 2:
            writer.set()

    monkeypatch.setattr(migrate.time, "sleep", pause)
    with written_elsewhere() as writer:
        call_command("migrate", "erasure", "zero", verbosity=0)
    assert paused[:2] == [True, True]
    assert not is_there()
    call_command("migrate", "erasure", verbosity=0)
    assert is_there()
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


def test_an_index_that_was_cut_off_is_taken_away_before_the_next_try() -> None:
    with written_elsewhere(), connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 100")
        # It waits for the other's transaction only after the index stands in the catalogue.
        with pytest.raises(OperationalError):
            cursor.execute(f"CREATE INDEX CONCURRENTLY cut_off ON {TABLE} (id)")
        cursor.execute("RESET lock_timeout")
    with connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'cut_off'::regclass")
        assert cursor.fetchone() == (False,)
        migrate._forget_leftovers(connection)
        cursor.execute("SELECT to_regclass('cut_off')")
        assert cursor.fetchone() == (None,)


def test_what_holds_nobody_up_waits_as_long_as_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    with written_elsewhere() as writer, connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 100")
        threading.Timer(0.5, writer.set).start()
        with connection.execute_wrapper(migrate._patient):
            cursor.execute(f"CREATE INDEX CONCURRENTLY patient ON {TABLE} (id)")
        cursor.execute("DROP INDEX patient")
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == (f"{migrate.PATIENCE // 1000}s",)
        cursor.execute("RESET lock_timeout")


def test_what_rows_lack_is_filled_in_by_pieces_that_are_committed_one_by_one() -> None:
    names = [f"{number:012}" for number in range(5)]
    Division.objects.bulk_create(
        Division(code=name, name=name, level="village", pinyin="") for name in names
    )
    pieces: list[int] = []

    def fill(rows: models.QuerySet[Division]) -> None:
        pieces.append(rows.update(pinyin="a"))
        if len(pieces) == 2:
            raise OperationalError

    operation = fill_in("regions", "division", lacking=models.Q(pinyin=""), fill=fill, piece=2)
    with pytest.raises(OperationalError), connection.schema_editor(atomic=False) as editor:
        operation.code(_Apps, editor)
    assert Division.objects.filter(pinyin="a").count() == 2
    with connection.schema_editor(atomic=False) as editor:
        operation.code(_Apps, editor)
    assert (Division.objects.filter(pinyin="a").count(), pieces) == (5, [2, 2, 2, 1])


class _Apps:
    get_model = staticmethod(lambda app, model: Division)
