"""Every task of beat's schedule runs twice at once, as with two beats or a broker that repeats: its effects come once."""

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import override_settings
from django.utils import timezone

from backend.accounts.models import EnrolmentCode, Person
from backend.caseload.models import AssignmentOrder, FileLoan
from backend.common import clock
from backend.config.celery import app
from backend.notifications import delivery
from backend.notifications.channels import CHANNELS
from backend.rights.models import CopyRequest, Correction
from backend.tasks.services import task_ask, task_cancel
from sync import ports
from sync.entries import Draft
from sync.models import Operation
from sync.protocol import ids
from sync.push import submit
from tests import cast

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
AHEAD = dt.timedelta(days=9)


def deliver() -> None:
    for channel in CHANNELS:
        while delivery.deliver(channel, clock=clock.now):
            pass


# Here they find nothing to do. Two at once open what is kept in tests/sync/test_reopen.py; of two that rehearse one
# claims the rehearsal (tests/api/test_rules_rehearsal.py).
IDLE = {"backend.concerns.tasks.run_rehearsals", "sync.tasks.open_kept"}
# It only hands on, by the broker.
DONE_BY: dict[str, Callable[[], Any]] = {"backend.notifications.tasks.deliver_all": deliver}


@pytest.fixture
def filled(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two counties at work, and then nobody looked for nine days."""
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    with override_settings(STORAGES=settings.STORAGES | {"default": memory}):
        fill(cast.build())
        real = timezone.now
        monkeypatch.setattr(timezone, "now", lambda: real() + AHEAD)
        yield


def fill(made: cast.Cast) -> None:
    """What nobody of the cast has left lying: held, forgotten, half done, ended, lent for too long."""
    administrator = Person.objects.get(username="administrator")
    failed(administrator.id, "server.retry")
    failed(administrator.id, "target.unknown")
    order = AssignmentOrder.objects.get(id=made.here.ids["order"])
    AssignmentOrder.objects.filter(id=order.id).update(finished_at=None, touched_at=None)
    order.lines.update(outcome="waiting")
    for asked in (CopyRequest, Correction):
        asked.objects.update(due_at=cast.NOW)
    FileLoan.objects.filter(id=made.here.ids["loan"]).update(until=cast.NOW + 9 * AHEAD)
    ended = task_ask(
        kind="roster_preview", actor=administrator.id, county=cast.HERE, now=cast.NOW, said={}
    )
    task_cancel(task=ended.id, actor=administrator.id, now=cast.NOW)
    (receipt,) = submit([registration(administrator.id, born="1990-03-07")], now=cast.NOW)
    assert receipt.outcome == "applied"
    month = dt.timedelta(days=30)
    for number in range(3):
        EnrolmentCode.objects.create(
            digest=f"{number}", made_by=administrator, expires_at=cast.NOW - month
        )


def registration(person: UUID, born: str) -> Draft:
    child = ids.uuid7(cast.NOW)
    card = {"name": "龙小燕", "sex": "female", "birth_date": born}
    residence = {"division": cast.VILLAGE_A, "address": "三组12号"}
    return Draft(
        op=ids.uuid7(cast.NOW), person=person, kind="child.register", target=child, file=child,
        data={"set": {"identity": {"v": card, "saw": []}, "residence": {"v": residence, "saw": []}}},
        at=cast.NOW,
    )  # fmt: skip


def failed(person: UUID, code: str) -> None:
    """A registration on which the server failed, or that waits for what never comes."""
    draft = registration(person, born="2018-03-07")

    def fail(*_: object) -> list[Draft]:
        raise RuntimeError("a fault of the server")

    sound = ports.ports()
    ports.install(replace(sound, react=fail))
    try:
        (receipt,) = submit([draft], now=cast.NOW)
    finally:
        ports.install(sound)
    assert (receipt.outcome, receipt.code) == ("held", "server.retry")
    Operation.objects.filter(op=draft.op).update(code=code, retry_at=None)


def test_every_scheduled_task_may_run_twice_at_once(filled: None, tmp_path: Path) -> None:
    app.loader.import_default_modules()
    wrong, idle = {}, []
    for name in [entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()]:
        task = DONE_BY.get(name, app.tasks[name])
        if name == "sync.tasks.raise_alarms":
            # What the server failed on before is applied by now.
            failed(Person.objects.get(username="administrator").id, "server.retry")
        before = counted()
        once = effect(task, before, tmp_path / "ledger.jsonl")
        if errors := at_once(task, task):
            wrong[name] = errors
        twice = changed(before, counted())
        if twice != once:
            wrong[name] = [f"once: {once}, twice at once: {twice}"]
        if not once:
            idle.append(name)
    assert wrong == {}
    assert set(idle) == IDLE


def effect(task: Callable[[], Any], before: dict[str, int], ledger: Path) -> dict[str, int]:
    """What one run does to the tables; it is undone, and writes to another ledger."""
    with override_settings(HUXING_LEDGER=ledger), transaction.atomic():
        task()
        found = changed(before, counted())
        transaction.set_rollback(True)
    return found


def at_once(*jobs: Callable[[], Any]) -> list[str]:
    start, errors = threading.Barrier(len(jobs)), list[str]()

    def run(job: Callable[[], Any]) -> None:
        start.wait()
        try:
            job()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test says it
            errors.append(f"{type(error).__name__}: {error}")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


# What changes where no row comes or goes.
STATES = {
    "operations applied": "sync_operation WHERE outcome = 'applied'",
    "operations forced": "sync_operation WHERE 'forced' = ANY(flags)",
    "orders finished": "caseload_assignmentorder WHERE finished_at IS NOT NULL",
    "rehearsals finished": "concerns_rehearsal WHERE finished_at IS NOT NULL",
    "loans shortened": "caseload_fileloan WHERE until <= now() + interval '24 days'",
}


def counted() -> dict[str, int]:
    """Rows of each table, and attempts where a table counts them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.oid::regclass::text, EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid"
            " AND a.attname = 'attempts') FROM pg_class c"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        tables = cursor.fetchall()
        parts = [f"SELECT '{name}', count(*) FROM {name}" for name, _ in tables]
        parts += [
            f"SELECT '{name}.attempts', coalesce(sum(attempts), 0) FROM {name}"
            for name, has in tables
            if has
        ]
        parts += [f"SELECT '{name}', count(*) FROM {where}" for name, where in STATES.items()]
        cursor.execute(" UNION ALL ".join(parts))
        return {name: int(count) for name, count in cursor.fetchall()}


def changed(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {name: count - before[name] for name, count in after.items() if count != before[name]}
