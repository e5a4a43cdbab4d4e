"""What is sealed to the server can be sent by a phone that cannot read it (SYNC, "The sealed outbox")."""

import base64
import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sync import rebuild
from sync.models import DeviceLog, Operation, UnreadableLine, VariantLine
from sync.protocol import messages, sealing

from .conftest import NOW, Phone, World
from .test_push import make_box, new
from .toys import Box, Note

HERE = Path(__file__).parent
VECTORS = json.loads((HERE / "vectors" / "sealing.json").read_text("utf-8"))
KEYS = {card["key"]: card for card in VECTORS["keys"]}


def opener(key: str) -> sealing.Opener:
    return sealing.Opener(bytes.fromhex(KEYS[key]["private"]))


@pytest.mark.parametrize("case", [pytest.param(c, id=c["name"]) for c in VECTORS["cases"]])
def test_a_vector_opens_and_its_header_is_built_byte_by_byte(case: dict[str, Any]) -> None:
    sealed, about = base64.b64decode(case["sealed"]), bytes.fromhex(case["about"])
    header = sealing.Header(
        bytes.fromhex(case["key"]), case["what"], UUID(case["device"]), about, case["seq"]
    )
    assert header.encode().hex() == case["header"]
    assert sealing.read_header(sealed) == header
    assert opener(case["key"]).open(sealed) == base64.b64decode(case["plain"])
    public = base64.b64decode(KEYS[case["key"]]["public"])
    assert sealing.key_id(public).hex() == case["key"]


@pytest.mark.parametrize("case", [pytest.param(c, id=c["name"]) for c in VECTORS["refused"]])
def test_what_was_changed_moved_or_cut_does_not_open(case: dict[str, Any]) -> None:
    own = opener(VECTORS["keys"][0]["key"])
    with pytest.raises(sealing.Unopened):
        own.open(base64.b64decode(case["sealed"]))


def test_sealing_adds_a_known_number_of_bytes_and_the_key_differs_each_time() -> None:
    recipient = sealing.Recipient(base64.b64decode(VECTORS["keys"][0]["public"]))
    one, two = (recipient.seal_attachment(b"photo", device=new()) for _ in range(2))
    assert len(one) == len(b"photo") + sealing.OVERHEAD
    assert one[50:] != two[50:]


@pytest.mark.slow
def test_a_client_written_from_the_text_alone_with_webcrypto_agrees_both_ways() -> None:
    run = ["node", "sealing.mjs", "vectors/sealing.json"]
    said = subprocess.run(run, cwd=HERE, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == f"{len(VECTORS['cases']) + len(VECTORS['refused'])} vectors hold"
    theirs = subprocess.run([*run, "看见"], cwd=HERE, capture_output=True, text=True, check=True)
    entry = base64.b64decode(theirs.stdout)
    assert opener(VECTORS["keys"][0]["key"]).open(entry).decode() == "看见"


def seal(world: World, phone: Phone, line: bytes, **header: Any) -> bytes:
    """The line as a locked phone sends it."""
    said = messages.read_operation(line)
    place = {"device": phone.device, "op": said.op, "seq": said.seq or 0} | header
    return messages.write_sealed(world.outbox.recipient.seal_operation(line, **place))


def told(receipt: messages.Receipt) -> tuple[str, str | None, bool]:
    return receipt.outcome, receipt.code, receipt.again


def test_a_sealed_operation_is_applied_like_an_open_one(world: World, phone: Phone) -> None:
    box = make_box(phone)
    phone.say("note.write", new(), {"text": "help"}, file=box)
    receipts = phone.push(*(seal(world, phone, line) for line in phone.log))
    assert [told(receipt) for receipt in receipts] == [("applied", None, False)] * 2
    assert [str(r.op) for r in receipts] == [json.loads(line)["op"] for line in phone.log]
    assert (Box.objects.get().colour, Note.objects.get().length) == ("red", 4)
    assert DeviceLog.objects.get(device=phone.device).have == [[1, 2]]
    stored = Operation.objects.filter(device=phone.device).order_by("seq")
    assert [bytes(row.hash) for row in stored] == [messages.line_hash(line) for line in phone.log]
    assert list(rebuild.differences()) == []


@pytest.mark.parametrize("sealed_first", [True, False])
def test_the_same_operation_open_and_sealed_is_once(
    world: World, phone: Phone, sealed_first: bool
) -> None:
    make_box(phone)
    ways = [seal(world, phone, phone.log[0]), phone.log[0]]
    first, second = ways if sealed_first else ways[::-1]
    assert [told(r) for r in phone.push(first)] == [("applied", None, False)]
    assert [told(r) for r in phone.push(second)] == [("applied", None, True)]
    assert [told(r) for r in phone.push(seal(world, phone, phone.log[0]), phone.log[0])] == [
        ("applied", None, True)
    ] * 2
    assert (Operation.objects.count(), VariantLine.objects.count()) == (1, 0)


def test_other_bytes_sealed_under_a_known_operation_are_a_variant(
    world: World, phone: Phone
) -> None:
    make_box(phone)
    phone.push()
    other = phone.log[0].replace(b"red", b"blue")
    assert [told(r) for r in phone.push(seal(world, phone, other))] == [
        ("quarantined", "op.taken", True)
    ]


def test_the_chain_runs_through_open_and_sealed_lines_and_a_fork_is_seen(
    world: World, phone: Phone
) -> None:
    make_box(phone)
    phone.say("note.write", new(), {"text": "one"})
    phone.say("note.write", new(), {"text": "two"})
    first, second, third = phone.log
    receipts = phone.push(first, seal(world, phone, second), third)
    assert [receipt.flags for receipt in receipts] == [[], [], []]
    other = json.loads(second) | {"op": str(new()), "seq": 4, "prev": "00" * 32}
    (forked,) = phone.push(seal(world, phone, json.dumps(other).encode()))
    assert forked.flags == ["fork"]


def wrong_key(world: World, phone: Phone, line: bytes) -> bytes:
    said = messages.read_operation(line)
    stranger = sealing.Recipient(sealing.new_key()[1])
    return messages.write_sealed(
        stranger.seal_operation(line, device=phone.device, op=said.op, seq=said.seq or 0)
    )


def broken_tag(world: World, phone: Phone, line: bytes) -> bytes:
    entry = messages.read_sealed(seal(world, phone, line))
    return messages.write_sealed(entry[:-1] + bytes([entry[-1] ^ 1]))


def not_base64(world: World, phone: Phone, line: bytes) -> bytes:
    return b'{"sealed": "not base 64"}'


def another_phones(world: World, phone: Phone, line: bytes) -> bytes:
    return seal(world, phone, line, device=new())


def under_another_operations_header(world: World, phone: Phone, line: bytes) -> bytes:
    return seal(world, phone, line, op=new())


def a_file_as_an_operation(world: World, phone: Phone, line: bytes) -> bytes:
    return messages.write_sealed(world.outbox.recipient.seal_attachment(line, device=phone.device))


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (wrong_key, "sealed.key_unknown"),
        (broken_tag, "sealed.unreadable"),
        (not_base64, "sealed.unreadable"),
        (another_phones, "sealed.unreadable"),
        (under_another_operations_header, "sealed.unreadable"),
        (a_file_as_an_operation, "sealed.unreadable"),
    ],
)
def test_an_entry_that_does_not_open_is_kept_once_and_harms_no_neighbour(
    world: World, phone: Phone, make: Any, code: str
) -> None:
    make_box(phone)
    phone.say("note.write", new(), {"text": "lost?"})
    phone.say("note.write", new(), {"text": "fine"})
    closed = make(world, phone, phone.log[1])
    receipts = phone.push(seal(world, phone, phone.log[0]), closed, phone.log[2])
    assert [r.outcome for r in receipts] == ["applied", "quarantined", "applied"]
    said = receipts[1]
    assert (said.code, said.fields, said.line, said.op) == (code, ["sealed"], 2, None)
    assert "kept" in (said.message or "")
    kept = UnreadableLine.objects.get()
    assert world.keys([phone.device])[phone.device].open(kept.body) == closed
    assert DeviceLog.objects.get(device=phone.device).have == [[1, 1], [3, 3]]
    phone.push(closed)
    assert UnreadableLine.objects.count() == 1
    (late,) = phone.push(phone.log[1])
    assert told(late) == ("applied", None, False)


