"""Attachments by tus 1.0: resumable at any byte, verified over the whole, sealed where they lie (SYNC)."""

import datetime as dt
import hashlib
import io
import os
import threading
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from PIL import Image

from sync import rebuild
from sync.erase import erase
from sync.models import Attachment, AttachmentLoss, Operation, Upload
from sync.protocol import sealing
from sync.uploads import (
    closing,
    contents,
    errors,
    losses,
    metadata,
    pieces,
    queries,
    services,
    upkeep,
)  # fmt: skip

from .conftest import NOW, Phone, World
from .test_push import make_box, new

LATER = NOW + services.LIFETIME + dt.timedelta(seconds=1)


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "sync.uploads.folder.Folder",
            "OPTIONS": {"location": str(tmp_path)},
        },
    }
    return tmp_path


def photo(size: tuple[int, int] = (900, 600), *, place: bool = True) -> bytes:
    """A photograph with noise, so that it does not compress away, and with the camera's notes."""
    image = Image.effect_noise(size, 90).convert("RGB")
    exif = Image.Exif()
    exif[0x0110] = "Camera of the village"
    exif[0x0112] = 6  # lies on its side
    if place:
        exif.get_ifd(0x8825)[1] = "N"
        exif.get_ifd(0x8825)[2] = (26.0, 40.0, 12.5)
    stored = io.BytesIO()
    image.save(stored, "JPEG", exif=exif, quality=90)
    return stored.getvalue()


def declare(phone: Phone, *files: bytes, type: str = "image/jpeg", **more: Any) -> list[Attachment]:
    box = make_box(phone)
    attachments = [
        {"sha256": hashlib.sha256(file).hexdigest(), "size": len(file), "type": type, **more}
        for file in files
    ]
    phone.say("note.write", new(), {"text": "seen", "attachments": attachments}, file=box)
    phone.push()
    return list(Attachment.objects.all())


def named(file: bytes, **more: Any) -> metadata.Named:
    return metadata.Named(hashlib.sha256(file).digest(), **more)


def begin(phone: Phone, file: bytes) -> Upload:
    return services.create(sender=phone.sender, named=named(file), length=len(file), now=NOW)


def send(
    phone: Phone, upload: Upload, file: bytes, *, start: int = 0, stop: int | None = None,
    **more: Any,
) -> Upload:  # fmt: skip
    return services.append(
        sender=phone.sender, upload=upload.id, offset=start, read=io.BytesIO(file[start:stop]).read,
        now=NOW, **more,
    )  # fmt: skip


def content(attachment: Attachment, what: str = pieces.VIEW) -> bytes:
    _, opened = queries.content(attachment, what)
    return opened


def stored_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_record_is_applied_at_once_and_its_photos_are_pending(phone: Phone) -> None:
    one, other = declare(phone, photo(), photo())
    assert {one.status, other.status} == {"pending"}
    assert set(Operation.objects.values_list("outcome", flat=True)) == {"applied"}


@pytest.mark.parametrize(
    "wrong",
    [
        "all",
        [{"sha256": "ab", "size": 1, "type": "image/jpeg"}],
        [{"sha256": "0" * 64, "size": 64 * 1024 * 1024 + 1, "type": "image/jpeg"}],
        [{"sha256": "0" * 64, "size": "1", "type": "image/jpeg"}],
        [{"sha256": "0" * 64, "size": True, "type": "image/jpeg"}],
        [{"sha256": "0" * 64, "size": 1, "type": "image/\x00"}],
        [{"sha256": "0" * 64, "size": 1, "type": "image/jpeg"}] * 51,
    ],
)
def test_a_declaration_that_cannot_be_used_is_told_and_the_record_stands(
    phone: Phone, wrong: Any
) -> None:
    box = make_box(phone)
    phone.say("note.write", new(), {"text": "seen", "attachments": wrong}, file=box)
    receipt = phone.push()[1]
    assert (receipt.outcome, receipt.flags) == ("applied", ["problems"])
    assert receipt.problems[0]["code"] == "attachment.unusable"


