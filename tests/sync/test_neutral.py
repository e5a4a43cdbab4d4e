"""To a stranger a file out of her scope, one nobody knows and an erased one are the same (SYNC, Receipts)."""

import hashlib
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from sync import overdue, push, rebuild
from sync.erase import erase
from sync.models import Attachment, Operation
from sync.protocol import messages
from sync.uploads import metadata, queries

from . import served
from .conftest import NOW, Phone, World
from .test_held import MINUTE, WEEK, force
from .test_push import make_box, new, op_of

WHICH = ("outside", "unknown", "erased")
SAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "edit": ("box.paint", {"set": {"colour": {"v": "black", "saw": []}}}),
    "malformed edit": ("box.paint", {"set": 7}),
    "dangerous edit": ("box.paint", {"set": {"danger": {"v": "high", "saw": []}}}),
    "evidence": ("note.write", {"text": "seen"}),
    "evidence with problems": ("note.write", {"text": 7}),
    "evidence that names another": ("note.write", {"text": "seen", "answers": str(UUID(int=9))}),
    "an unknown kind": ("ghost.see", {}),
    "an office kind": ("alarm.closed", {"revision": 1}),
}


@pytest.fixture
def files(world: World, phone: Phone) -> dict[str, UUID]:
    found = {"outside": make_box(phone), "unknown": new(), "erased": make_box(phone)}
    phone.push()
    world.keys.erased.add(found["erased"])
    return found


def stranger(*, revoked: bool = False) -> Phone:
    made = Phone()
    made.revoked = revoked
    return made


def told(receipts: list[messages.Receipt]) -> set[bytes]:
    """What differs beside the operation's id."""
    for receipt in receipts:
        receipt.op = None
    return {messages.write(receipt) for receipt in receipts}


def say_to_each(writer: Phone, files: dict[str, UUID], says: str, **more: Any) -> list[bytes]:
    kind, data = SAYS[says]
    return [
        writer.say(
            kind, files[which] if kind.startswith("box") else new(), data, file=files[which],
            **{name: value() for name, value in more.items()},
        )
        for which in WHICH
    ]  # fmt: skip


@pytest.mark.parametrize("says", SAYS)
@pytest.mark.parametrize("who", ["enrolled", "revoked", "another person", "half a group"])
def test_the_answers_are_the_same_bytes_at_first_again_and_a_week_later(
    files: dict[str, UUID], says: str, who: str
) -> None:
    writer = stranger(revoked=who == "revoked")
    more: dict[str, Any] = {}
    if who == "another person":
        more["person"] = new
    if who == "half a group":
        more["group"] = lambda: {"id": str(new()), "n": 2}
    lines = say_to_each(writer, files, says, **more)
    assert len(told(writer.push(*lines))) == 1
    assert len(told(writer.push(*lines))) == 1
    force()
    later = [push.worded(receipt, english=True) for receipt in writer.pull().later]
    assert len(later) in {0, 3}
    assert len(told(later)) <= 1
    assert len(told(writer.push(*lines))) == 1


def test_whole_groups_about_them_are_answered_alike(files: dict[str, UUID]) -> None:
    writer = stranger()
    answers = []
    for which in WHICH:
        group = {"id": str(new()), "n": 2}
        first = writer.say("box.paint", files[which], SAYS["edit"][1], group=group)
        second = writer.say("box.make", new(), {"set": {}}, group=group)
        receipts = writer.push(first, second)
        answers.append(told([receipts[0]]) | told([receipts[1]]))
    assert answers[0] == answers[1]
    # A group that an erased file breaks is held as a whole, like every group.
    assert {messages.parse(one)["outcome"] for one in answers[2]} == {"held"}


def test_who_held_the_file_is_told_that_it_was_erased(
    world: World, phone: Phone, files: dict[str, UUID]
) -> None:
    (receipt,) = phone.push(phone.say("note.write", new(), {"text": "late"}, file=files["erased"]))
    assert receipt.code == "file.erased"


def test_an_edit_of_a_record_in_another_file_is_told_no_more_than_of_none(
    files: dict[str, UUID],
) -> None:
    writer = stranger()
    own = make_box(writer)
    writer.push()
    paint = SAYS["edit"][1]
    taken, absent = writer.push(
        writer.say("box.paint", files["outside"], paint, file=own),
        writer.say("box.paint", new(), paint, file=own),
    )
    assert len(told([taken, absent])) == 1


def test_the_office_knows_which_is_which(files: dict[str, UUID]) -> None:
    writer = stranger()
    lines = say_to_each(writer, files, "edit")
    writer.push(*lines)
    assert [Operation.objects.get(op=op_of(line)).code for line in lines] == [
        "target.unknown", "target.unknown", "file.erased",
    ]  # fmt: skip
    overdue.force(now=NOW + WEEK + MINUTE, after=WEEK)
    assert [Operation.objects.get(op=op_of(line)).code for line in lines] == [
        "target.absent", "target.absent", "file.erased",
    ]  # fmt: skip


