"""A server restored from an old backup loses nothing that a phone still has (SYNC, "After a restored backup")."""

import datetime as dt
import shutil
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sync import cursor as tokens
from sync import erase, inbox, oplog, ports, push, rebuild, recovered, recovery
from sync.client import New, Phone
from sync.client.errors import Refused, TryLater
from sync.client.transport import Answer, Http
from sync.models import Operation, Recovered, Shard, UnreadableLine
from sync.protocol import ids, messages

from . import served, toys
from .conftest import NOW, SHARD, World
from .conftest import Phone as Handset
from .restored import Backup
from .test_client import box

Made = Any


def write(phone: Phone, file: UUID, text: str) -> UUID:
    (saved,) = phone.append(New(kind="note.write", file=file, data={"text": text}))
    return saved.target


def shared(world: World, *phones: Phone) -> UUID:
    """A box on all phones."""
    target = box(phones[0], colour="red")
    phones[0].sync()
    for phone in phones:
        world.grant(phone, target)
        phone.sync()
    return target


def contents(row: Recovered) -> Any:
    return oplog.contents([row.op])[row.op]["record"]


@pytest.fixture
def two(make_phone: Made, world: World) -> tuple[Phone, Phone, UUID]:
    one, other = make_phone(), make_phone()
    return one, other, shared(world, one, other)


def test_what_a_phone_sent_since_the_backup_is_sent_again(
    two: tuple[Phone, Phone, UUID], tmp_path: Path
) -> None:
    one, _, file = two
    backup = Backup(tmp_path / "b")
    notes = {write(one, file, f"seen {number}") for number in range(3)}
    one.edit(file, set={"colour": "blue"})
    one.sync()
    backup.restore(now=NOW)
    assert not toys.Note.objects.exists()
    report = one.sync()
    assert len(report.resent) == 4
    assert set(toys.Note.objects.values_list("id", flat=True)) == notes
    assert toys.Box.objects.get(id=file).colour == "blue"
    assert report.digest_agrees is True
    assert not Recovered.objects.exists()
    assert list(rebuild.differences()) == []


def test_what_a_phone_sent_is_sent_again_where_a_copy_of_it_has_taken_the_place(
    two: tuple[Phone, Phone, UUID], tmp_path: Path
) -> None:
    """The server then has a line at that place, and not this one."""
    one, _, file = two
    one.store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(one.store.path, tmp_path / "copy.db")
    copy = Phone(tmp_path / "copy.db", language="en")
    backup = Backup(tmp_path / "b")
    mine = write(one, file, "he was alone")
    one.sync()
    backup.restore(now=NOW)
    theirs = write(copy, file, "his uncle is there")
    copy.sync()
    assert len(one.sync().resent) > 0
    copy.close()
    assert set(toys.Note.objects.values_list("id", flat=True)) == {mine, theirs}
    assert list(rebuild.differences()) == []


@pytest.mark.parametrize("lines", [1, 2])
def test_it_is_sent_again_too_where_the_restored_server_knows_of_no_copy_and_nobody_of_a_restore(
    two: tuple[Phone, Phone, UUID], tmp_path: Path, lines: int
) -> None:
    """A phone that was put back was refused as one of two, so that it has no cursor; the backup is of before."""
    one, _, file = two
    before = tmp_path / "before.db"
    one.close()
    shutil.copy(one.store.path, before)
    gone = Phone(one.store.path, language="en")
    write(gone, file, "on the phone that is gone")
    gone.sync()
    gone.close()
    backup = Backup(tmp_path / "b")
    put_back = Phone(before, language="en")
    with put_back.store.transaction():
        put_back.store.set(cursor=None)
    seen = [write(put_back, file, f"seen {number}") for number in range(lines)]
    assert put_back.sync().refused == "device.cloned"
    backup.restore(now=NOW, noticed=False)

    report = put_back.sync()
    assert report.refused == "device.cloned"
    assert {row.target for row in Operation.objects.all()} >= set(seen)
    assert not put_back.sync().resent, "once is enough"
    put_back.close()


def test_a_copy_is_noticed_by_what_it_takes_for_received_and_told_once_what_the_server_has(
    phone: Handset,
) -> None:
    line = phone.say("note.write", ids.uuid7(NOW), {"text": "mine"})
    sent, now = [line], NOW

    def pushed(last: tuple[int, str] | None) -> inbox.Stored:
        return push.push(sent, sender=phone.sender, wall=now, now=now, last=last)[1]

    own, other = (messages.line_hash(raw).hex() for raw in (line, b"another"))
    assert not pushed((1, own)).cloned, "not there before this push"
    for known in (None, (1, own), (2, other)):
        assert not pushed(known).cloned
    first, later = pushed((1, other)), pushed((1, own))
    assert pushed((1, "no hash\0\ud800")).parted, "whatever text it is, the push is taken"
    assert (first.cloned, first.parted) == (True, True)
    assert (later.cloned, later.parted) == (True, False)