def test_only_what_was_declared_by_this_phone_is_taken(world: World, phone: Phone) -> None:
    file = photo()
    declare(phone, file)
    with pytest.raises(errors.NotDeclared):
        begin(phone, photo((10, 10)))
    with pytest.raises(errors.NotDeclared):
        begin(Phone(), file)
    with pytest.raises(errors.LengthDiffers):
        services.create(sender=phone.sender, named=named(file), length=1, now=NOW)


def test_cut_at_any_byte_it_goes_on_from_there(phone: Phone) -> None:
    file = photo((60, 40))
    (attachment,) = declare(phone, file)
    upload = begin(phone, file)
    for cut in range(0, len(file), 97):
        after = send(phone, upload, file, start=cut, stop=cut + 97)
        assert after.offset == min(cut + 97, len(file))
    attachment.refresh_from_db()
    assert attachment.status == "complete"
    assert content(attachment, pieces.ORIGINAL) == file


def test_a_line_cut_inside_a_request_leaves_what_came_before(phone: Phone) -> None:
    file = photo()
    declare(phone, file)
    upload = begin(phone, file)
    stream = io.BytesIO(file)
    blocks = 0

    def read(size: int) -> bytes:
        nonlocal blocks
        blocks += 1
        if blocks > 1:
            raise OSError("connection reset")
        return stream.read(1000)

    row = services.append(sender=phone.sender, upload=upload.id, offset=0, read=read, now=NOW)
    assert row.offset == 1000
    assert services.find(sender=phone.sender, upload=upload.id, now=NOW).offset == 1000


def test_a_wrong_offset_is_told_where_to_go_on(phone: Phone) -> None:
    file = photo()
    declare(phone, file)
    upload = begin(phone, file)
    send(phone, upload, file, stop=100)
    with pytest.raises(errors.OffsetDiffers, match="100"):
        send(phone, upload, file, start=50)


def test_a_damaged_chunk_is_dropped_whole(phone: Phone) -> None:
    file = photo()
    declare(phone, file)
    upload = begin(phone, file)
    checksum = ("sha1", hashlib.sha1(file[:500]).digest())
    with pytest.raises(errors.ChecksumDiffers):
        send(phone, upload, b"x" + file, stop=500, checksum=checksum)
    assert Upload.objects.get(id=upload.id).offset == 0
    assert send(phone, upload, file, stop=500, checksum=checksum).offset == 500


def test_a_file_that_is_not_what_was_declared_is_dropped_and_may_come_again(phone: Phone) -> None:
    file = photo()
    (attachment,) = declare(phone, file)
    upload = begin(phone, file)
    with pytest.raises(errors.HashDiffers):
        send(phone, upload, bytes(len(file)))
    assert not Upload.objects.filter(id=upload.id).exists()
    send(phone, begin(phone, file), file)
    attachment.refresh_from_db()
    assert attachment.status == "complete"


def test_two_writers_of_one_upload_one_is_told_to_wait(phone: Phone) -> None:
    file = photo()
    declare(phone, file)
    upload = begin(phone, file)
    inside, finish = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Upload.objects.select_for_update().get(id=upload.id)
            inside.set()
            finish.wait(10)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    inside.wait(10)
    with pytest.raises(errors.Locked):
        send(phone, upload, file)
    finish.set()
    holder.join()
    assert send(phone, upload, file).offset == len(file)


def test_what_is_shown_has_lost_the_place_and_stands_upright(world: World, phone: Phone) -> None:
    file = photo((900, 600))
    (attachment,) = declare(phone, file)
    send(phone, begin(phone, file), file)
    attachment.refresh_from_db()
    for what, edge in ((pieces.VIEW, 2048), (pieces.THUMBNAIL, 320)):
        with Image.open(io.BytesIO(content(attachment, what))) as shown:
            assert dict(shown.getexif()) == {}
            assert shown.height > shown.width
            assert max(shown.size) <= edge
    assert attachment.meta is not None
    meta = world.keys([attachment.file])[attachment.file].open(attachment.meta).decode()
    assert "Camera of the village" in meta
    assert "GPSLatitude" in meta


