"""Unchanged tus clients against the server as deployed, over lines and with servers that die (SYNC)."""

import base64
import contextlib
import hashlib
import http.client
import io
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tusclient.client import TusClient

from sync.models import Attachment, Upload
from sync.protocol import ids
from sync.uploads import pieces, queries
from tests.api.conftest import NOW, HttpPhone
from tests.api.test_sync import register

from .conftest import Granian
from .lines import CuttingProxy

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
CUT = 200 * 1024
PATIENCE = 60.0


def declare(phone: HttpPhone, content: bytes, kind: str = "image/jpeg") -> Attachment:
    file = register(phone)
    said = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "type": kind}
    phone.say("concern.raise", ids.uuid7(NOW), {"kind": "other", "attachments": [said]}, file=file)
    assert phone.sync(*phone.log)["receipts"][-1]["outcome"] == "applied"
    return Attachment.objects.get()


def arrived(attachment: Attachment, content: bytes) -> bool:
    attachment.refresh_from_db()
    whole = (
        queries.content(attachment, pieces.ORIGINAL)[1] if attachment.status != "pending" else b""
    )
    return attachment.status == "complete" and whole == content


class Tus:
    """The requests of the protocol one by one, where a client would not do what the test needs."""

    def __init__(self, server: Granian, phone: HttpPhone) -> None:
        self.host = urlsplit(server.address).netloc
        self.common = {"Authorization": f"Token {phone.token}", "Tus-Resumable": "1.0.0"}
        self.place = ""

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Any:
        line = http.client.HTTPConnection(self.host, timeout=PATIENCE)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            # A server that refuses answers before it has read everything.
            line.request(method, path, body, {**self.common, **named})
        answer = line.getresponse()
        answer.read()
        line.close()
        return answer

    def create(self, content: bytes) -> None:
        made = self.ask("POST", "/api/v1/uploads/", **self._named(content))
        assert made.status == 201
        self.place = made.headers["Location"]

    def finds_no_place(self, content: bytes) -> bool:
        answer = self.ask("POST", "/api/v1/uploads/", **self._named(content))
        assert answer.status == 201 or answer.headers["Retry-After"]
        self.place = answer.headers.get("Location", self.place)
        return bool(answer.status == 503)

    def _named(self, content: bytes) -> dict[str, str]:
        name = base64.b64encode(hashlib.sha256(content).hexdigest().encode()).decode()
        return {"Upload_Length": str(len(content)), "Upload_Metadata": f"sha256 {name}"}

    def patch(self, offset: int, body: bytes, **headers: str) -> int:
        answer = self.ask(
            "PATCH", self.place, body, Upload_Offset=str(offset),
            Content_Type="application/offset+octet-stream", **headers,
        )  # fmt: skip
        status: int = answer.status
        return status

    def offset(self) -> int:
        head = self.ask("HEAD", self.place)
        assert head.status == 200, head.status
        return int(head.headers["Upload-Offset"])

    def begin_patch(self, offset: int, length: int, body: bytes) -> http.client.HTTPConnection:
        """Announces `length` bytes and sends the first of them; the line stays open."""
        line = http.client.HTTPConnection(self.host, timeout=PATIENCE)
        line.putrequest("PATCH", self.place)
        sent = {
            "Upload-Offset": str(offset), "Content-Length": str(length),
            "Content-Type": "application/offset+octet-stream",
        }  # fmt: skip
        for name, value in {**self.common, **sent}.items():
            line.putheader(name, value)
        line.endheaders(body)
        return line

    def patch_in_chunks(self, offset: int, *pieces: bytes, ends: bool = True) -> int:
        """Without a length, as a client that does not know it; without `ends` the line breaks instead."""
        line = http.client.HTTPConnection(self.host, timeout=PATIENCE)
        line.putrequest("PATCH", self.place)
        sent = {
            "Upload-Offset": str(offset), "Transfer-Encoding": "chunked",
            "Content-Type": "application/offset+octet-stream",
        }  # fmt: skip
        for name, value in {**self.common, **sent}.items():
            line.putheader(name, value)
        line.endheaders()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            # As above: a server that has what it wants answers before it has read everything.
            for piece in pieces:
                line.send(b"%x\r\n%s\r\n" % (len(piece), piece))
            if ends:
                line.send(b"0\r\n\r\n")
        if not ends:
            line.close()
            return 0
        answer = line.getresponse()
        answer.read()
        line.close()
        return answer.status