def test_what_only_another_phone_holds_is_kept_as_evidence(
    two: tuple[Phone, Phone, UUID], tmp_path: Path
) -> None:
    """The phone that wrote it is lost."""
    one, lost, file = two
    backup = Backup(tmp_path / "b")
    note = write(lost, file, "he was alone")
    lost.edit(file, set={"colour": "blue"})
    lost.sync()
    one.sync()
    backup.restore(now=NOW)
    report = one.sync()
    assert (report.offered, report.recovered, report.digest_agrees) == (2, 2, True)
    by_record = {row.record: row for row in Recovered.objects.all()}
    assert contents(by_record[note]) == {"text": "he was alone"}
    assert contents(by_record[file])["registers"]["colour"]["live"]
    # Evidence and nothing more: nobody's word changes a record of somebody else's.
    assert not toys.Note.objects.exists()
    assert toys.Box.objects.get(id=file).colour == "red"
    assert one.record(file).values["colour"] == "red"
    assert list(rebuild.differences()) == []
    assert one.sync().offered == 0


def test_what_comes_from_its_author_after_all_takes_the_evidences_place(
    two: tuple[Phone, Phone, UUID], tmp_path: Path
) -> None:
    one, late, file = two
    backup = Backup(tmp_path / "b")
    write(late, file, "he was alone")
    late.edit(file, set={"colour": "blue"})
    late.sync()
    one.sync()
    backup.restore(now=NOW)
    one.sync()
    assert recovered.settled_by_arrival(now=NOW) == 0
    late.sync()
    assert recovered.settled_by_arrival(now=NOW) == 2
    assert toys.Note.objects.count() == 1
    assert toys.Box.objects.get(id=file).colour == "blue"
    assert one.sync().digest_agrees is True
    assert one.record(file).values["colour"] == "blue"


def test_two_phones_that_hold_the_same_leave_it_once(
    make_phone: Made, world: World, tmp_path: Path
) -> None:
    one, other, lost = make_phone(), make_phone(), make_phone()
    file = shared(world, one, other, lost)
    backup = Backup(tmp_path / "b")
    write(lost, file, "he was alone")
    lost.sync()
    for phone in (one, other):
        phone.sync()
    backup.restore(now=NOW)
    assert one.sync().recovered == 1
    assert other.sync().recovered == 0
    assert Recovered.objects.count() == 1


def test_a_file_that_was_opened_since_and_that_nobody_sends_again_gets_a_stub(
    make_phone: Made, world: World, tmp_path: Path
) -> None:
    one, lost = make_phone(), make_phone()
    shared(world, one)
    backup = Backup(tmp_path / "b")
    file = shared(world, lost, one)
    note = write(lost, file, "he was alone")
    lost.sync()
    one.sync()
    backup.restore(now=NOW)
    del world.scope[one.device][file]
    report = one.sync()
    assert {row.record for row in Recovered.objects.all()} == {file, note}
    assert {row.shard for row in Recovered.objects.all()} == {SHARD}
    # It is nobody's to hold now; it left the phone only after it was offered.
    assert one.records(file=file) == []
    assert report.recovered == 2


def test_nothing_is_purged_before_it_was_offered(
    two: tuple[Phone, Phone, UUID], world: World, tmp_path: Path, monkeypatch: Any
) -> None:
    one, lost, file = two
    backup = Backup(tmp_path / "b")
    note = write(lost, file, "he was alone")
    lost.sync()
    one.sync()
    with one.store.transaction():
        one.store.db.execute("INSERT INTO exit (file, generation) VALUES (?, 1)", [str(file)])
    backup.restore(now=NOW)
    monkeypatch.setattr(recovered, "keep", refuse)
    with pytest.raises(TryLater):
        one.sync()
    assert one.records(file=file)
    monkeypatch.undo()
    one.sync()
    assert Recovered.objects.filter(record=note).exists()


def refuse(*_: Any, **__: Any) -> Any:
    raise RuntimeError("no answer")