def test_a_sealed_line_that_is_no_operation_is_told_as_if_it_had_come_open(
    world: World, phone: Phone
) -> None:
    entry = world.outbox.recipient.seal_operation(b"{", device=phone.device, op=new(), seq=1)
    (receipt,) = phone.push(messages.write_sealed(entry))
    assert (receipt.outcome, receipt.code) == ("quarantined", "line.unreadable")


def test_what_was_sealed_to_an_older_key_opens_after_a_rotation(world: World, phone: Phone) -> None:
    make_box(phone)
    old = seal(world, phone, phone.log[0])
    world.outbox.rotate()
    phone.say("note.write", new(), {"text": "new"})
    receipts = phone.push(old, seal(world, phone, phone.log[1]))
    assert [receipt.outcome for receipt in receipts] == ["applied", "applied"]


def test_a_revoked_phone_is_heard_through_its_sealed_outbox(world: World, phone: Phone) -> None:
    make_box(phone)
    phone.push()
    phone.revoked = True
    phone.say("note.write", new(), {"text": "help"})
    (receipt,) = phone.push(seal(world, phone, phone.log[1]))
    assert receipt.outcome == "applied"


def statements(phone: Phone, *lines: bytes) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        phone.push(*lines)
    return len(queries)


def test_sealing_costs_no_statement_for_each_operation(world: World) -> None:
    counts = []
    for n in (1, 50, 500):
        phone = Phone()
        for _ in range(n):
            phone.say("note.write", new(), {"text": "seen"})
        counts.append(statements(phone, *(seal(world, phone, line) for line in phone.log)))
    assert len(set(counts)) == 1


def test_a_file_is_sealed_under_its_hash() -> None:
    private, public = sealing.new_key()
    device = new()
    entry = sealing.Recipient(public).seal_attachment(b"photo", device=device)
    header = sealing.read_header(entry)
    assert (header.what, header.device, header.seq) == (sealing.ATTACHMENT, device, 0)
    assert header.about == hashlib.sha256(b"photo").digest()[:16]
    assert sealing.Opener(private).open(entry) == b"photo"


def test_the_clock_of_a_sealed_operation_is_corrected_like_any_other(
    world: World, phone: Phone
) -> None:
    make_box(phone)
    phone.push(seal(world, phone, phone.log[0]))
    assert Operation.objects.get().at == int(NOW.timestamp() * 1000)
