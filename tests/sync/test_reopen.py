"""What was sealed to a key that the server had lost is opened when the key is there again (SYNC)."""

import datetime as dt
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from sync import pull, rebuild, reopen, tasks
from sync.models import Attachment, DeviceLog, Operation, UnreadableLine
from sync.protocol import messages
from sync.uploads import closing, errors, pieces, queries, services

from .conftest import NOW, Phone, World
from .test_push import make_box, new
from .test_sealing import seal, told, wrong_key
from .test_uploads import begin, content, declare, folder, named, photo, sealed, send
from .toys import Alarm, Box, Note

__all__ = ["folder"]  # the storage of every test here

LATER = NOW + dt.timedelta(days=3)


@pytest.fixture(autouse=True)
def known(world: World, phone: Phone) -> None:
    world.phones[phone.device] = phone


def left_closed(world: World, phone: Phone, *texts: str) -> dict[bytes, bytes]:
    """A box and notes of a locked phone, sent while the key is lost; returns the key."""
    box = make_box(phone)
    for text in texts:
        phone.say("note.write", new(), {"text": text}, file=box)
    lines = [seal(world, phone, line) for line in phone.log]
    lost = world.outbox.lose()
    receipts = phone.push(*lines)
    assert {told(receipt) for receipt in receipts} == {("quarantined", "sealed.key_unknown", False)}
    return lost


