"""A danger that can be read in what is not applied still alerts a person (SYNC, Danger)."""

import json
from uuid import UUID

import pytest

from sync import apply, overdue, push
from sync.models import Operation, UnreadableLine, VariantLine

from .conftest import NOW, SHARD, Phone, World
from .test_held import MINUTE, broken
from .test_push import make_box, new, op_of
from .toys import Alarm, Box, Note

HIGH = {"set": {"danger": {"v": "high", "saw": []}}}


def alarmed(file: UUID) -> bool:
    return Alarm.objects.filter(file=file).exists()


@pytest.mark.parametrize("why", ["revoked", "person", "outside", "group", "malformed"])
def test_an_edit_that_is_kept_alerts_at_once_and_once(phone: Phone, why: str) -> None:
    box = make_box(phone)
    phone.push()
    writer = Phone() if why == "outside" else phone
    writer.revoked = why == "revoked"
    data = {**HIGH, "remove": 7} if why == "malformed" else HIGH
    more = {"person": new()} if why == "person" else {}
    group = {"id": str(new()), "n": 2} if why == "group" else None
    line = writer.say("box.paint", box, data, group=group, **more)
    writer.push(line)
    writer.push(line)
    assert Operation.objects.get(op=op_of(line)).outcome != "applied"
    assert "danger" in Operation.objects.get(op=op_of(line)).flags
    assert Alarm.objects.filter(file=box).count() == 1


def test_what_only_the_server_may_know_of_a_danger_is_not_told(phone: Phone) -> None:
    box = make_box(phone)
    phone.push()
    stranger = Phone()
    known, unknown = stranger.push(
        stranger.say("box.paint", box, HIGH), stranger.say("box.paint", new(), HIGH)
    )
    known.op = unknown.op
    assert known == unknown
    assert known.flags == []


def test_a_kind_that_nobody_knows_yet_alerts(phone: Phone) -> None:
    box = make_box(phone)
    phone.push(phone.log[0], phone.say("ghost.see", new(), {"text": "help"}, file=box))
    assert alarmed(box)


def test_a_variant_of_an_operation_alerts(phone: Phone) -> None:
    box = make_box(phone)
    note = phone.say("note.write", new(), {"text": "fine"}, file=box)
    phone.push()
    other = json.loads(note)
    other["data"]["text"] = "help"
    (receipt,) = phone.push(json.dumps(other).encode())
    assert receipt.code == "op.taken"
    assert VariantLine.objects.count() == 1
    assert alarmed(box)


def test_a_line_whose_envelope_is_broken_alerts_if_its_contents_can_be_read(phone: Phone) -> None:
    box = make_box(phone)
    line = json.loads(phone.say("note.write", new(), {"text": "help"}, file=box))
    line["seq"] = "two"
    _, receipt = phone.push(phone.log[0], json.dumps(line).encode())
    assert receipt.code == "line.unreadable"
    assert UnreadableLine.objects.count() == 1
    assert alarmed(box)


BROKEN = {
    "a raw tab": (b'"help"', b'"help\tme"'),
    "a raw NUL": (b'"help"', b'"help\x00"'),
    "no number": (b'"data": {', b'"data": {"n": NaN, "m": -Infinity, '),
    "cut in the middle of its words": (b'"help"}}', b'"hel\\u0070'),
    "no UTF-8": (b'"help"', b'"help \xff"'),
    "a mark of the order of bytes": (b'{"op"', b'\xef\xbb\xbf{"op"'),
    "a first of two": (b'"help"}}', b'"help", "text": "fine"}, "seq": "x"}'),
    "without its beginning": (b'{"op": "', b'019", "'),
    "a bad escape and a missing comma": (b'"data": {', b'"x": "\\q" "data": {'),
    "nested without end": (b'"help"}}', b'"help"}, "x": ' + b"[" * 50_000),
}


def test_a_line_that_cannot_be_read_is_searched_as_far_as_it_can_be(phone: Phone) -> None:
    lines, boxes = [], []
    for before, after in BROKEN.values():
        box = make_box(phone)
        boxes.append(box)
        said = json.loads(phone.say("note.write", new(), {"text": "help"}, file=box))
        data = said.pop("data")
        good = json.dumps({**said, "data": data}).encode()
        broken = good.replace(before, after)
        assert broken != good
        lines += [phone.log[-2], broken]
    told = phone.push(*lines)
    assert [receipt.outcome for receipt in told] == ["applied", "quarantined"] * len(BROKEN)
    assert {receipt.code for receipt in told[1::2]} == {"line.unreadable"}
    assert [why for why, box in zip(BROKEN, boxes, strict=True) if not alarmed(box)] == []
    assert not Note.objects.exists()
    count = Alarm.objects.count()
    phone.push(*lines)
    assert Alarm.objects.count() == count


@pytest.mark.parametrize("line", [b'{"op": 1', b"7", b'{"data": 1}', b"[" * 50_000])
def test_a_line_that_says_no_danger_alerts_nobody(phone: Phone, line: bytes) -> None:
    assert phone.push(line)[0].code == "line.unreadable"
    assert not Alarm.objects.exists()


@pytest.mark.parametrize(
    "line", [b'{"data": {"text": "help"}}', b"\x1b 31 help", b'"file": "x", help']
)
def test_a_danger_whose_file_cannot_be_read_opens_one_where_its_sender_works(
    phone: Phone, line: bytes
) -> None:
    assert phone.push(line)[0].code == "line.unreadable"
    assert Operation.objects.get(kind="alarm.open").code == "target.unknown"


def test_an_alert_about_a_file_nobody_knows_waits_for_the_file_and_no_longer(phone: Phone) -> None:
    box = new()
    phone.push(phone.say("box.paint", box, HIGH))
    assert not alarmed(box)
    phone.push(phone.say("note.write", new(), {"text": "fine"}, file=box))
    assert Alarm.objects.get(file=box).shard == SHARD


def test_a_danger_on_an_erased_file_is_logged_and_marked(
    world: World, phone: Phone, caplog: pytest.LogCaptureFixture
) -> None:
    box = make_box(phone)
    phone.push()
    world.keys.erased.add(box)
    note = phone.say("note.write", new(), {"text": "help"}, file=box)
    phone.push(note)
    assert "danger" in Operation.objects.get(op=op_of(note)).flags
    assert op_of(note) in caplog.text
    assert not Alarm.objects.exists()


def test_what_the_server_fails_on_for_an_hour_alerts_though_it_is_not_applied(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = make_box(phone)
    phone.push()
    with monkeypatch.context() as patch:
        patch.setattr(apply.ports(), "react", broken)
        note = phone.say("note.write", new(), {"text": "help"}, file=box)
        phone.push(note)
    assert not alarmed(box)
    overdue.alarm(now=NOW + 61 * MINUTE, after=60 * MINUTE)
    assert alarmed(box)
    assert not Note.objects.exists()


def test_a_line_that_cannot_be_looked_through_harms_no_neighbour(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = json.loads(phone.say("note.write", new(), {"text": "help"}))
    line["seq"] = "one"
    box = make_box(phone)

    def fails(entries: object, now: object) -> dict[UUID, list[object]]:
        raise RuntimeError("the judge is broken")

    monkeypatch.setattr(push.ports(), "kept", fails)
    unreadable, made = phone.push(json.dumps(line).encode(), phone.log[-1])
    assert (unreadable.outcome, made.outcome) == ("quarantined", "applied")
    assert Box.objects.filter(id=box).exists()