def sealed(world: World, file: bytes, device: UUID) -> bytes:
    return sealing.Recipient(world.outbox.public()).seal_attachment(file, device=device)


def test_an_erasure_removes_the_bytes_and_tells_a_phone_that_has_more_to_let_go(
    world: World, phone: Phone, folder: Path
) -> None:
    here, late = photo((60, 40)), photo((61, 40))
    one, other = declare(phone, here, late)
    send(phone, begin(phone, here), here)
    under_way = begin(phone, late)
    send(phone, under_way, late, stop=100)
    erase([one.file], now=NOW)
    assert not Attachment.objects.exists()
    assert stored_in(folder) == []
    with pytest.raises(errors.NoUpload):
        send(phone, under_way, late, start=100)
    with pytest.raises(errors.Erased):
        services.create(
            sender=phone.sender, named=named(late, op=other.op), length=len(late), now=NOW
        )
    with pytest.raises(errors.NotDeclared):
        services.create(
            sender=Phone().sender, named=named(late, op=other.op), length=len(late), now=NOW
        )


def test_what_comes_sealed_to_the_server_is_opened_when_it_is_whole(
    world: World, phone: Phone
) -> None:
    file = photo((60, 40))
    (attachment,) = declare(phone, file)
    entry = sealed(world, file, phone.device)
    upload = services.create(
        sender=phone.sender, named=named(file, sealed=True), length=len(entry), now=NOW
    )
    send(phone, upload, entry, stop=1000)
    send(phone, upload, entry, start=1000)
    attachment.refresh_from_db()
    assert (attachment.status, attachment.size) == ("complete", len(file))
    assert content(attachment, pieces.ORIGINAL) == file


@pytest.mark.parametrize("fault", ["another device's", "another file", "damaged"])
def test_what_does_not_open_or_is_something_else_is_dropped_and_may_come_again(
    world: World, phone: Phone, fault: str
) -> None:
    file = photo((60, 40))
    (attachment,) = declare(phone, file)
    entry = sealed(world, file, phone.device)
    wrong = {
        "another device's": sealed(world, file, new()),
        "another file": sealed(world, bytes(len(file)), phone.device),
        "damaged": entry[:-1] + bytes([entry[-1] ^ 1]),
    }[fault]
    for brought in (wrong, entry):
        upload = services.create(
            sender=phone.sender, named=named(file, sealed=True), length=len(entry), now=NOW
        )
        if brought is wrong:
            with pytest.raises(errors.HashDiffers):
                send(phone, upload, brought)
        else:
            send(phone, upload, brought)
    attachment.refresh_from_db()
    assert attachment.status == "complete"


def test_nothing_readable_lies_in_the_storage(phone: Phone, folder: Path) -> None:
    file = photo()
    declare(phone, file)
    upload = begin(phone, file)
    send(phone, upload, file, stop=5000)
    send(phone, upload, file, start=5000)
    stored = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert len(stored) == 3
    told = (b"\xff\xd8\xff\xe0\x00\x10JFIF", b"Camera of the village", file[-32:])
    assert not any(part in one for one in stored for part in told)
    assert not [path for path in folder.rglob("uploads/*/*") if path.is_file()]


def test_an_erased_file_takes_its_photos_with_it(world: World, phone: Phone) -> None:
    file = photo()
    (attachment,) = declare(phone, file)
    send(phone, begin(phone, file), file)
    attachment.refresh_from_db()
    world.keys.erased.add(attachment.file)
    with pytest.raises(errors.NotHere):
        content(attachment)
    assert queries.meta(attachment) == {}
    with pytest.raises(errors.Erased):
        begin(phone, file)