class Cut:
    """Every other call is answered and the answer lost."""

    def __init__(self, server: str) -> None:
        self.line, self.calls = Http(server), 0

    def post(self, path: str, body: bytes, **more: Any) -> Answer:
        answer = self.line.post(path, body, **more)
        self.calls += 1
        if self.calls % 2 == 0:
            raise TryLater("cut")
        return answer


def test_an_offer_goes_on_where_the_line_was_cut(
    make_phone: Made, world: World, tmp_path: Path, monkeypatch: Any
) -> None:
    lost, one = make_phone(), make_phone(connect=Cut)
    monkeypatch.setattr("sync.client.offer.OFFERS", 3)
    monkeypatch.setattr("sync.client.offer.SIZE", 60)
    file = box(lost, colour="red")
    lost.sync()
    world.grant(lost, file)
    world.grant(one, file)
    patiently(one)
    backup = Backup(tmp_path / "b")
    for number in range(10):
        write(lost, file, f"note {number}")
    lost.sync()
    patiently(one)
    backup.restore(now=NOW)
    patiently(one)
    assert Recovered.objects.count() == 10
    assert one.store.get("offered") is None
    assert one.store.db.execute("SELECT count(*) FROM wanted").fetchone() == (0,)


def patiently(phone: Phone) -> None:
    for _ in range(60):
        try:
            if phone.sync().digest_agrees:
                return
        except TryLater:
            continue
    raise AssertionError("it never became quiet")


def test_what_was_erased_is_not_wanted_and_leaves_the_phone(
    two: tuple[Phone, Phone, UUID], world: World, tmp_path: Path
) -> None:
    one, lost, file = two
    backup = Backup(tmp_path / "b")
    write(lost, file, "he was alone")
    lost.sync()
    one.sync()
    backup.restore(now=NOW)
    # As the ledger has it carried out before anything is served.
    erase.erase([file], now=NOW)
    report = one.sync()
    assert (report.offered, report.recovered) == (2, 0)
    assert one.records(file=file) == []
    assert not Recovered.objects.exists()
    assert recovered.keep([{"type": "note", "id": str(ids.uuid7(NOW)), "file": str(file), "rev": 9}],
                          sender=sender(one), now=NOW)  # fmt: skip
    assert not Recovered.objects.exists()


def sender(phone: Phone) -> ports.Sender:
    return ports.Sender(phone.device, frozenset(phone.people), SHARD, False, "scope")


def test_a_revoked_phone_gives_what_it_holds_and_gets_nothing(
    two: tuple[Phone, Phone, UUID], tmp_path: Path
) -> None:
    one, lost, file = two
    backup = Backup(tmp_path / "b")
    note = write(lost, file, "he was alone")
    lost.sync()
    one.sync()
    backup.restore(now=NOW)
    served.revoked.add(one.device)
    report = one.sync()
    assert (report.refused, report.entered) == ("device.revoked", 0)
    assert Recovered.objects.get().record == note


def test_what_followed_from_an_operation_follows_once(
    two: tuple[Phone, Phone, UUID], tmp_path: Path
) -> None:
    one, _, file = two
    backup = Backup(tmp_path / "b")
    write(one, file, "help")
    one.sync()
    opened = toys.Alarm.objects.get().id
    backup.restore(now=NOW)
    assert not toys.Alarm.objects.exists()
    for _ in range(2):
        one.sync()
    assert toys.Alarm.objects.get().id == opened
    # Restored to after it, it is there already.
    Backup(tmp_path / "later").restore(now=NOW)
    one.sync()
    assert toys.Alarm.objects.get().id == opened


def test_a_restore_that_nobody_noticed_is_noticed_by_the_first_phone_that_is_ahead(
    two: tuple[Phone, Phone, UUID], tmp_path: Path
) -> None:
    one, lost, file = two
    backup = Backup(tmp_path / "b")
    before = recovery.incarnation()
    note = write(lost, file, "he was alone")
    lost.edit(file, set={"colour": "blue"})
    lost.sync()
    one.sync()
    backup.restore(now=NOW, noticed=False)
    assert recovery.incarnation() == before
    report = one.sync()
    assert recovery.incarnation() != before
    assert {row.record for row in Recovered.objects.all()} == {note, file}
    assert report.digest_agrees is True
    now = recovery.incarnation()
    one.sync()
    assert recovery.incarnation() == now
    # Another worker that notices the same a moment later changes nothing.
    assert recovery.begin(now=NOW, reason="late", instead_of=before) == now