def test_the_periodic_task_opens_what_waits_once_its_key_is_back(
    world: World, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = left_closed(world, phone, "help", "fine")
    assert reopen.everything(now=LATER) == 0
    world.outbox.pairs.update(lost)
    monkeypatch.setattr("sync.tasks.timezone.now", lambda: LATER)
    assert [tasks.open_kept(), tasks.open_kept()] == [3, 0]
    assert (Box.objects.get().colour, Note.objects.count(), Alarm.objects.count()) == ("red", 2, 1)
    assert not UnreadableLine.objects.exists()
    assert DeviceLog.objects.get(device=phone.device).have == [[1, 3]]
    assert list(rebuild.differences()) == []


def test_it_was_received_and_is_dated_when_it_came(world: World, phone: Phone) -> None:
    lost = left_closed(world, phone)
    world.outbox.pairs.update(lost)
    reopen.everything(now=LATER)
    row = Operation.objects.get(device=phone.device)
    assert (row.received, row.at, row.flags) == (NOW, int(NOW.timestamp() * 1000), [])
    assert DeviceLog.objects.get(device=phone.device).synced_at == NOW


def test_the_next_push_opens_what_its_phone_left_and_the_phone_is_told(
    world: World, phone: Phone
) -> None:
    lost = left_closed(world, phone, "help")
    world.outbox.pairs.update(lost)
    first, second = (str(messages.read_operation(line).op) for line in phone.log)
    phone.push(phone.say("note.write", new(), {"text": "later"}), now=LATER)
    page = pull.pull(phone.sender, token=None, purged=None, now=LATER)
    assert {(str(told.op), told.outcome) for told in page.later} >= {
        (first, "applied"), (second, "applied"),
    }  # fmt: skip
    assert not UnreadableLine.objects.exists()


@pytest.mark.parametrize("before", [True, False])
def test_what_its_phone_also_sent_open_is_applied_once(
    world: World, phone: Phone, before: bool
) -> None:
    lost = left_closed(world, phone, "help")
    if not before:
        world.outbox.pairs.update(lost)
        reopen.everything(now=LATER)
    phone.push(now=LATER)
    world.outbox.pairs.update(lost)
    reopen.everything(now=LATER)
    assert (Operation.objects.filter(device=phone.device).count(), Alarm.objects.count()) == (2, 1)
    assert not UnreadableLine.objects.exists()


def test_two_that_open_at_once_apply_it_once(world: World, phone: Phone) -> None:
    lost = left_closed(world, phone, "help", "help", "help")
    world.outbox.pairs.update(lost)
    together = threading.Barrier(3)

    def run() -> None:
        together.wait()
        reopen.everything(now=LATER)
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (Alarm.objects.count(), Operation.objects.filter(device=phone.device).count()) == (3, 4)


def test_what_the_key_does_not_open_stays_for_a_person(world: World, phone: Phone) -> None:
    make_box(phone)
    entry = messages.read_sealed(seal(world, phone, phone.log[0]))
    lost = world.outbox.lose()
    phone.push(messages.write_sealed(entry[:-1] + bytes([entry[-1] ^ 1])))
    world.outbox.pairs.update(lost)
    phone.push(messages.write_sealed(entry), wrong_key(world, phone, phone.log[0]))
    reopen.everything(now=LATER)
    kept = UnreadableLine.objects.order_by("code").values_list("code", flat=True)
    assert list(kept) == ["sealed.key_unknown", "sealed.unreadable"]


def test_a_line_kept_before_keys_were_noted_is_opened_too(world: World, phone: Phone) -> None:
    lost = left_closed(world, phone)
    UnreadableLine.objects.update(sealed_to=None, clock_offset=None)
    world.outbox.pairs.update(lost)
    assert reopen.everything(now=LATER) == 1


def test_what_a_phone_left_before_it_was_revoked_is_marked_for_a_review(
    world: World, phone: Phone
) -> None:
    lost = left_closed(world, phone, "help")
    phone.revoked = True
    world.outbox.pairs.update(lost)
    reopen.everything(now=LATER)
    rows = Operation.objects.filter(device=phone.device).order_by("seq")
    assert [(row.outcome, row.flags) for row in rows] == [
        ("held", ["revoked"]), ("applied", ["revoked", "stub"]),
    ]  # fmt: skip


def brought_closed(world: World, phone: Phone) -> tuple[Attachment, bytes, dict[bytes, bytes]]:
    file = photo((60, 40))
    (attachment,) = declare(phone, file)
    entry = sealed(world, file, phone.device)
    lost = world.outbox.lose()
    assert bring(phone, file, entry).offset == len(entry)
    return attachment, file, lost


def bring(phone: Phone, file: bytes, entry: bytes) -> Any:
    upload = services.create(
        sender=phone.sender, named=named(file, sealed=True), length=len(entry), now=NOW
    )
    return upload if upload.offset == len(entry) else send(phone, upload, entry)


def test_a_photograph_sealed_to_a_lost_key_is_kept_and_opened_when_the_key_is_back(
    world: World, phone: Phone, folder: Path
) -> None:
    attachment, file, lost = brought_closed(world, phone)
    attachment.refresh_from_db()
    assert attachment.status == "unopened"
    assert queries.missing(phone.device) == []
    assert queries.count(queries.cards([attachment])).pending == 1
    assert bring(phone, file, sealed(world, file, phone.device)).pieces == []
    with pytest.raises(errors.NotHere):
        content(attachment, pieces.ORIGINAL)
    assert list(rebuild.differences()) == []
    world.outbox.pairs.update(lost)
    assert [reopen.everything(now=LATER), reopen.everything(now=LATER)] == [1, 0]
    attachment.refresh_from_db()
    assert (attachment.status, content(attachment, pieces.ORIGINAL)) == ("complete", file)
    assert not list(folder.rglob(pieces.UNOPENED))
    assert list(rebuild.differences()) == []


def test_one_that_comes_open_meanwhile_is_not_replaced(
    world: World, phone: Phone, folder: Path
) -> None:
    attachment, file, lost = brought_closed(world, phone)
    send(phone, begin(phone, file), file)
    world.outbox.pairs.update(lost)
    reopen.everything(now=LATER)
    attachment.refresh_from_db()
    assert (attachment.status, content(attachment, pieces.ORIGINAL)) == ("complete", file)
    assert attachment.settled_at == NOW


def test_one_that_is_something_else_has_to_come_anew(world: World, phone: Phone) -> None:
    file = photo((60, 40))
    (attachment,) = declare(phone, file)
    entry = sealed(world, bytes(len(file)), phone.device)
    lost = world.outbox.lose()
    bring(phone, file, entry)
    world.outbox.pairs.update(lost)
    assert reopen.everything(now=LATER) == 0
    assert [one["sha256"] for one in queries.missing(phone.device)] == [
        named(file).sha256.hex()
    ]  # fmt: skip
    attachment.refresh_from_db()
    assert (attachment.status, attachment.sealed_to) == ("pending", None)


def test_what_a_person_closed_as_lost_is_taken_when_its_key_is_back(
    world: World, phone: Phone
) -> None:
    attachment, _, lost = brought_closed(world, phone)
    assert closing.close_lost(attachment=attachment.id, person=new(), reason="key gone", now=NOW)
    world.outbox.pairs.update(lost)
    reopen.everything(now=LATER)
    attachment.refresh_from_db()
    assert attachment.status == "complete"
