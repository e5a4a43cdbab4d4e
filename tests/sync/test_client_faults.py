"""What a network, a server and a killed process do to a phone: nothing saved is lost, nothing is done twice."""

import datetime as dt
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from sync import api, pull
from sync.client import New, Phone
from sync.client.errors import Refused, TryLater, Unusable
from sync.client.transport import Answer, Http

from . import served, toys
from .conftest import World
from .test_client import box

ROOT = Path(__file__).resolve().parents[2]


class Between:
    """Stands between phone and server; `after` may lose the answer once it is there."""

    def __init__(self, server: str) -> None:
        self.http = Http(server)
        self.bodies: list[bytes] = []
        self.before: Callable[[bytes], None] = lambda body: None
        self.after: Callable[[Answer], None] = lambda answer: None

    def post(self, path: str, body: bytes, **more: Any) -> Answer:
        self.bodies.append(body)
        self.before(body)
        answer = self.http.post(path, body, **more)
        self.after(answer)
        return answer


def between(phone: Phone, server: str) -> Between:
    phone._transport = Between(server)
    return phone._transport


def note(phone: Phone, text: str, file: UUID | None = None) -> UUID:
    (saved,) = phone.append(New(kind="note.write", file=file, data={"text": text}))
    return saved.target


def lose(answer: Answer) -> None:
    raise TryLater("lost after commit")


def test_a_lost_response_is_answered_again_and_nothing_is_stored_twice(
    make_phone: Any, server: str
) -> None:
    phone = make_phone()
    for number in range(3):
        note(phone, f"help {number}")
    wire = between(phone, server)
    wire.after = lose
    with pytest.raises(TryLater):
        phone.sync()
    assert phone.status()["operations"]["unsent"] == 3
    wire.after = lambda answer: None
    report = phone.sync()
    assert (report.again, [r["outcome"] for r in report.receipts]) == (3, ["applied"] * 3)
    assert (toys.Note.objects.count(), toys.Alarm.objects.count()) == (3, 3)


def test_a_kill_between_save_and_sync_loses_nothing(make_phone: Any, world: World) -> None:
    phone = make_phone()
    script = (
        "import os, signal, sys\n"
        "from sync.client import New, Phone\n"
        "class Dead:\n"
        "    def post(self, *_, **__): os.kill(os.getpid(), signal.SIGKILL)\n"
        "phone = Phone(sys.argv[1], connect=lambda server: Dead())\n"
        "for n in range(5): phone.append(New(kind='note.write', data={'text': str(n)}))\n"
        "phone.sync()\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", script, phone.store.path], cwd=ROOT, check=False, env=os.environ
    )
    assert killed.returncode == -signal.SIGKILL
    assert phone.status()["operations"]["unsent"] == 5
    assert phone.sync().sent == 5
    assert toys.Note.objects.count() == 5


def test_more_than_a_push_may_hold_goes_in_several(make_phone: Any, server: str) -> None:
    phone = make_phone()
    phone.append(*(New(kind="note.write", data={"text": str(n)}) for n in range(500)))
    phone.append(*(New(kind="note.write", data={"text": "x" * 400_000}) for _ in range(4)))
    wire = between(phone, server)
    report = phone.sync()
    assert [r["outcome"] for r in report.receipts] == ["applied"] * 504
    assert report.rounds == 3
    assert max(map(len, wire.bodies)) <= 1024 * 1024
    assert max(body.count(b"\n") for body in wire.bodies) == 500