@pytest.mark.parametrize(
    ("content", "type", "code"),
    [
        (b"MZ\x90\x00 a program" * 10, "image/jpeg", "attachment.kind"),
        (b"<svg onload='x'></svg>", "image/svg+xml", "attachment.kind"),
        (b"%PDF-1.7 a paper", "image/jpeg", "attachment.type"),
        (b"\xff\xd8\xff\xe0 not really", "image/jpeg", "attachment.broken"),
    ],
)
def test_other_contents_are_kept_and_never_served(
    phone: Phone, content: bytes, type: str, code: str
) -> None:
    (attachment,) = declare(phone, content, type=type)
    send(phone, begin(phone, content), content)
    attachment.refresh_from_db()
    assert (attachment.status, attachment.detail) == ("refused", code)
    assert default_storage.exists(pieces.object_name(attachment.id, pieces.ORIGINAL))
    with pytest.raises(errors.NotHere):
        queries.content(attachment)


def test_a_picture_that_would_fill_the_memory_is_refused_unopened() -> None:
    stored = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(stored, "PNG")
    with pytest.raises(contents.Refused, match=r"attachment\.pixels"):
        contents.examine(stored.getvalue(), declared="image/png")


def mp4(*tracks: bytes, brand: bytes = b"mp42") -> bytes:
    """As much of the container as tells a recording from a film."""
    return b"\x00\x00\x00\x18ftyp" + brand + bytes(12) + b"".join(
        b"\x00\x00\x00\x21hdlr" + bytes(8) + track + bytes(13) for track in tracks
    )  # fmt: skip


@pytest.mark.parametrize(
    ("told", "type", "found"),
    [
        (b"%PDF-1.7" + bytes(100), "application/pdf", "application/pdf"),
        (b"OggS" + bytes(100), "audio/ogg", "audio/ogg"),
        (b"#!AMR\n" + bytes(100), "audio/3gpp", "audio/amr"),
        (mp4(b"soun"), "audio/x-m4a", "audio/mp4"),
        (mp4(b"soun", brand=b"3gp4"), "audio/3gpp", "audio/mp4"),
    ],
)
def test_papers_and_recordings_are_taken_by_content_and_not_by_name(
    phone: Phone, told: bytes, type: str, found: str
) -> None:
    (attachment,) = declare(phone, told, type=type)
    send(phone, begin(phone, told), told)
    attachment.refresh_from_db()
    assert attachment.status == "complete"
    assert queries.content(attachment) == (found, told)


@pytest.mark.parametrize(
    "film", [mp4(b"soun", b"vide"), mp4(), mp4(b"soun", brand=b"heic"), b"RIFF....AVI "]
)
def test_films_and_stills_in_a_recordings_container_are_not_served(film: bytes) -> None:
    with pytest.raises(contents.Refused, match=r"attachment\.kind"):
        contents.examine(film, declared="audio/mp4")


def test_what_nobody_goes_on_with_expires_with_its_pieces(phone: Phone, folder: Path) -> None:
    file = photo()
    (attachment,) = declare(phone, file)
    upload = begin(phone, file)
    send(phone, upload, file, stop=100)
    assert upkeep.expire(now=NOW) == 0
    with pytest.raises(errors.NoUpload):
        services.find(sender=phone.sender, upload=upload.id, now=LATER)
    assert upkeep.expire(now=LATER) == 1
    assert stored_in(folder) == []
    attachment.refresh_from_db()
    assert attachment.status == "pending"


def test_what_never_comes_is_closed_as_lost_by_a_person_with_a_reason(
    world: World, phone: Phone
) -> None:
    file = photo()
    (attachment,) = declare(phone, file)
    person: UUID = new()

    def close() -> bool:
        return closing.close_lost(
            attachment=attachment.id, person=person, reason="the phone burnt", now=NOW
        )

    assert close()
    assert not close()
    attachment.refresh_from_db()
    assert (attachment.status, attachment.settled_by) == ("lost", person)
    assert losses.reason(attachment.id) == "the phone burnt"
    step = Operation.objects.get(kind=losses.KIND, outcome="applied")
    assert (step.outcome, step.file, step.person) == ("applied", attachment.file, person)
    assert b"burnt" not in bytes(step.body)
    assert list(rebuild.differences()) == []


