"""The reference client brings attachments: after the receipt, resumed, before a file may go (SYNC)."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from sync.client import Attached, New, Phone
from sync.client.cli import patiently
from sync.client.errors import TryLater, Unsealed, Unusable
from sync.client.transport import Http, Raw
from sync.models import Attachment, Operation, Upload
from sync.protocol import sealing
from sync.uploads import declared, pieces, queries

from . import served, toys
from .conftest import World
from .test_client import box
from .test_client_cli import Shell
from .test_uploads import folder, photo  # noqa: F401 - a fixture


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "phone.db")


class Line:
    """Between phone and server: `before` a request and `after` its answer may cut the line."""

    def __init__(self, server: str) -> None:
        self.http = Http(server)
        self.asked: list[tuple[str, int]] = []
        self.before: Callable[[str, bytes], bytes] = lambda method, body: body
        self.after: Callable[[str, Raw], None] = lambda method, answer: None

    def post(self, *given: Any, **more: Any) -> Any:
        return self.http.post(*given, **more)

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Raw:
        self.asked.append((method, len(body)))
        answer = self.http.send(method, path, self.before(method, body), headers)
        self.after(method, answer)
        return answer


def line(phone: Phone, server: str) -> Line:
    made = Line(server)
    phone._transport = made
    return made


def take(phone: Phone, *files: bytes, file: UUID | None = None, **more: Any) -> UUID:
    attach = [Attached(content=one, type="image/jpeg", **more) for one in files]
    (saved,) = phone.append(New(kind="note.write", file=file, data={"text": "seen"}, attach=attach))
    return saved.op


def states(phone: Phone) -> dict[str, int]:
    counted = phone.status()["attachments"]
    return {name: counted[name] for name in ("waiting", "sent", "erased")}


def test_what_was_attached_offline_is_brought_after_the_receipt(
    make_phone: Any, server: str
) -> None:
    phone, content = make_phone(), photo((900, 600))
    op = take(phone, content)
    assert phone.status()["attachments"]["bytes_waiting"] == len(content) + sealing.OVERHEAD
    report = phone.sync()
    assert (report.brought, report.stopped) == (1, None)
    assert states(phone) == {"waiting": 0, "sent": 1, "erased": 0}
    row = Attachment.objects.get(op=op)
    assert queries.content(row, pieces.ORIGINAL)[1] == content


def test_thumbnails_go_first_and_chunks_grow_with_the_line(make_phone: Any, server: str) -> None:
    phone = make_phone()
    wire, arrived = line(phone, server), []
    wire.after = lambda *_: arrived.extend(
        role
        for role in Attachment.objects.filter(status="complete").values_list("role", flat=True)
        if role not in arrived
    )
    original = photo((1500, 1000))
    attach = [
        Attached(content=original, type="image/jpeg", role="original"),
        Attached(content=photo((90, 60)), type="image/jpeg", role="thumbnail"),
    ]
    phone.append(New(kind="note.write", data={"text": "seen"}, attach=attach))
    assert phone.sync().brought == 2
    assert arrived == ["thumbnail", "original"]
    sizes = [size for method, size in wire.asked if method == "PATCH"]
    assert max(sizes) == 256 * 1024
    assert sorted(sizes[1:-1]) == sizes[1:-1]


def test_a_cut_line_is_told_and_the_next_sync_goes_on_where_it_was_cut(
    make_phone: Any, server: str
) -> None:
    phone, content = make_phone(), photo((1500, 1000))
    take(phone, content)
    wire, patches = line(phone, server), 0

    def cut(method: str, answer: Raw) -> None:
        nonlocal patches
        patches += method == "PATCH"
        if patches == 3:
            patches += 1
            raise TryLater("cut")

    wire.after = cut
    report = phone.sync()
    assert ([r["outcome"] for r in report.receipts], report.stopped) == (["applied"], "cut")
    offset = Upload.objects.get().offset
    assert 0 < offset < len(content)
    wire.asked.clear()
    assert phone.sync().brought == 1
    sent = sum(size for method, size in wire.asked if method == "PATCH")
    assert sent == len(content) + sealing.OVERHEAD - offset
    assert Upload.objects.count() == 1


def test_tries_go_on_after_a_cut_and_the_report_is_of_all_of_them(
    make_phone: Any, server: str
) -> None:
    phone = make_phone()
    take(phone, photo((900, 600)))
    wire, cuts = line(phone, server), iter([True, True])

    def cut(method: str, answer: Raw) -> None:
        if method == "PATCH" and next(cuts, False):
            raise TryLater("cut")

    wire.after = cut
    slept: list[float] = []
    report = patiently(phone.sync, tries=4, sleep=slept.append)
    assert (report.sent, report.brought, report.stopped, len(slept)) == (1, 1, None, 2)


def test_a_damaged_chunk_is_sent_again(make_phone: Any, server: str) -> None:
    phone, content = make_phone(), photo((900, 600))
    op = take(phone, content)
    wire, damaged = line(phone, server), iter([True])

    def damage(method: str, body: bytes) -> bytes:
        return b"x" + body[1:] if method == "PATCH" and next(damaged, False) else body

    wire.before = damage
    assert phone.sync().stopped == "upload.checksum"
    assert phone.sync().brought == 1
    assert queries.content(Attachment.objects.get(op=op), pieces.ORIGINAL)[1] == content


def test_an_upload_that_expired_begins_anew(make_phone: Any, server: str) -> None:
    phone = make_phone()
    take(phone, photo((900, 600)))
    wire = line(phone, server)

    def cut(method: str, answer: Raw) -> None:
        if method == "PATCH":
            raise TryLater("cut")

    wire.after = cut
    phone.sync()
    Upload.objects.all().delete()
    wire.after = lambda method, answer: None
    assert phone.sync().brought == 1


def test_a_copy_that_was_damaged_on_the_phone_is_named_and_the_others_are_brought(
    make_phone: Any, server: str
) -> None:
    phone = make_phone()
    op = take(phone, photo((60, 40)), photo((61, 40)))
    phone.store.db.execute(
        "UPDATE attachment SET content = zeroblob(length(content)) WHERE number = 1"
    )
    assert phone.sync().brought == 1
    counted = phone.status()["attachments"]
    assert (counted["waiting"], counted["sent"]) == (1, 1)
    assert [(one["op"], one["problem"]) for one in counted["problems"]] == [
        (str(op), "upload.hash")
    ]


def test_photos_that_wait_keep_their_file_and_leave_with_it_afterwards(
    make_phone: Any, server: str, world: World
) -> None:
    phone = make_phone()
    target = box(phone, colour="red")
    phone.sync()
    world.grant(phone, target)
    phone.sync()
    take(phone, photo((900, 600)), file=target)
    wire = line(phone, server)

    def no_line(method: str, body: bytes) -> bytes:
        raise TryLater("no line")

    wire.before = no_line
    world.withdraw(phone, target)
    report = phone.sync()
    assert (report.left, report.stopped) == (1, "no line")
    assert phone.records(file=target) != []
    assert phone.sync().left == 1  # the server waits for the confirmation
    wire.before = lambda method, body: body
    report = phone.sync()
    assert report.brought == 1
    assert phone.records() == []
    assert phone.sync().left == 0
    ((readable,),) = phone.store.db.execute(
        "SELECT count(content) FROM attachment WHERE NOT sealed"
    )
    assert readable == 0


def test_a_photo_taken_while_the_phone_is_closed_is_brought_and_cannot_be_read_there(
    make_phone: Any, server: str
) -> None:
    phone, content = make_phone(), photo((60, 40))
    phone.set_pin("2468")
    phone.lock()
    op = take(phone, content)
    kept = b"".join(
        bytes(part or b"") for (part,) in phone.store.db.execute("SELECT content FROM attachment")
    )
    assert content[:64] not in kept
    assert phone.sync().brought == 1
    assert queries.content(Attachment.objects.get(op=op), pieces.ORIGINAL)[1] == content


def test_photos_that_wait_survive_a_purge_and_a_wipe(make_phone: Any, server: str) -> None:
    phone = make_phone()
    wire = line(phone, server)

    def no_line(method: str, body: bytes) -> bytes:
        raise TryLater("no line")

    wire.before = no_line
    take(phone, photo((60, 40)))
    phone.sync()
    phone.purge()
    phone.wipe()
    take(phone, photo((61, 40)))
    wire.before = lambda method, body: body
    report = phone.sync()
    assert (report.brought, report.stopped) == (2, None)


def test_what_was_attached_before_a_key_was_known_is_sealed_as_soon_as_one_is(
    make_phone: Any, server: str
) -> None:
    phone = make_phone()
    phone.store.set(config={})
    take(phone, photo((60, 40)))
    assert [row for (row,) in phone.store.db.execute("SELECT sealed FROM attachment")] == [0]
    with pytest.raises(Unsealed):
        phone.purge()
    assert phone.sync().brought == 1
    assert [row for (row,) in phone.store.db.execute("SELECT sealed FROM attachment")] == [1]


def test_an_erased_file_takes_the_copies_on_the_phone_with_it(
    make_phone: Any, server: str, world: World
) -> None:
    phone = make_phone()
    target = box(phone, colour="red")
    take(phone, photo((900, 600)), file=target)
    wire = line(phone, server)

    def cut(method: str, answer: Raw) -> None:
        if method == "PATCH":
            raise TryLater("cut")

    wire.after = cut
    phone.sync()
    world.keys.erased.add(target)
    wire.after = lambda method, answer: None
    take(phone, photo((60, 40)), file=target)
    assert phone.sync().brought == 0
    assert states(phone) == {"waiting": 0, "sent": 0, "erased": 2}


def test_what_a_restored_server_has_lost_is_brought_again(make_phone: Any, server: str) -> None:
    phone, content = make_phone(), photo((60, 40))
    op = take(phone, content)
    assert phone.sync().brought == 1
    # As an older backup has it: declared, and not come.
    Upload.objects.all().delete()
    Attachment.objects.update(status="pending", has_view=False, meta=None)
    assert phone.sync().brought == 1
    assert Attachment.objects.get(op=op).status == "complete"


def test_a_revoked_phone_too_brings_again_what_a_restored_server_has_lost(
    make_phone: Any, server: str
) -> None:
    phone = make_phone()
    op = take(phone, photo((60, 40)))
    phone.sync()
    served.revoked.add(UUID(phone.status()["device"]))
    Upload.objects.all().delete()
    Attachment.objects.update(status="pending", has_view=False, meta=None)
    report = phone.sync()
    assert (report.refused, report.brought, report.entered) == ("device.revoked", 1, 0)
    assert Attachment.objects.get(op=op).status == "complete"


def test_a_copy_is_freed_some_time_after_it_was_brought(make_phone: Any, server: str) -> None:
    phone = make_phone()
    take(phone, photo((60, 40)))
    phone.sync()

    def held() -> int:
        ((count,),) = phone.store.db.execute("SELECT count(content) FROM attachment")
        return int(count)

    for days, kept in ((29, 1), (31, 0)):
        ago = int((dt.datetime.now(dt.UTC) - dt.timedelta(days=days)).timestamp() * 1000)
        phone.store.db.execute("UPDATE attachment SET sent_at = ?", [ago])
        phone.sync()
        assert held() == kept


def test_what_no_server_takes_is_not_saved(make_phone: Any, server: str) -> None:
    phone = make_phone()
    with pytest.raises(Unusable, match="1 to"):
        take(phone, b"")
    with pytest.raises(Unusable, match="at most 50"):
        take(phone, *(bytes([n]) for n in range(51)))
    assert phone.status()["operations"]["unsent"] == 0
    from sync.client import attachments

    assert (attachments.MAX_EACH, attachments.MAX_SIZE) == (declared.MAX_EACH, declared.MAX_SIZE)


def test_a_script_attaches_files_and_sees_what_waits(
    server: str,
    world: World,
    shell: Shell,
    tmp_path: Path,
) -> None:
    shell.enrol(server)
    large, small = tmp_path / "large.jpg", tmp_path / "small.jpg"
    large.write_bytes(photo((900, 600)))
    small.write_bytes(photo((90, 60)))
    shell(
        "record", "--kind", "note.write", "--data", '{"text": "seen"}',
        "--attach", str(large), "--attach", f"thumbnail:{small}",
    )  # fmt: skip
    assert shell("status")["attachments"]["waiting"] == 2
    report = shell("sync")
    assert (report["brought"], report["stopped"]) == (2, None), report
    assert shell("status")["attachments"]["sent"] == 2
    told = {one.role: one for one in Attachment.objects.all()}
    whole = hashlib.sha256(large.read_bytes()).digest()
    assert bytes(told["thumbnail"].made_from or b"") == bytes(told[""].sha256) == whole
    lines = json.dumps({"kind": "note.write", "data": {"text": "more"}, "attach": [str(small)]})
    shell("record", "-", typed=lines)
    assert shell("sync")["brought"] == 1
    assert toys.Note.objects.count() == Operation.objects.count() == 2
    shell("record", "--kind", "note.write", "--attach", "no/such/file", code=1)
