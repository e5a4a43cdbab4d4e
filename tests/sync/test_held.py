"""What is held: for how long, for whom, and that nothing about it is forgotten (SYNC, Receipts)."""

import datetime as dt
import threading
from typing import Any

import pytest
from django.db import connection, transaction

from sync import apply, oplog, overdue, push, rebuild, review, waiting
from sync.entries import Draft
from sync.models import DeviceLog, File, Operation, Review
from sync.protocol import messages

from .conftest import NOW, SHARD, Phone, World
from .test_push import make_box, new, op_of
from .toys import Alarm, Box, Note

MINUTE = dt.timedelta(minutes=1)
DAY = dt.timedelta(days=1)
BLUE = {"set": {"colour": {"v": "blue", "saw": []}}}


def outcome(line: bytes) -> tuple[str, str | None]:
    row = Operation.objects.get(op=op_of(line))
    return row.outcome, row.code


def broken(applied: object, now: dt.datetime) -> list[Draft]:
    raise RuntimeError("rules are broken")


# ---- the server failed


def test_each_failure_puts_the_next_try_off_and_success_ends_it(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.say("note.write", new(), {"text": "help"}, file=make_box(phone))
    with monkeypatch.context() as patch:
        patch.setattr(apply.ports(), "react", broken)
        phone.push()
        waits = []
        now = NOW
        for _ in range(3):
            row = Operation.objects.get(kind="note.write")
            assert row.retry_at is not None
            waits.append(row.retry_at - now)
            now = row.retry_at
            assert push.retry(now=now - MINUTE / 60) == 0
            assert push.retry(now=now) > 0
    assert waits == [MINUTE, 2 * MINUTE, 4 * MINUTE]
    row = Operation.objects.get(kind="note.write")
    assert row.attempts == 4
    assert push.retry(now=row.retry_at) > 0
    assert Note.objects.count() == Alarm.objects.count() == 1
    assert Operation.objects.get(kind="note.write").retry_at is None


def test_a_group_that_failed_is_tried_again_as_a_group_and_applied_once(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = {"id": str(new()), "n": 2}
    for _ in range(2):
        phone.say("box.make", new(), {"set": {}}, group=group)
    with monkeypatch.context() as patch:
        patch.setattr(apply.ports(), "react", broken)
        phone.push()
    rounds: list[int] = []
    react = apply.ports().react
    monkeypatch.setattr(
        apply.ports(), "react", lambda a, now: rounds.append(len(a)) or react(a, now)
    )
    push.retry(now=NOW + MINUTE)
    assert rounds == [2]
    assert Box.objects.count() == 2


def test_what_is_erased_while_it_waits_is_quarantined_and_not_tried_for_ever(
    world: World, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = make_box(phone)
    phone.push()
    with monkeypatch.context() as patch:
        patch.setattr(apply.ports(), "react", broken)
        phone.say("note.write", new(), {"text": "help"}, file=box)
        phone.push()
    world.keys.erased.add(box)
    assert push.retry(now=NOW + MINUTE) == 1
    assert outcome(phone.log[-1]) == ("quarantined", "file.erased")
    assert push.retry(now=NOW + DAY) == 0


def test_a_stub_opened_by_a_retry_belongs_where_its_sender_works(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = new()
    phone.say("note.write", new(), {"text": "help"}, file=file)
    with monkeypatch.context() as patch:
        patch.setattr(apply.ports(), "react", broken)
        phone.push()
    push.retry(now=NOW + MINUTE)
    assert File.objects.get(id=file).shard == SHARD


# ---- what was known at the door stays known


@pytest.mark.parametrize("mark", ["revoked", "person"])
def test_a_retry_does_not_let_in_what_waits_for_a_review(
    phone: Phone, monkeypatch: pytest.MonkeyPatch, mark: str
) -> None:
    box = make_box(phone, "red")
    phone.push()
    phone.revoked = mark == "revoked"
    more: dict[str, Any] = {"person": new()} if mark == "person" else {}
    paint = phone.say("box.paint", box, BLUE, **more)
    with monkeypatch.context() as patch:
        patch.setattr(
            push, "apply_stored", lambda *args, **kwargs: (_ for _ in ()).throw(SystemExit)
        )
        with pytest.raises(SystemExit):
            phone.push(paint)
    push.retry(now=NOW + 2 * MINUTE)
    assert outcome(paint)[0] == "held"
    assert Box.objects.get(id=box).colour == "red"


def test_a_revoked_phones_member_of_a_group_is_not_let_in_by_another_phone(phone: Phone) -> None:
    group = {"id": str(new()), "n": 2}
    phone.revoked = True
    theirs = phone.say("box.make", new(), {"set": {}}, group=group)
    phone.push(theirs)
    other = Phone()
    mine = other.say("box.make", new(), {"set": {}}, group=group)
    other.push(mine)
    assert (outcome(theirs)[0], outcome(mine)[0]) == ("held", "held")
    assert not Box.objects.exists()


def test_a_fork_stays_marked_when_the_operation_is_released(phone: Phone) -> None:
    box = new()
    phone.push(phone.say("box.make", new(), {"set": {}}))
    clone = Phone()
    clone.device, clone.person = phone.device, phone.person
    held = clone.say("box.paint", box, BLUE)
    clone.push(held)
    phone.push(phone.say("box.make", box, {"set": {}}))
    assert outcome(held) == ("applied", None)
    assert "fork" in Operation.objects.get(op=op_of(held)).flags


def test_a_clone_is_noticed_when_the_earlier_line_comes_over_a_gap(phone: Phone) -> None:
    clone = Phone()
    clone.device, clone.person = phone.device, phone.person
    phone.say("box.make", new(), {"set": {}})
    clone.say("box.make", new(), {"set": {"colour": {"v": "other", "saw": []}}})
    clone.push(clone.say("box.make", new(), {"set": {}}))
    assert DeviceLog.objects.get(device=phone.device).cloned_at is None
    (receipt,) = phone.push(phone.log[0])
    assert (receipt.outcome, receipt.flags) == ("applied", ["fork"])
    assert DeviceLog.objects.get(device=phone.device).cloned_at == NOW


# ---- order of arrival


def test_a_record_opens_the_stub_that_evidence_left_and_its_phone_holds_it(phone: Phone) -> None:
    box = new()
    note = phone.say("note.write", new(), {"text": "seen"}, file=box)
    make = phone.say("box.make", box, {"shard": SHARD, "set": {}})
    paint = phone.say("box.paint", box, BLUE)
    phone.push(note)
    assert File.objects.get(id=box).stub
    phone.push(make, paint)
    assert Box.objects.get(id=box).colour == "blue"
    assert not File.objects.get(id=box).stub
    assert phone.push(phone.say("box.paint", box, {"set": {}}))[0].outcome == "applied"


def test_a_stub_goes_where_its_record_belongs_and_the_evidence_with_it(phone: Phone) -> None:
    box, elsewhere = new(), "522631"
    note = new()
    phone.push(phone.say("note.write", note, {"text": "seen"}, file=box))
    assert Note.objects.get(id=note).shard == SHARD
    phone.push(phone.say("box.make", box, {"shard": elsewhere, "set": {}}))
    assert File.objects.get(id=box).shard == elsewhere
    assert Box.objects.get(id=box).shard == Box.objects.get(id=box).near == elsewhere
    assert Note.objects.get(id=note).shard == elsewhere
    assert list(rebuild.differences()) == []


@pytest.mark.django_db(transaction=True)
def test_a_stub_that_is_opened_at_the_same_moment_goes_where_its_record_belongs(
    phone: Phone,
) -> None:
    box, elsewhere = new(), "522631"
    make = phone.say("box.make", box, {"shard": elsewhere, "set": {}})
    opened, waits = threading.Event(), threading.Event()

    def open_stub() -> None:
        with transaction.atomic():
            File.objects.create(id=box, shard=SHARD, digest=0, stub=True)
            opened.set()
            waits.wait(30)
        connection.close()

    other = threading.Thread(target=open_stub)
    other.start()
    opened.wait(30)
    # The push comes while nobody can see the stub yet, and has to wait for it.
    threading.Timer(0.5, waits.set).start()
    phone.push(make)
    other.join()
    file = File.objects.get(id=box)
    assert (file.shard, file.stub) == (elsewhere, False)
    assert Box.objects.get(id=box).shard == elsewhere


def test_a_record_made_twice_moves_nothing(phone: Phone) -> None:
    box = make_box(phone, "red")
    phone.push()
    phone.push(phone.say("box.make", box, {"shard": "522631", "set": {}}))
    assert File.objects.get(id=box).shard == SHARD


def test_in_one_push_an_edit_may_stand_before_its_record(phone: Phone) -> None:
    box = new()
    lines = [
        phone.say("box.paint", box, BLUE),
        phone.say("box.make", box, {"shard": SHARD, "set": {}}),
    ]
    assert [receipt.outcome for receipt in phone.push(*lines)] == ["applied", "applied"]
    assert Box.objects.get(id=box).colour == "blue"


# ---- forced


WEEK = dt.timedelta(days=7)


def force(now: dt.datetime = NOW + WEEK + MINUTE) -> int:
    return overdue.force(now=now, after=WEEK)


def test_an_edit_whose_record_never_comes_is_kept_for_a_person_after_a_week(phone: Phone) -> None:
    paint = phone.say("box.paint", new(), BLUE)
    phone.push()
    assert force(NOW + WEEK - MINUTE) == 0
    assert outcome(paint) == ("held", "target.unknown")
    assert force() == 1
    assert outcome(paint) == ("quarantined", "target.absent")
    assert force() == 0
    (told,) = phone.pull().later
    assert (told.outcome, told.code, told.flags) == ("quarantined", "target.absent", ["forced"])


def test_a_record_that_comes_after_all_still_gets_the_edit_that_was_forced(phone: Phone) -> None:
    box = new()
    paint = phone.say("box.paint", box, BLUE)
    phone.push()
    force()
    phone.push(phone.say("box.make", box, {"shard": SHARD, "set": {}}))
    assert outcome(paint) == ("applied", None)
    assert Box.objects.get(id=box).colour == "blue"
    assert list(rebuild.differences()) == []


def test_members_of_a_group_that_never_completes_are_applied_as_far_as_they_can(
    phone: Phone,
) -> None:
    box, group = make_box(phone), {"id": str(new()), "n": 4}
    there = phone.say("box.paint", box, BLUE, group=group)
    phone.push()
    missing = phone.say("box.paint", new(), BLUE, group=group)
    phone.push(missing, now=NOW + WEEK / 2)
    # One has waited long enough, and they belong together.
    assert force() == 2
    assert outcome(there) == ("applied", None)
    assert outcome(missing) == ("quarantined", "target.absent")
    assert "forced" in Operation.objects.get(op=op_of(there)).flags
    late = phone.say("box.paint", box, BLUE, group=group)
    (receipt,) = phone.push(late)
    assert (receipt.outcome, "forced" in receipt.flags) == ("applied", True)
    assert list(rebuild.differences()) == []


@pytest.mark.parametrize("mark", ["revoked", "person", "outside"])
def test_forcing_lets_nothing_in_that_a_person_has_to_review(phone: Phone, mark: str) -> None:
    box = make_box(phone, "red")
    phone.push()
    writer = Phone() if mark == "outside" else phone
    writer.revoked = mark == "revoked"
    more: dict[str, Any] = {"person": new()} if mark == "person" else {}
    group = {"id": str(new()), "n": 2}
    writer.push(writer.say("box.paint", box, BLUE, group=group, **more))
    assert force() == 1
    assert Box.objects.get(id=box).colour == "red"
    assert Operation.objects.get(kind="box.paint").outcome != "applied"


def test_forcing_is_recorded_as_an_operation_that_a_rebuild_replays(phone: Phone) -> None:
    group = {"id": str(new()), "n": 2}
    paint = phone.say("box.paint", make_box(phone), BLUE, group=group)
    phone.push()
    force()
    decision = Operation.objects.get(kind="operation.force")
    assert (str(decision.target), decision.device) == (op_of(paint), None)
    assert oplog.contents([decision.op])[decision.op]["was"] == "group.incomplete"
    assert list(rebuild.differences()) == []
    Review.objects.update(status="set_aside")
    Operation.objects.filter(op=op_of(paint)).update(flags=[])
    assert {(d.type, d.column) for d in rebuild.differences()} == {("review", "status")}
    Review.objects.update(status="forced")
    assert {(d.type, d.column) for d in rebuild.differences()} == {("operation", "flags")}


def test_what_is_erased_while_it_waits_is_not_forced(world: World, phone: Phone) -> None:
    paint = phone.say("box.paint", new(), BLUE)
    phone.push()
    world.keys.erased.add(line_of(paint).target)
    force()
    assert outcome(paint) == ("quarantined", "file.erased")
    assert not Operation.objects.filter(kind="operation.force").exists()


def test_an_alarm_is_raised_once_about_what_the_server_keeps_failing_on(
    phone: Phone, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    note = phone.say("note.write", new(), {"text": "break the server"}, file=make_box(phone))
    phone.push()
    hour = dt.timedelta(hours=1)
    assert overdue.alarm(now=NOW + hour - MINUTE, after=hour) == 0
    assert overdue.alarm(now=NOW + hour + MINUTE, after=hour) == 1
    assert overdue.alarm(now=NOW + 2 * hour, after=hour) == 0
    assert op_of(note) in caplog.text
    decision = Operation.objects.get(kind="operation.alarm")
    assert (str(decision.target), decision.outcome) == (op_of(note), "applied")
    assert Review.objects.get(id=op_of(note)).status == "alarm"
    assert outcome(note) == ("held", "server.retry")


# ---- the server's clock was three days ahead and came back


AHEAD = 3 * DAY


def test_what_failed_while_the_clock_was_ahead_is_tried_and_told_of_at_once(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = phone.say("note.write", new(), {"text": "help"}, file=make_box(phone))
    with monkeypatch.context() as patch:
        patch.setattr(apply.ports(), "react", broken)
        phone.push(now=NOW + AHEAD)
    hour = dt.timedelta(hours=1)
    assert overdue.alarm(now=NOW, after=hour) == 2  # the box came with it
    assert outcome(note) == ("held", "server.retry")
    assert push.retry(now=NOW) > 0
    assert outcome(note) == ("applied", None)
    Operation.objects.filter(op=op_of(note)).update(outcome="received", received=NOW + AHEAD)
    assert push.retry(now=NOW) == 1, "what a crash left unjudged then"


def test_what_waits_since_the_clock_was_ahead_waits_a_week_by_what_came_after_it(
    phone: Phone,
) -> None:
    paint = phone.say("box.paint", new(), BLUE)
    phone.push(now=NOW + AHEAD)
    make_box(phone)
    phone.push(now=NOW)  # the clock has come back
    assert force(NOW + WEEK - MINUTE) == 0
    Operation.objects.filter(op=op_of(paint)).update(received=NOW + WEEK + AHEAD)
    assert force() == 1
    assert outcome(paint) == ("quarantined", "target.absent")


def line_of(raw: bytes) -> messages.Operation:
    return messages.read_operation(raw)


def test_the_alarm_about_what_may_say_a_danger_comes_within_minutes(phone: Phone) -> None:
    hour, file = dt.timedelta(hours=1), make_box(phone)
    for kind in ("note.write", "secret.tell"):
        phone.say(kind, new(), {"text": "break the server"}, file=file)
    phone.push()
    assert overdue.alarm(now=NOW + 4 * MINUTE, after=hour) == 0
    late = NOW + 6 * MINUTE
    open_now = waiting.Filters(shards=[""])
    listed = waiting.items(waiting.listed(open_now, now=late, alarm_after=hour))
    assert [item.kind for item in listed] == ["secret.tell"]
    assert overdue.alarm(now=late, after=hour) == 1
    assert (
        Operation.objects.get(kind=review.ALARM).target
        == Operation.objects.get(kind="secret.tell").op
    )