@pytest.mark.parametrize("changed", [{"status": "pending"}, {"settled_by": None}, "no record"])
def test_a_rebuild_finds_an_attachment_that_does_not_carry_what_was_decided(
    phone: Phone, changed: Any
) -> None:
    (attachment,) = declare(phone, photo((60, 40)))
    closing.close_lost(attachment=attachment.id, person=new(), reason="?", now=NOW)
    if changed == "no record":
        AttachmentLoss.objects.all().delete()
    else:
        Attachment.objects.update(**changed)
    assert [(one.id, one.column) for one in rebuild.differences()] == [(attachment.id, "status")]


def test_what_was_closed_before_closing_was_an_operation_becomes_one(
    world: World, phone: Phone
) -> None:
    (attachment,) = declare(phone, photo((60, 40)))
    cipher, person = world.keys([attachment.file])[attachment.file], new()
    Attachment.objects.update(
        status="lost", settled_at=NOW, settled_by=person, reason=cipher.seal(b'"it burnt"')
    )
    later = NOW + dt.timedelta(days=9)
    assert [closing.adopt(now=later), closing.adopt(now=later)] == [1, 0]
    attachment.refresh_from_db()
    assert (attachment.status, attachment.settled_at, attachment.settled_by) == (
        "lost", NOW, person,
    )  # fmt: skip
    assert (attachment.reason, losses.reason(attachment.id)) == (None, "it burnt")
    assert list(rebuild.differences()) == []


def test_what_was_closed_as_lost_and_comes_after_all_is_taken(phone: Phone) -> None:
    file = photo()
    (attachment,) = declare(phone, file)
    closing.close_lost(attachment=attachment.id, person=new(), reason="?", now=NOW)
    send(phone, begin(phone, file), file)
    attachment.refresh_from_db()
    assert attachment.status == "complete"
    assert not closing.close_lost(attachment=attachment.id, person=new(), reason="?", now=NOW)


def test_a_second_upload_of_what_has_come_is_whole_at_once(phone: Phone) -> None:
    file = photo()
    declare(phone, file)
    send(phone, begin(phone, file), file)
    assert begin(phone, file).offset == len(file)


def test_the_metadata_names_the_hash_and_may_name_the_operation() -> None:
    op = new()
    header = "filename eA==," + metadata.write(sha256="0" * 64, op=str(op))
    assert metadata.read(header) == metadata.Named(bytes(32), op, sealed=False, header=header)
    assert metadata.read(f"{header},sealed MQ==").sealed


@pytest.mark.parametrize(
    "header",
    [
        "",
        "filename eA==",
        "sha256 !!",
        "sha256 MDA=",
        f"{metadata.write(sha256='0' * 64)},{metadata.write(sha256='0' * 64)}",
        metadata.write(sha256="0" * 64, op="not an id"),
        metadata.write(sha256="0" * 64, sealed="2"),
        metadata.write(sha256="0" * 64, filename="x" * 4096),
    ],
)
def test_metadata_that_is_not_tus_or_names_no_hash_is_refused(header: str) -> None:
    with pytest.raises(errors.HeaderUnusable):
        metadata.read(header)


def test_the_same_bytes_declared_twice_come_for_the_operation_that_is_named(phone: Phone) -> None:
    file = photo((60, 40))
    declare(phone, file)
    first, second = declare(phone, file)

    def bring(op: UUID | None) -> Upload:
        upload = services.create(
            sender=phone.sender, named=named(file, op=op), length=len(file), now=NOW,
        )  # fmt: skip
        return send(phone, upload, file)

    bring(second.op)
    assert statuses() == {first.id: "pending", second.id: "complete"}
    bring(None)
    assert statuses() == {first.id: "complete", second.id: "complete"}