def test_no_number_is_given_twice(two: tuple[Phone, Phone, UUID], tmp_path: Path) -> None:
    one, _, file = two
    backup = Backup(tmp_path / "b")
    write(one, file, "seen")
    one.sync()
    cursor = tokens.opened(one.store.get("cursor"))
    assert cursor
    backup.restore(now=NOW)
    one.sync()
    after = tokens.opened(one.store.get("cursor"))
    assert after
    assert after.shards[SHARD] > recovery.JUMP > cursor.shards[SHARD]
    assert after.generation > recovery.JUMP > cursor.generation
    assert toys.Note.objects.get().feed > cursor.shards[SHARD]
    # JavaScript still counts exactly after two million restores.
    assert recovery.JUMP * 2_000_000 < 2**53


def test_a_phone_that_was_enrolled_since_is_enrolled_again_with_its_log(
    make_phone: Made, world: World, server: str, tmp_path: Path
) -> None:
    backup = Backup(tmp_path / "b")
    phone = make_phone()
    file = box(phone, colour="red")
    world.grant(phone, file)
    write(phone, file, "seen")
    phone.sync()
    backup.restore(now=NOW)
    people = served.people.pop(phone.device)
    with pytest.raises(Refused) as refusal:
        phone.sync()
    assert refusal.value.status == 401
    device = phone.device
    phone.enrol(server, str(people), again=True)
    assert phone.device == device
    phone.sync()
    assert toys.Note.objects.count() == toys.Box.objects.count() == 1
    assert Operation.objects.filter(device=device).count() == 2


def test_an_offer_that_is_no_record_harms_only_itself(world: World, phone: Any) -> None:
    file, note = ids.uuid7(NOW), ids.uuid7(NOW)
    good = ["note", str(note), str(file), 7]
    for bad in (None, "x", [], ["note", "x", "y", 1], ["note", str(note), str(file), -1], [1] * 5):
        assert recovered.wanted([bad, good, bad], sender=phone.sender) == [str(note)]
    record = {"type": "note", "id": str(note), "file": str(file), "rev": 7, "text": "seen"}
    broken: list[Any] = [None, 7, {"type": "note"}, {**record, "id": "x"}]
    kept = recovered.keep([*broken, record], sender=phone.sender, now=NOW)
    assert kept == [str(note)]
    assert contents(Recovered.objects.get()) == {"text": "seen"}
    assert UnreadableLine.objects.count() == len(broken)


def test_a_type_that_this_server_does_not_know_is_evidence_too(world: World, phone: Any) -> None:
    id_, file = str(ids.uuid7(NOW)), str(ids.uuid7(NOW))
    world.grant(phone, UUID(file))
    assert recovered.wanted([["photo", id_, file, 3]], sender=phone.sender) == [id_]
    record = {"type": "photo", "id": id_, "file": file, "rev": 3, "registers": {"a": 1, "b": {}}}
    assert recovered.keep([record], sender=phone.sender, now=NOW) == [id_]
    assert recovered.wanted([["photo", id_, file, 3]], sender=phone.sender) == []


@pytest.mark.parametrize("count", [1, 50, 500])
def test_the_statements_of_an_offer_do_not_grow_with_it(
    world: World, phone: Any, count: int
) -> None:
    phone.push(phone.say("box.make", ids.uuid7(NOW), {"set": {}}))
    file = ids.uuid7(NOW)
    records = [
        {"type": "note", "id": str(ids.uuid7(NOW)), "file": str(file), "rev": n, "text": "seen"}
        for n in range(count)
    ]
    with CaptureQueriesContext(
        connection,
    ) as asked:
        wanted = recovered.wanted(
            [[r["type"], r["id"], r["file"], r["rev"]] for r in records], sender=phone.sender
        )
    assert len(wanted) == count
    assert len(asked) <= 5
    with CaptureQueriesContext(connection) as keeping:
        recovered.keep(records, sender=phone.sender, now=NOW)
    assert Recovered.objects.count() == count
    assert len(keeping) <= 25


def test_a_jump_leaves_a_gap_for_each_restore(world: World, phone: Any) -> None:
    phone.push(phone.say("box.make", ids.uuid7(NOW), {"set": {}}))
    value = Shard.objects.get(code=SHARD).value
    recovery.begin(now=NOW, reason="first")
    recovery.begin(now=NOW + dt.timedelta(days=1), reason="second")
    shard = Shard.objects.get(code=SHARD)
    jump = recovery.JUMP
    assert shard.gaps == [[value + 1, value + jump], [value + jump + 1, value + 2 * jump]]
    assert shard.value == value + 2 * jump