def test_a_smaller_limit_of_the_server_is_found_by_halving(
    make_phone: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = make_phone()
    for number in range(10):
        note(phone, str(number))
    monkeypatch.setattr(api, "MAX_OPERATIONS", 3)
    assert phone.sync().sent == 10
    assert toys.Note.objects.count() == 10


def test_what_alone_is_too_large_for_the_server_does_not_block_the_rest(
    make_phone: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = make_phone()
    note(phone, "small")
    note(phone, "x" * 5000)
    note(phone, "small too")
    monkeypatch.setattr(api, "MAX_BYTES", 3000)
    report = phone.sync()
    assert (report.too_large, report.sent) == ([2], 2)
    assert phone.status()["operations"]["unsent"] == 1


def test_what_no_push_could_carry_is_refused_before_it_is_saved(make_phone: Any) -> None:
    phone = make_phone()
    with pytest.raises(Unusable):
        note(phone, "x" * 1024 * 1024)
    with pytest.raises(Unusable):
        phone.append(*[New(kind="note.write")] * 501)
    assert sum(phone.status()["operations"].values()) == 0


def test_what_belongs_together_travels_together(make_phone: Any, server: str) -> None:
    phone = make_phone()
    for number in range(498):
        note(phone, str(number))
    phone.append(*(New(kind="box.make", data={"set": {}}) for _ in range(4)), together=True)
    wire = between(phone, server)
    report = phone.sync()
    assert [body.count(b"\n") for body in wire.bodies][:2] == [498, 4]
    assert [r["outcome"] for r in report.receipts[-4:]] == ["applied"] * 4


def test_what_a_restored_server_lacks_is_sent_again(make_phone: Any) -> None:
    phone = make_phone()
    kept = [note(phone, "one"), note(phone, "two"), note(phone, "three")]
    phone.sync()
    _restore(phone, lost=[2, 3], have="[[1, 1]]")
    toys.Note.objects.filter(id__in=kept[1:]).delete()
    assert phone.sync().resent == [2, 3]
    _restore(phone, lost=[2], have="[[1, 1], [3, 3]]")
    toys.Note.objects.filter(id=kept[1]).delete()
    assert phone.sync().resent == [2]
    assert toys.Note.objects.count() == 3
    assert phone.status()["operations"]["unsent"] == 0


def _restore(phone: Phone, *, lost: list[int], have: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM sync_operation WHERE device = %s AND seq = ANY(%s)", [phone.device, lost]
        )
        cursor.execute(
            "UPDATE sync_devicelog SET have = %s WHERE device = %s", [have, phone.device]
        )


def test_a_line_the_server_could_not_read_is_not_sent_for_ever(make_phone: Any) -> None:
    phone = make_phone()
    note(phone, "good")
    (op,) = phone.store.db.execute("SELECT op FROM log").fetchone()
    with phone.store.transaction() as db:
        db.execute("UPDATE log SET line = ? WHERE seq = 1", [phone.store.vault.seal(b"{", op)])
    note(phone, "after it")
    report = phone.sync()
    assert [r["outcome"] for r in report.receipts] == ["quarantined", "applied"]
    assert (report.rounds, phone.sync().sent) == (1, 0)


def test_unsent_work_keeps_a_leaving_file_until_it_is_received(
    make_phone: Any, world: World, server: str
) -> None:
    phone = make_phone()
    file = box(phone, colour="red")
    phone.sync()
    world.grant(phone, file)
    phone.sync()
    world.withdraw(phone, file)
    wire = between(phone, server)

    def meanwhile(answer: Answer) -> None:
        wire.after = lambda answer: None
        note(phone, "written while the answer came", file)

    wire.after = meanwhile
    phone.sync()
    assert [note.file for note in toys.Note.objects.all()] == [file]
    assert phone.records() == []
    lines = phone.store.db.execute("SELECT count(line) FROM log").fetchone()
    assert lines == (0,)
    assert "written while" not in Path(phone.store.path).read_bytes().decode("latin-1")


def test_a_damaged_copy_is_noticed_and_just_that_file_comes_again(
    make_phone: Any, world: World
) -> None:
    phone = make_phone()
    files = [box(phone, colour="red") for _ in range(3)]
    phone.sync()
    world.grant(phone, *files)
    phone.sync()
    phone.sync()
    phone.store.db.execute("DELETE FROM record WHERE id = ?", [str(files[1])])
    report = phone.sync()
    assert (report.entered, report.digest_agrees) == (1, True)
    assert len(phone.records()) == 3


def test_pages_bring_everything(
    make_phone: Any, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "FILES_A_PAGE", 3)
    monkeypatch.setattr(pull, "CHANGES_A_PAGE", 4)
    phone, other = make_phone(), make_phone()
    files = [box(phone, colour="red") for _ in range(8)]
    phone.sync()
    world.grant(phone, *files)
    world.grant(other, *files)
    report = other.sync()
    assert (report.entered, report.digest_agrees) == (8, True)
    phone.sync()
    for number in range(20):
        note(phone, str(number), files[number % 8])
    phone.sync()
    report = other.sync()
    assert (report.changed, report.digest_agrees) == (20, True)


def test_a_revoked_phone_is_received_and_told(make_phone: Any) -> None:
    phone = make_phone()
    note(phone, "help")
    served.revoked.add(phone.device)
    report = phone.sync()
    assert (report.refused, report.sent) == ("device.revoked", 1)
    assert toys.Note.objects.count() == 1


def test_a_copied_store_is_a_clone_and_neither_pulls(make_phone: Any, tmp_path: Path) -> None:
    phone = make_phone()
    note(phone, "one")
    phone.sync()
    phone.store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(phone.store.path, tmp_path / "copy.db")
    copy = Phone(tmp_path / "copy.db")
    note(phone, "two")
    note(copy, "another two")
    assert phone.sync().refused is None
    assert copy.sync().refused == phone.sync().refused == "device.cloned"
    assert toys.Note.objects.count() == 3
    copy.close()


def test_two_processes_do_not_sync_one_phone_at_once(make_phone: Any) -> None:
    phone = make_phone()
    with phone.store.syncing(), pytest.raises(TryLater):
        phone.sync()
    assert phone.sync().rounds == 1


@pytest.mark.parametrize(
    ("status", "code", "raised", "sent"),
    [
        (413, "sync.too_large", None, 3),
        (400, "sync.cut", TryLater, 1),
        (400, "sync.unusable", Refused, 1),
    ],
)
def test_only_what_is_too_large_is_sent_in_halves(
    make_phone: Any, server: str, status: int, code: str, raised: Any, sent: int
) -> None:
    phone = make_phone()
    for number in range(8):
        note(phone, str(number))
    wire, bodies = between(phone, server), []

    def choke(body: bytes) -> None:
        bodies.append(body)
        if body.count(b"\n") > 4:
            raise Refused(status, code, "no")

    wire.before = choke
    with pytest.raises(raised) if raised else nullcontext():
        phone.sync()
    assert len(bodies) >= sent if raised is None else len(bodies) == sent
    assert phone.status()["operations"]["unsent"] == (8 if raised else 0)


def test_a_wrong_clock_is_corrected_by_what_the_server_says(make_phone: Any) -> None:
    phone = make_phone(clock=lambda: dt.datetime.now(dt.UTC) - dt.timedelta(days=3650))
    note(phone, "ten years ago")
    phone.sync()
    assert abs(phone.status()["clock_offset"] - 3650 * 86_400_000) < 60_000
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(abs(extract(epoch FROM received) * 1000 - at)) FROM sync_operation"
        )
        assert cursor.fetchone()[0] < 60_000
