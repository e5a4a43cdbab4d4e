"""What is too much, unreadable as a whole, or comes when the server is busy (SYNC, Limits)."""

import gzip
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from sync import api, gate
from sync.models import DeviceLog, Operation, UnreadableLine
from sync.protocol import messages
from sync.unreadable import BODY
from sync.uploads import errors, services

from . import served
from .conftest import NOW, SHARD, Phone, World
from .test_push import make_box


@pytest.fixture
def toy_server(world: World, settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.sync.served"
    served.people.clear()


def send(
    phone: Phone, body: bytes, *, zipped: bool = False, language: str = "en", **headers: str
) -> Any:
    served.people[phone.device] = phone.person
    if zipped:
        headers["content-encoding"] = "gzip"
    return Client().post(
        "/api/v1/sync", body, content_type="application/x-ndjson",
        headers={"Authorization": f"Token {phone.device}", "accept-language": language, **headers},
    )  # fmt: skip


def header(phone: Phone, **more: Any) -> bytes:
    said = {"protocol": 1, "device": str(phone.device), "wall": NOW.isoformat(), "pull": False}
    return json.dumps({**said, **more}).encode()


def body(phone: Phone) -> bytes:
    make_box(phone)
    return b"\n".join([header(phone), *phone.log])


# ---- unreadable as a whole


@pytest.mark.parametrize("why", ["no header", "no gzip", "cut gzip", "another device"])
def test_a_body_that_cannot_be_read_is_refused_and_kept_once_and_sealed(
    toy_server: None, phone: Phone, why: str
) -> None:
    whole, zipped = body(phone), why.endswith("gzip")
    sent = {
        "no header": b"vermilion " + whole,
        "no gzip": whole,
        "cut gzip": gzip.compress(whole)[:-20],
        "another device": b"\n".join([header(Phone()), *phone.log]),
    }[why]
    for _ in range(2):
        answer = send(phone, sent, zipped=zipped)
        assert (answer.status_code, answer.json()["code"]) == (400, "sync.unusable")
        assert "kept" in answer.json()["message"]
    row = UnreadableLine.objects.get()
    assert (row.device, row.code, bytes(row.hash)) == (
        phone.device, BODY, messages.line_hash(sent),
    )  # fmt: skip
    assert b"vermilion" not in bytes(row.body)
    assert DeviceLog.objects.get(device=phone.device).shard == SHARD
    assert not Operation.objects.exists()


def test_what_a_body_says_is_still_in_what_is_kept(
    world: World, toy_server: None, phone: Phone
) -> None:
    sent = b"broken" + body(phone)
    send(phone, sent)
    sealed = UnreadableLine.objects.get().body
    assert world.keys([phone.device])[phone.device].open(sealed) == sent


def test_an_empty_body_is_refused_and_there_is_nothing_to_keep(
    toy_server: None, phone: Phone
) -> None:
    assert send(phone, b"").status_code == 400
    assert not UnreadableLine.objects.exists()


# ---- too much


@pytest.mark.parametrize(
    ("field", "limit"), [("operations", api.MAX_OPERATIONS), ("body", api.MAX_BYTES)]
)
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_what_is_too_much_is_told_with_its_limit_in_the_readers_language(
    toy_server: None, phone: Phone, field: str, limit: int, language: str
) -> None:
    lines = b"\n{}" * (limit + 1) if field == "operations" else b"x" * (limit + 1)
    answer = send(phone, header(phone) + lines, language=language)
    said = answer.json()
    assert (answer.status_code, said["code"], said["fields"]) == (413, "sync.too_large", [field])
    assert str(limit) in said["message"]
    assert ("at most" in said["message"]) is (language == "en")
    assert not UnreadableLine.objects.exists()


def test_a_bomb_is_too_large_and_not_unpacked(toy_server: None, phone: Phone) -> None:
    bomb = gzip.compress(bytes(50 * api.MAX_BYTES))
    assert len(bomb) < api.MAX_BYTES
    assert send(phone, bomb, zipped=True).status_code == 413


# ---- busy


@pytest.mark.parametrize("setting", ["SYNC_CONCURRENCY", "SYNC_CONCURRENCY_PER_SHARD"])
def test_one_more_than_the_server_bears_is_sent_away_and_may_come_again(
    toy_server: None, phone: Phone, settings: Any, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    setattr(settings, setting, 1)
    inside, leave = threading.Event(), threading.Event()
    push = api.push

    def slow(*args: Any, **kwargs: Any) -> Any:
        inside.set()
        assert leave.wait(30)
        return push(*args, **kwargs)

    monkeypatch.setattr(api, "push", slow)
    first: list[Any] = []
    thread = in_a_thread(lambda: first.append(send(phone, body(phone))))
    assert inside.wait(30)
    other = Phone()
    refused = send(other, body(other))
    leave.set()
    thread.join()
    assert (refused.status_code, refused.json()["code"]) == (429, "sync.busy")
    seconds = int(refused.headers["Retry-After"])
    assert gate.RETRY_AFTER[0] <= seconds <= gate.RETRY_AFTER[1]
    assert str(seconds) in refused.json()["message"]
    assert first[0].status_code == 200
    assert send(other, b"\n".join([header(other), *other.log])).status_code == 200


def test_one_county_does_not_take_every_place(settings: Any) -> None:
    settings.SYNC_CONCURRENCY, settings.SYNC_CONCURRENCY_PER_SHARD = 3, 2
    door = gate.Gate("SYNC_CONCURRENCY", "SYNC_CONCURRENCY_PER_SHARD")
    with door.entered("a"), door.entered("a"):
        with pytest.raises(gate.Busy), door.entered("a"):
            pass
        with door.entered("b"), pytest.raises(gate.Busy), door.entered("c"):
            pass
    with door.entered("a"):
        pass


def patch(phone: Phone) -> Any:
    served.people[phone.device] = phone.person
    return Client().patch(
        f"/api/v1/uploads/{phone.device}", b"x", content_type="application/offset+octet-stream",
        headers={
            "Authorization": f"Token {phone.device}", "tus-resumable": "1.0.0", "upload-offset": "0",
        },
    )  # fmt: skip


def in_a_thread(job: Callable[[], Any]) -> threading.Thread:
    def run() -> None:
        try:
            job()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_uploads_have_places_of_their_own(
    toy_server: None, phone: Phone, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SYNC_CONCURRENCY = settings.SYNC_UPLOAD_CONCURRENCY = 1
    inside, leave = threading.Event(), threading.Event()

    def slow(**given: Any) -> Any:
        inside.set()
        assert leave.wait(30)
        raise errors.NoUpload

    monkeypatch.setattr(services, "append", slow)
    first = in_a_thread(lambda: patch(phone))
    assert inside.wait(30)
    refused, pushed = patch(Phone()), send(phone, body(phone))
    leave.set()
    first.join()
    assert (refused.status_code, refused.json()["code"]) == (503, "upload.busy")
    assert gate.RETRY_AFTER[0] <= int(refused.headers["Retry-After"]) <= gate.RETRY_AFTER[1]
    assert pushed.status_code == 200
    assert patch(Phone()).status_code == 404


def test_uploads_and_one_county_leave_places_to_the_others(settings: Any) -> None:
    assert settings.SYNC_UPLOAD_CONCURRENCY > 0
    assert 0 < settings.SYNC_CONCURRENCY_PER_SHARD < settings.SYNC_CONCURRENCY


# ---- other versions


@pytest.mark.parametrize("protocol", [0, 2, 99])
def test_a_push_of_any_protocol_is_taken_and_only_the_pull_is_refused(
    toy_server: None, phone: Phone, protocol: int
) -> None:
    make_box(phone)
    sent = header(phone, protocol=protocol, pull=True, colours={"new": "member"})
    answer = send(phone, b"\n".join([sent, *phone.log])).json()
    assert [receipt["outcome"] for receipt in answer["receipts"]] == ["applied"]
    assert answer["refused"] == "protocol.unknown"
    assert "cursor" not in answer
