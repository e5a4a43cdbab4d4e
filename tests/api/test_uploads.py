"""The endpoint keeps to tus 1.0, and what comes lies in an S3 server where one is named (SYNC).

Clients over bad lines against the server as deployed: tests/tus.
"""

import hashlib
import io
import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import boto3
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from moto.server import ThreadedMotoServer
from tusclient.client import TusClient

from backend.common import encrypted
from backend.config.settings import s3
from sync.models import Attachment
from sync.ports import Sender
from sync.protocol import ids
from sync.uploads import metadata, pieces, queries, services, upkeep

from .conftest import NOW, HttpPhone
from .test_sync import register

FIVE_MIB = 5 * 1024 * 1024
# A recording, so that five MiB need no picture of fifty million points.
NAMED = {"tus-resumable": "1.0.0", "upload-metadata": metadata.write(sha256="0" * 64)}
RECORDING = b"OggS" + os.urandom(FIVE_MIB - 4)


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    local = {**settings.LOCAL_FILES, "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "default": local}
    return tmp_path


@pytest.fixture
def bucket(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An S3 server of its own."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    # What another server of this process was given is still there.
    urllib.request.urlopen(urllib.request.Request(f"{address}/moto-api/reset", method="POST"))
    boto3.client("s3", endpoint_url=address).create_bucket(Bucket="photos")
    settings.STORAGES = {**settings.STORAGES, "default": s3("photos", address)}
    yield address
    server.stop()


def declare(phone: HttpPhone, content: bytes, type: str) -> Attachment:
    child = register(phone)
    attachment = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "type": type,
    }
    data = {"kind": "other", "attachments": [attachment]}
    phone.say("concern.raise", ids.uuid7(NOW), data, file=child)
    receipts = phone.sync(*phone.log)["receipts"]
    assert receipts[-1]["outcome"] == "applied"
    return Attachment.objects.get()


def tus(phone: HttpPhone, address: str, content: bytes, **more: Any) -> None:
    """Uploads with tuspy as it comes from PyPI."""
    client = TusClient(
        f"{address}/api/v1/uploads/", headers={"Authorization": f"Token {phone.token}"}
    )
    uploader = client.uploader(
        file_stream=io.BytesIO(content),
        metadata={"sha256": hashlib.sha256(content).hexdigest()},
        retries=60, retry_delay=0, **more,
    )  # fmt: skip
    uploader.upload()


def test_tuspy_brings_it_to_an_s3_server(
    http_phone: HttpPhone, bucket: str, live_server: Any
) -> None:
    content = RECORDING[: 700 * 1024]
    attachment = declare(http_phone, content, "audio/ogg")
    tus(http_phone, live_server.url, content, chunk_size=256 * 1024, upload_checksum=True)
    attachment.refresh_from_db()
    assert queries.content(attachment) == ("audio/ogg", content)
    assert _keys(bucket) == [pieces.object_name(attachment.id, pieces.ORIGINAL)]


def test_what_is_large_goes_to_an_s3_server_in_parts(bucket: str) -> None:
    cipher = encrypted.Cipher(bytes(32))
    content = os.urandom(20 * 1024 * 1024)
    pieces.write("attachments/large", content, cipher)
    assert pieces.read("attachments/large", cipher) == content
    s3_client = boto3.client("s3", endpoint_url=bucket)
    told = s3_client.head_object(Bucket="photos", Key="attachments/large")
    assert told["ETag"].strip('"').endswith("-3")


def test_an_s3_server_keeps_pieces_until_they_expire_and_orphans_are_swept(
    http_phone: HttpPhone, bucket: str
) -> None:
    content = RECORDING[: 300 * 1024]
    attachment = declare(http_phone, content, "audio/ogg")
    upload = services.create(
        sender=sender_of(http_phone),
        named=metadata.Named(bytes(attachment.sha256)),
        length=len(content),
        now=NOW,
    )
    for start in (0, 1000):
        services.append(
            sender=sender_of(http_phone), upload=upload.id, offset=start,
            read=io.BytesIO(content[start : start + 1000]).read, now=NOW,
        )  # fmt: skip
    orphan = pieces.piece_name(ids.uuid7(NOW), 0)
    default_storage.save(orphan, ContentFile(b"x"))
    with pytest.raises(pieces.Damaged):
        pieces.read(pieces.piece_name(upload.id, 7), encrypted.Cipher(bytes(32)))
    assert upkeep.sweep() == 1
    assert _keys(bucket) == [pieces.piece_name(upload.id, 0)]
    assert upkeep.expire(now=NOW + services.LIFETIME) == 1
    assert _keys(bucket) == []
    attachment.refresh_from_db()
    assert attachment.status == "pending"


def _keys(bucket: str) -> list[str]:
    listed = boto3.client("s3", endpoint_url=bucket).list_objects_v2(Bucket="photos")
    return [one["Key"] for one in listed.get("Contents", [])]


def sender_of(phone: HttpPhone) -> Sender:
    return Sender(phone.device, frozenset([UUID(phone.person)]), "522630", False, "")


def test_what_the_server_can_do_is_asked_by_options(http_phone: HttpPhone) -> None:
    answer = http_phone.client.options(
        "/api/v1/uploads/", headers={"authorization": f"Token {http_phone.token}"}
    )
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Extension"] == "creation,checksum,expiration,termination"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 412, "upload.version"),
        ({"tus-resumable": "1.0.0"}, 400, "upload.header"),
        ({"tus-resumable": "1.0.0", "upload-metadata": "sha256 !!"}, 400, "upload.header"),
        ({**NAMED, "upload-length": "9" * 5000}, 400, "upload.header"),
        ({**NAMED, "upload-length": "-1"}, 400, "upload.header"),
        ({**NAMED, "upload-length": "9" * 18}, 413, "upload.too_large"),
        ({**NAMED, "upload-length": "3"}, 403, "upload.not_declared"),
    ],
)
def test_a_request_that_is_not_tus_says_why(
    http_phone: HttpPhone, headers: dict[str, str], status: int, code: str
) -> None:
    answer = http_phone.client.post(
        "/api/v1/uploads/", headers={"authorization": f"Token {http_phone.token}", **headers}
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_patch_head_and_delete_keep_to_the_protocol(http_phone: HttpPhone, folder: Path) -> None:
    content = RECORDING[:1000]
    declare(http_phone, content, "audio/ogg")
    common = {"authorization": f"Token {http_phone.token}", "tus-resumable": "1.0.0"}
    said = metadata.write(sha256=hashlib.sha256(content).hexdigest())
    made = http_phone.client.post(
        "/api/v1/uploads/",
        headers={**common, "upload-length": "1000", "upload-metadata": said},
    )
    place = made.headers["Location"]
    assert (made.status_code, "Upload-Expires" in made.headers) == (201, True)

    def patch(offset: int, body: bytes, kind: str = "application/offset+octet-stream") -> Any:
        headers = {**common, "upload-offset": str(offset)}
        return http_phone.client.patch(place, body, content_type=kind, headers=headers)

    assert patch(0, content[:10], "text/plain").status_code == 415
    assert patch(5, content[5:]).status_code == 409
    answer = patch(0, content[:10])
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, "10")
    head = http_phone.client.head(place, headers=common)
    assert head.headers["Upload-Metadata"] == said
    assert (head.headers["Upload-Offset"], head.headers["Upload-Length"]) == ("10", "1000")
    assert head.headers["Cache-Control"] == "no-store"
    over_post = http_phone.client.post(
        place, content[10:20], content_type="application/offset+octet-stream",
        headers={**common, "upload-offset": "10", "x-http-method-override": "PATCH"},
    )  # fmt: skip
    assert over_post.headers["Upload-Offset"] == "20"
    assert http_phone.client.delete(place, headers=common).status_code == 204
    assert http_phone.client.head(place, headers=common).status_code == 404