def until(what: Callable[[], bool], said: Callable[[], str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, said()
        time.sleep(0.05)


def tuspy(server: str, phone: HttpPhone, content: bytes, **more: Any) -> None:
    client = TusClient(
        f"{server}/api/v1/uploads/", headers={"Authorization": f"Token {phone.token}"}
    )
    client.uploader(
        file_stream=io.BytesIO(content),
        metadata={"sha256": hashlib.sha256(content).hexdigest()},
        retries=100, retry_delay=0, **more,
    ).upload()  # fmt: skip


def tus_js_says(server: str, phone: HttpPhone, content: bytes, folder: Path) -> dict[str, Any]:
    file = folder / "photo.jpg"
    file.write_bytes(content)
    return {
        "endpoint": f"{server}/api/v1/uploads/", "token": phone.token, "file": str(file),
        "metadata": {"sha256": hashlib.sha256(content).hexdigest(), "filename": "photo.jpg"},
    }  # fmt: skip


def test_tuspy_finishes_a_photo_of_five_mib_over_a_line_that_is_cut_every_200_kib(
    web: Granian, http_phone: HttpPhone, photograph: bytes
) -> None:
    attachment = declare(http_phone, photograph)
    with CuttingProxy(("127.0.0.1", web.port), CUT) as line:
        tuspy(line.address, http_phone, photograph, chunk_size=300 * 1024)
        assert line.cuts >= 20
    assert arrived(attachment, photograph)


@pytest.mark.parametrize("chunk", [None, 256 * 1024, 150 * 1024])
def test_tus_js_client_finishes_a_photo_of_five_mib_over_a_line_that_is_cut_every_200_kib(
    web: Granian, http_phone: HttpPhone, photograph: bytes, tus_js: Any, tmp_path: Path,
    chunk: int | None,
) -> None:  # fmt: skip
    attachment = declare(http_phone, photograph)
    with CuttingProxy(("127.0.0.1", web.port), CUT) as line:
        given = tus_js_says(line.address, http_phone, photograph, tmp_path)
        code, said = tus_js(**given, **({"chunkSize": chunk} if chunk else {}))
        assert code == 0, said
        assert line.cuts >= 20
    assert arrived(attachment, photograph)


def test_tus_js_client_goes_on_after_the_page_was_closed(
    web: Granian, http_phone: HttpPhone, photograph: bytes, tus_js: Any, tmp_path: Path
) -> None:
    attachment = declare(http_phone, photograph)
    given = tus_js_says(web.address, http_phone, photograph, tmp_path)
    given |= {"chunkSize": 256 * 1024, "memory": str(tmp_path / "memory")}
    code, _ = tus_js(**given, stopAfter=2 * 1024 * 1024)
    assert code == 9
    assert Upload.objects.get().offset >= 2 * 1024 * 1024
    code, said = tus_js(**given)
    assert code == 0, said
    assert Upload.objects.count() == 1
    assert arrived(attachment, photograph)


def test_it_goes_on_at_every_class_of_offset(
    web: Granian, http_phone: HttpPhone, photograph: bytes
) -> None:
    """Nothing, one byte, around a piece's edge, in the middle of one, one byte before the end."""
    content = photograph[: 3 * pieces.PIECE + 12_345]
    declare(http_phone, content)
    tus = Tus(web, http_phone)
    tus.create(content)
    edges = [pieces.PIECE, 2 * pieces.PIECE]
    stops = [0, 1, 2, *(edge + side for edge in edges for side in (-1, 0, 1)), len(content) - 1]
    for start, stop in zip([0, *stops], [*stops, len(content)], strict=True):
        assert tus.offset() == start
        assert tus.patch(start + 1, content[start:stop]) == 409
        assert tus.patch(start, content[start:stop]) == 204
    assert tus.offset() == len(content)
    attachment = Attachment.objects.get()
    assert attachment.status == "refused"  # half a photograph; its bytes are those that were sent
    name = pieces.object_name(attachment.id, pieces.ORIGINAL)
    assert hashlib.sha256(_opened(attachment, name)).digest() == bytes(attachment.sha256)


def _opened(attachment: Attachment, name: str) -> bytes:
    from sync.uploads.services import cipher_of

    return pieces.read(name, cipher_of(attachment))


def test_a_wrong_checksum_drops_the_chunk_and_the_right_one_takes_it(
    web: Granian, http_phone: HttpPhone, photograph: bytes
) -> None:
    attachment = declare(http_phone, photograph)
    tus = Tus(web, http_phone)
    tus.create(photograph)
    size = 300 * 1024
    for start in range(0, len(photograph), size):
        chunk = photograph[start : start + size]
        digest = base64.b64encode(hashlib.sha1(chunk).digest()).decode()
        damaged = bytes([chunk[0] ^ 1]) + chunk[1:]
        if start < 3 * size:
            assert tus.patch(start, damaged, Upload_Checksum=f"sha1 {digest}") == 460
            assert tus.offset() == start
        assert tus.patch(start, chunk, Upload_Checksum=f"sha1 {digest}") == 204
    assert tus.patch(0, b"", Upload_Checksum="md5 AAAA") in (400, 409)
    assert arrived(attachment, photograph)


def test_of_two_patches_at_once_one_is_told_so_and_the_bytes_stay_intact(
    web: Granian, http_phone: HttpPhone, photograph: bytes
) -> None:
    content = b"OggS" + photograph[: 4 * pieces.PIECE]
    attachment = declare(http_phone, content, "audio/ogg")
    tus = Tus(web, http_phone)
    tus.create(content)
    statuses: list[int] = []
    barrier = threading.Barrier(2)

    def send() -> None:
        barrier.wait()
        statuses.append(tus.patch(0, content))

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Each may find the other in the way; whoever comes back finds where to go on.
    assert len(statuses) == 2
    assert set(statuses) <= {204, 409, 423}
    assert 409 in statuses or 423 in statuses
    if tus.offset() < len(content):
        assert tus.patch(tus.offset(), content[tus.offset() :]) == 204
    assert arrived(attachment, content)


def test_a_stalled_line_does_not_keep_the_phone_from_going_on_over_another(
    web: Granian, http_phone: HttpPhone, photograph: bytes
) -> None:
    attachment = declare(http_phone, photograph)
    tus = Tus(web, http_phone)
    tus.create(photograph)
    stalled = tus.begin_patch(0, len(photograph), photograph[: pieces.PIECE + 10])
    until(lambda: tus.offset() == pieces.PIECE, web.said)
    assert tus.patch(pieces.PIECE, photograph[pieces.PIECE :]) == 204
    stalled.close()
    assert arrived(attachment, photograph)


def test_a_server_killed_in_the_middle_of_a_request_has_kept_what_came_before(
    web: Granian, http_phone: HttpPhone, photograph: bytes
) -> None:
    attachment = declare(http_phone, photograph)
    tus = Tus(web, http_phone)
    tus.create(photograph)
    line = tus.begin_patch(0, len(photograph), photograph[: 2 * pieces.PIECE + 10])
    until(lambda: Upload.objects.get().offset == 2 * pieces.PIECE, web.said)
    web.kill()
    line.close()
    web.start()
    assert tus.offset() == 2 * pieces.PIECE
    assert tus.patch(tus.offset(), photograph[tus.offset() :]) == 204
    assert arrived(attachment, photograph)


def test_a_server_killed_after_the_last_byte_and_before_it_was_verified_asks_for_the_last_piece_again(
    web: Granian, http_phone: HttpPhone, photograph: bytes
) -> None:
    attachment = declare(http_phone, photograph)
    tus = Tus(web, http_phone)
    tus.create(photograph)
    from django.db import transaction

    with transaction.atomic():
        # Nobody may complete it while this is held: the server stands between last byte and commit.
        Attachment.objects.select_for_update().get(id=attachment.id)
        line = tus.begin_patch(0, len(photograph), photograph)
        until(_somebody_waits, web.said)
        web.kill()
        line.close()
    web.start()
    assert 0 < tus.offset() < len(photograph)
    assert tus.patch(tus.offset(), photograph[tus.offset() :]) == 204
    assert arrived(attachment, photograph)


def _somebody_waits() -> bool:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


def test_the_package_is_locked_without_addresses() -> None:
    lock = json.loads((Path(__file__).parent / "package-lock.json").read_text())
    assert all("resolved" not in package for package in lock["packages"].values())
    assert all("integrity" in package for name, package in lock["packages"].items() if name)


def test_photographs_on_dead_lines_keep_no_operation_waiting(
    web: Granian, http_phone: HttpPhone
) -> None:
    """SYNC, Limits: more lines than the process has threads hang in the middle of an upload."""
    recording = b"OggS" + bytes(CUT)
    declare(http_phone, recording, "audio/ogg")
    phone = Tus(web, http_phone)
    phone.create(recording)
    hanging = [phone.begin_patch(0, len(recording), recording[:1000]) for _ in range(10)]

    def full() -> bool:
        if phone.finds_no_place(recording):
            return True
        # Asking took a place for a moment, and the line that came meanwhile was sent away.
        hanging.append(phone.begin_patch(0, len(recording), recording[:1000]))
        return False

    until(full, web.said)
    said = {"protocol": 1, "device": str(http_phone.device), "wall": NOW.isoformat()}
    pushed = phone.ask("POST", "/api/v1/sync", json.dumps(said).encode())
    assert pushed.status == 200
    for line in hanging:
        line.close()
    until(lambda: not phone.finds_no_place(recording), web.said)


def test_a_chunked_patch_is_read_like_one_whose_length_is_known(
    web: Granian, http_phone: HttpPhone, photograph: bytes
) -> None:
    """In pieces of any size; a line that breaks amid keeps what came, and what is past the end is left."""
    attachment = declare(http_phone, photograph)
    tus = Tus(web, http_phone)
    tus.create(photograph)
    half = pieces.PIECE + 7
    assert tus.patch_in_chunks(0, photograph[:10], photograph[10:half]) == 204
    assert tus.offset() == half
    assert tus.patch_in_chunks(0, b"again") == 409
    tus.patch_in_chunks(half, photograph[half : 3 * half], ends=False)
    until(lambda: tus.offset() > half, web.said)

    def rest() -> bool:
        # What came of the broken line may still be on its way to the disk: then the offset differs.
        there = tus.offset()
        return tus.patch_in_chunks(there, photograph[there:], b"more than was declared") == 204

    until(rest, web.said)
    assert arrived(attachment, photograph)
