"""The server's outbox keys: wrapped at rest, rotated by a command, the old ones kept (SYNC)."""

from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from django.core.management import call_command
from django.db import connections

from backend.audit.models import AuditEntry
from backend.common import clock, encrypted, outbox_keys
from backend.common.models import OutboxKey
from backend.recovery.replay import catch_up
from sync.models import Operation
from sync.protocol import ids, messages, sealing

from .conftest import NOW, HttpPhone
from .test_sync import register

pytestmark = pytest.mark.django_db
KEYS = outbox_keys.OutboxKeys()


def sealed(text: bytes) -> bytes:
    recipient = sealing.Recipient(KEYS.public())
    return recipient.seal_attachment(text, device=ids.uuid7(NOW))


def opened(entry: bytes) -> bytes:
    key = sealing.read_header(entry).key
    return sealing.Opener(KEYS.private([key])[key]).open(entry)


def test_the_first_key_is_made_when_it_is_first_asked_for_and_stays() -> None:
    assert KEYS.public() == KEYS.public()
    assert OutboxKey.objects.count() == 1


def test_the_private_key_lies_in_the_database_under_the_master_key_only(settings: Any) -> None:
    entry = sealed(b"seen")
    assert opened(entry) == b"seen"
    row = OutboxKey.objects.get()
    private = encrypted.master().open(row.wrapped, bytes(row.id))
    assert private not in bytes(row.wrapped)
    settings.HUXING_MASTER_KEY = b"x" * 32
    with pytest.raises(InvalidTag):
        opened(entry)


def test_the_rotation_publishes_a_new_key_keeps_the_old_one_and_is_audited() -> None:
    before, entry = KEYS.public(), sealed(b"late")
    said = StringIO()
    call_command("rotate_outbox_key", stdout=said)
    assert KEYS.public() != before
    assert sealing.key_id(KEYS.public()).hex() in said.getvalue()
    assert opened(entry) == b"late"
    assert OutboxKey.objects.filter(current=True).count() == 1
    line = AuditEntry.objects.get(action="outbox_key.rotate")
    assert line.subject.bytes[:8] == sealing.key_id(KEYS.public())


@pytest.mark.django_db(transaction=True)
def test_processes_that_ask_for_the_first_key_or_rotate_at_once_agree_on_one() -> None:
    def job(number: int) -> bytes:
        try:
            if number % 2:
                return outbox_keys.rotate(now=NOW)
            return outbox_keys.current(now=NOW)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(job, range(8)))
    assert OutboxKey.objects.filter(current=True).count() == 1
    known = {bytes(public) for public in OutboxKey.objects.values_list("public", flat=True)}
    assert made <= known


@pytest.mark.django_db(transaction=True)
def test_a_visit_sealed_to_a_key_that_only_the_ledger_knew_is_applied_at_the_next_start(
    http_phone: HttpPhone,
) -> None:
    """SYNC, "After a restored backup": the key was made after the backup was taken."""
    key = OutboxKey.objects.get()
    register(http_phone)
    said = messages.read_operation(http_phone.log[0])
    entry = sealing.Recipient(bytes(key.public)).seal_operation(
        http_phone.log[0], device=http_phone.device, op=said.op, seq=1
    )
    OutboxKey.objects.all().delete()
    with connections["default"].cursor() as cursor:
        cursor.execute("DELETE FROM common_ledgerline")
    (receipt,) = http_phone.sync(messages.write_sealed(entry))["receipts"]
    assert receipt["code"] == "sealed.key_unknown"
    catch_up(now=clock.now())
    assert Operation.objects.get(op=said.op).outcome == "applied"
    told = http_phone.sync()
    assert [(r["op"], r["outcome"]) for r in told["later"]] == [(str(said.op), "applied")]
    assert told["have"] == [[1, 1]]