def test_a_stranger_hears_nothing_when_a_file_is_erased_while_her_edit_waits(
    world: World, files: dict[str, UUID]
) -> None:
    writer = stranger()
    before = writer.push(*say_to_each(writer, files, "edit"))
    erase([files["outside"], files["unknown"]], now=NOW)
    assert writer.pull().later == []
    assert told(writer.push()) == {
        messages.write(messages.Receipt(**{**messages.plain(receipt), "op": None, "again": True}))
        for receipt in before
    }


PAPER = b"%PDF-1.4 what a stranger has to show"


class Bringer:
    """A stranger's requests for one of her notes; answers without what differs each time."""

    def __init__(self, writer: Phone, note: bytes) -> None:
        self.op, self.place = str(op_of(note)), ""
        served.people[writer.device] = writer.person
        self.common = {
            "Authorization": f"Token {writer.device}", "tus-resumable": "1.0.0",
            "accept-language": "en",
        }  # fmt: skip

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[Any, ...]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = Client().generic(
            method, path, body, content_type="application/offset+octet-stream",
            headers={**self.common, **named},
        )  # fmt: skip
        said = {name.lower(): value for name, value in answer.headers.items()}
        self.place = said.pop("location", self.place)
        if "upload-metadata" in said:
            said["upload-metadata"] = said["upload-metadata"].split(",")[0]
        return answer.status_code, sorted(said.items()), answer.content

    def create(self, content: bytes) -> tuple[Any, ...]:
        sha256 = hashlib.sha256(content).hexdigest()
        return self.ask(
            "POST", "/api/v1/uploads/", upload_length=str(len(content)),
            upload_metadata=metadata.write(sha256=sha256, op=self.op),
        )  # fmt: skip

    def patch(self, offset: int, body: bytes) -> tuple[Any, ...]:
        return self.ask("PATCH", self.place, body, upload_offset=str(offset))

    def everything(self) -> list[tuple[Any, ...]]:
        """Something undeclared, the file with a wrong half, the file in two parts, the file again."""
        said = [self.create(b"x" + PAPER[1:])]
        said += [self.create(PAPER), self.patch(0, PAPER[:9]), self.patch(9, bytes(len(PAPER) - 9))]
        said += [self.create(PAPER), self.patch(0, PAPER[:9]), self.ask("HEAD", self.place)]
        said += [self.patch(3, b"?"), self.patch(9, PAPER[9:]), self.ask("HEAD", self.place)]
        return [*said, self.create(PAPER), self.ask("HEAD", self.place)]


@pytest.fixture
def tus_server(world: World, settings: Any, tmp_path: Path) -> None:
    settings.ROOT_URLCONF = "tests.sync.served"
    local = {"BACKEND": "sync.uploads.folder.Folder", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "default": local}


def show_to_each(writer: Phone, files: dict[str, UUID]) -> list[bytes]:
    said = {"sha256": hashlib.sha256(PAPER).hexdigest(), "size": len(PAPER)}
    attachments = [{**said, "type": "application/pdf"}]
    return [
        writer.say("note.write", new(), {"text": "see", "attachments": attachments}, file=file)
        for file in files.values()
    ]


def test_a_stranger_hears_nothing_by_bringing_a_photograph(
    tus_server: None, files: dict[str, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bodies, headers and statuses of every answer, for each of the three files (SYNC, Receipts)."""
    monkeypatch.setattr("sync.uploads.api.timezone.now", lambda: NOW)
    writer = stranger()
    notes = show_to_each(writer, files)
    assert len(told(writer.push())) == 1
    asked = {str(one["op"]) for one in queries.missing(writer.device)}
    assert asked == {str(op_of(note)) for note in notes}
    outside, unknown, erased = (Bringer(writer, note).everything() for note in notes)
    assert outside == unknown == erased
    assert [status for status, *_ in erased] == [
        403, 201, 204, 422, 201, 204, 200, 409, 204, 200, 201, 200,
    ]  # fmt: skip


@pytest.mark.parametrize("brought", [True, False])
def test_a_stranger_hears_nothing_when_the_file_of_her_photograph_is_erased(
    tus_server: None, world: World, phone: Phone, monkeypatch: pytest.MonkeyPatch, brought: bool
) -> None:
    monkeypatch.setattr("sync.uploads.api.timezone.now", lambda: NOW)
    there, gone = make_box(phone), make_box(phone)
    phone.push()
    writer = stranger()
    notes = show_to_each(writer, {"there": there, "gone": gone})
    writer.push()
    if brought:
        assert {tuple(map(str, Bringer(writer, note).everything())) for note in notes}
    erase([gone], now=NOW)
    one, other = (Bringer(writer, note).everything() for note in notes)
    assert one == other
    kept = Attachment.objects.exclude(file=there)
    assert [row.file for row in kept] == [writer.device]
    assert list(rebuild.differences()) == []
