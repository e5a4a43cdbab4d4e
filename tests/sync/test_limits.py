"""What is too much, unreadable as a whole, or comes when the server is busy (SYNC, Limits)."""

import datetime as dt
import gzip
import http.client
import json
import socket
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connections
from django.test import Client

from sync import api, gate
from sync.models import DeviceLog, Operation, UnreadableLine
from sync.protocol import messages
from sync.unreadable import BODY
from sync.uploads import errors, services

from . import served, toys
from .conftest import NOW, SHARD, Phone, World
from .test_push import make_box, new


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


@pytest.mark.parametrize("why", ["no header", "no gzip", "another device"])
def test_a_body_that_cannot_be_read_is_refused_and_kept_once_and_sealed(
    toy_server: None, phone: Phone, why: str
) -> None:
    whole, zipped = body(phone), why.endswith("gzip")
    sent = {
        "no header": b"vermilion " + whole,
        "no gzip": whole,
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


def test_a_danger_in_a_body_that_cannot_be_taken_is_found_once(
    world: World, toy_server: None, phone: Phone
) -> None:
    box = make_box(phone)
    phone.push()
    phone.say("note.write", new(), {"text": "help"}, file=box)
    for _ in range(2):
        assert send(phone, b"\n".join([b"no header", *phone.log])).status_code == 400
    assert toys.Alarm.objects.get().file == box
    assert send(phone, b"\n".join([header(phone), *phone.log])).status_code == 200
    assert toys.Alarm.objects.count() == 1


def test_a_body_that_was_cut_on_its_way_is_nobodys_matter(server: str, phone: Phone) -> None:
    whole, address = body(phone), urlsplit(server)
    served.people[phone.device] = phone.person
    zipped = send(phone, gzip.compress(whole)[:-20], zipped=True)
    line = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
    line.putrequest("POST", "/api/v1/sync")
    line.putheader("Authorization", f"Token {phone.device}")
    line.putheader("Content-Length", str(len(whole)))
    line.endheaders(whole[:-9])
    line.sock.shutdown(socket.SHUT_WR)
    cut = line.getresponse()
    told = [
        (zipped.status_code, zipped.json()["code"]),
        (cut.status, json.loads(cut.read())["code"]),
    ]
    line.close()
    assert told == [(400, "sync.cut")] * 2
    assert not UnreadableLine.objects.exists()
    assert not Operation.objects.exists()


# ---- a header that is wrong in one member

WRONG: dict[str, list[Any]] = {
    "protocol": ["one", None, 2**70], "wall": ["٢٠٢٦-05-04T08:00:00Z", "2026-05-04T08:00:00", 7, "\ud800", None],
    "app": [7, "\x00"], "session": [7], "elapsed": ["x", 2**70, -1], "cursor": [7, "\x00", "no cursor"],
    "purged": [7, {"generation": 2**70, "files": []}, {"generation": "1", "files": ["x"]}],
    "digests": [7, {"x": 1}, {str(new()): 2**70}], "older": [["x"], 7], "pull": [0, "no", None],
    "config": [7, {"x": 7}, {"\x00": "\x00"}], "done": [["x"], 7],
    "offer": [7, [["\x00", "x", 7, 2**70]], [7]], "recovered": [7, [{"type": "\x00"}], [7]],
}  # fmt: skip


def test_a_header_that_is_wrong_in_one_member_loses_that_member_and_no_push(
    toy_server: None, phone: Phone
) -> None:
    lost = {}
    for name, values in WRONG.items():
        for value in values:
            at = dt.datetime.now(dt.UTC).isoformat()
            note = phone.say("note.write", new(), {"text": "fine"}, wall=at)
            said = {"wall": at, "pull": True, name: value}
            sent = b"\n".join([header(phone, **said), note])
            answer = send(phone, sent)
            assert answer.status_code == 200, (name, value, answer.content)
            (receipt,) = answer.json()["receipts"]
            assert receipt["outcome"] == "applied", (name, value)
            assert ("clock" in receipt.get("flags", [])) is (name == "wall"), (name, value)
            lost.setdefault(name, set()).update(answer.json().get("unread", []))
            if name == "protocol":
                assert answer.json()["refused"] == "protocol.unknown"
            if name == "pull":
                assert "cursor" not in answer.json()
    assert {name for name, said in lost.items() if said != {name}} <= {"session"}
    absent = json.dumps({"device": str(phone.device)}).encode()
    assert send(phone, absent).json()["unread"] == ["protocol", "wall"]


def test_the_last_known_clock_stands_for_one_that_cannot_be_read(
    toy_server: None, phone: Phone
) -> None:
    behind = dt.timedelta(days=300)
    send(phone, header(phone, wall=(dt.datetime.now(dt.UTC) - behind).isoformat()))
    offset = DeviceLog.objects.get().clock_offset
    wall = (dt.datetime.now(dt.UTC) - behind).isoformat()
    note = phone.say("note.write", new(), {"text": "fine"}, wall=wall)
    send(phone, b"\n".join([header(phone, wall="noon"), note]))
    assert DeviceLog.objects.get().clock_offset == offset
    row = Operation.objects.get()
    assert abs(row.at - row.received.timestamp() * 1000) < 60_000


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