def statuses() -> dict[UUID, str]:
    return dict(Attachment.objects.values_list("id", "status"))


def test_a_block_is_kept_before_the_next_is_read_so_that_a_killed_server_loses_none(
    phone: Phone,
) -> None:
    file = photo((1000, 800))
    assert len(file) > 2 * pieces.PIECE
    declare(phone, file)
    upload = begin(phone, file)
    stream = io.BytesIO(file)
    seen: list[int] = []

    def read(size: int) -> bytes:
        seen.append(Upload.objects.get(id=upload.id).offset)
        return stream.read(size)

    services.append(sender=phone.sender, upload=upload.id, offset=0, read=read, now=NOW)
    assert seen[:3] == [0, pieces.PIECE, 2 * pieces.PIECE]


def test_small_chunks_do_not_become_as_many_objects(phone: Phone, folder: Path) -> None:
    file = photo((800, 600))
    declare(phone, file)
    upload = begin(phone, file)
    for start in range(0, len(file) - 1, 16 * 1024):
        send(phone, upload, file, start=start, stop=min(start + 16 * 1024, len(file) - 1))
    assert len(stored_in(folder)) == -(-len(file) // pieces.PIECE)
    assert send(phone, upload, file, start=len(file) - 1).offset == len(file)


def test_what_a_crash_left_behind_the_offset_is_cut_off(world: World, phone: Phone) -> None:
    file = photo((60, 40))
    (attachment,) = declare(phone, file)
    upload = begin(phone, file)
    send(phone, upload, file, stop=100)
    cipher = world.keys([attachment.file])[attachment.file]
    # The server wrote the next bytes, other ones, and was killed before it committed.
    pieces.write(pieces.piece_name(upload.id, 0), file[:100] + b"x" * 50, cipher)
    assert send(phone, upload, file, start=100).offset == len(file)
    attachment.refresh_from_db()
    assert attachment.status == "complete"


def test_an_upload_whose_pieces_are_damaged_is_dropped_and_may_come_again(
    phone: Phone, folder: Path
) -> None:
    file = photo((60, 40))
    (attachment,) = declare(phone, file)
    upload = begin(phone, file)
    send(phone, upload, file, stop=100)
    (piece,) = stored_in(folder)
    piece.write_bytes(piece.read_bytes()[:-1] + b"x")
    with pytest.raises(errors.HashDiffers):
        send(phone, upload, file, start=100, stop=200)
    assert stored_in(folder) == []
    send(phone, begin(phone, file), file)
    attachment.refresh_from_db()
    assert attachment.status == "complete"


def test_a_crash_before_the_whole_is_verified_leaves_the_last_bytes_to_be_sent_again(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upload that says it is whole is whole: else the phone would think that all is well."""
    file = photo((60, 40))
    (attachment,) = declare(phone, file)
    upload = begin(phone, file)
    send(phone, upload, file, stop=100)

    with monkeypatch.context() as patch:
        patch.setattr(contents, "examine", raising(SystemExit()))
        with pytest.raises(SystemExit):
            send(phone, upload, file, start=100)
    assert services.find(sender=phone.sender, upload=upload.id, now=NOW).offset == 100
    send(phone, upload, file, start=100)
    attachment.refresh_from_db()
    assert attachment.status == "complete"


def test_an_object_is_whole_or_not_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    default_storage.save("a/b", ContentFile(b"before"))
    monkeypatch.setattr("os.replace", raising(OSError("killed")))
    with pytest.raises(OSError, match="killed"):
        default_storage.save("a/b", ContentFile(b"after"))
    with default_storage.open("a/b") as stored:
        assert stored.read() == b"before"
    assert len(stored_in(folder)) == 1


def raising(error: BaseException) -> Any:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


def test_pieces_without_an_upload_and_abandoned_drafts_are_swept_and_no_others(
    phone: Phone, folder: Path
) -> None:
    file = photo((60, 40))
    declare(phone, file)
    upload = begin(phone, file)
    send(phone, upload, file, stop=100)
    orphan = pieces.piece_name(new(), 0)
    default_storage.save(orphan, ContentFile(b"of a process that was killed"))
    old, fresh = folder / ".drafts" / "old", folder / ".drafts" / "fresh"
    for draft in (old, fresh):
        draft.write_bytes(b"half")
    os.utime(old, (0, 0))
    assert upkeep.sweep() == 1
    assert {path.name for path in stored_in(folder)} == {"0", "fresh"}
    assert default_storage.exists(pieces.piece_name(upload.id, 0))


def test_a_phone_that_begins_anew_again_and_again_does_not_fill_the_storage(
    phone: Phone, folder: Path
) -> None:
    file = photo((60, 40))
    declare(phone, file)
    for _ in range(services.UNDER_WAY + 3):
        send(phone, begin(phone, file), file, stop=10)
    assert Upload.objects.count() == len(stored_in(folder)) == services.UNDER_WAY


def test_photos_of_an_operation_that_is_kept_and_not_applied_are_taken_too(phone: Phone) -> None:
    file = photo((60, 40))
    (first,) = declare(phone, file)
    note = Operation.objects.get(op=first.op).target
    other = photo((61, 40))
    declared = {
        "sha256": hashlib.sha256(other).hexdigest(), "size": len(other), "type": "image/jpeg"
    }  # fmt: skip
    phone.say("note.write", note, {"text": "again", "attachments": [declared]}, file=first.file)
    assert phone.push()[-1].code == "target.taken"
    send(phone, begin(phone, other), other)
    assert sorted(statuses().values()) == ["complete", "pending"]
    assert list(rebuild.differences()) == []


def test_a_rebuild_names_attachments_that_are_not_what_was_declared_or_not_there(
    phone: Phone, folder: Path
) -> None:
    file, other = photo((60, 40)), photo((61, 40))
    declare(phone, file, other)
    send(phone, begin(phone, file), file)
    assert list(rebuild.differences()) == []
    complete = Attachment.objects.get(status="complete")
    default_storage.delete(pieces.object_name(complete.id, pieces.THUMBNAIL))
    Attachment.objects.filter(id=complete.id).update(role="x")
    Attachment.objects.filter(status="pending").delete()
    found = [(d.type, d.column) for d in rebuild.differences()]
    assert sorted(found) == [
        ("attachment", "object"),
        ("attachment", "role"),
        ("attachment", "row"),
    ]


def test_copies_of_one_photograph_count_once_and_the_largest_that_came_is_shown(
    phone: Phone,
) -> None:
    original, small, other = photo((90, 60)), photo((45, 30)), photo((91, 60))
    box = make_box(phone)
    whole = hashlib.sha256(original).hexdigest()
    declared = [
        {"sha256": hashlib.sha256(one).hexdigest(), "size": len(one), "type": "image/jpeg", **more}
        for one, more in (
            (original, {"role": "original"}),
            (small, {"role": "thumbnail", "of": whole}),
            (other, {}),
        )
    ]
    phone.say("note.write", new(), {"text": "seen", "attachments": declared}, file=box)
    phone.push()
    send(phone, begin(phone, small), small)
    (cards,) = queries.of_operations([Attachment.objects.all()[0].op]).values()
    assert queries.count(cards) == queries.Count(total=2, pending=2, lost=0)
    assert queries.best(cards)[whole].role == "thumbnail"
    send(phone, begin(phone, original), original)
    (cards,) = queries.of_operations([Attachment.objects.all()[0].op]).values()
    assert queries.count(cards) == queries.Count(total=2, pending=1, lost=0)
    assert queries.best(cards)[whole].role == "original"
