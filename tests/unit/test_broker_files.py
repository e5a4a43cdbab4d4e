"""The queue of files: nothing in its folder ends a consumer, and a message is lost by no kill (Celery, kombu)."""

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection, Queue
from kombu.exceptions import OperationalError

from backend.config import broker
from backend.config.celery import app
from tests.full_disk import no_room


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "queue"


@pytest.fixture
def line(folder: Path) -> Iterator[Connection]:
    with connect(folder) as line:
        yield line


def connect(folder: Path) -> Connection:
    options = {
        "data_folder_in": str(folder), "data_folder_out": str(folder),
        "control_folder": str(folder.parent / "control"),
    }  # fmt: skip
    return Connection("filesystem://", transport_options=options)


def send(line: Connection, *tasks: str) -> None:
    for task in tasks:
        with line.Producer() as producer:
            producer.publish([[], {}, {}], routing_key="work", headers={"task": task})


def taken(line: Connection) -> list[Any]:
    """Messages as a consumer gets them, unacknowledged, until there are none."""
    channel = line.default_channel
    return list(iter(lambda: channel.basic_get("work"), None))


def names(messages: list[Any]) -> list[str]:
    return [message.headers["task"] for message in messages]


def files(folder: Path) -> list[str]:
    return [file.name for file in folder.glob("*.msg")]


def test_our_celery_uses_it() -> None:
    assert isinstance(app.connection("filesystem://").transport, broker.Transport)


def test_messages_come_in_the_order_in_which_they_were_sent_and_go_when_the_work_is_done(
    line: Connection, folder: Path
) -> None:
    send(line, *"edcba")
    got = taken(line)
    assert names(got) == list("edcba")
    assert len(list(folder.glob("taken/*/*.msg"))) == 5
    for message in got:
        message.ack()
    assert list(folder.rglob("*.msg")) == []


def test_work_that_waits_is_asked_for_once_and_work_under_way_again(
    line: Connection, folder: Path
) -> None:
    """A worker that was away for days finds no thousands of messages."""
    send(line, *["seal", "deliver"] * 500)
    assert len(files(folder)) == 2
    (seal, _) = taken(line)
    send(line, "seal")
    assert (names([seal]), names(taken(line))) == (["seal"], ["seal"])


def test_what_is_no_message_is_put_aside_with_one_line(
    line: Connection, folder: Path, caplog: Any
) -> None:
    send(line, "first")
    for number, content in enumerate(
        [b"", b"\xff", b"null", b"{}", b'{"body": "%", "properties": {}}']
    ):
        (folder / f"000{number}.work.msg").write_bytes(content)
    assert names(taken(line)) == ["first"]
    assert len(list((folder / "damaged").iterdir())) == 5
    assert [record.exc_info for record in caplog.records if record.levelno == logging.ERROR] == [
        None
    ] * 5


def test_a_folder_that_was_removed_is_made_again(line: Connection, folder: Path) -> None:
    send(line, "one")
    assert names(taken(line)) == ["one"]
    shutil.rmtree(folder)
    assert taken(line) == []
    send(line, "two")
    assert names(taken(line)) == ["two"]


KILLED = """
import os, sys
from pathlib import Path
sys.path.insert(0, "")
from tests.unit.test_broker_files import connect, taken
line = connect(Path(sys.argv[1]))
print(len(taken(line)), flush=True)
os.kill(os.getpid(), 9)
"""


def test_what_a_killed_consumer_had_comes_back(line: Connection, folder: Path, caplog: Any) -> None:
    send(line, "a", "b")
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder)], capture_output=True, text=True, check=False
    )
    assert (killed.stdout.strip(), killed.returncode) == ("2", -9), killed.stderr
    assert files(folder) == []
    assert names(taken(line)) == ["a", "b"]
    assert "2 messages of a consumer that has ended wait again" in caplog.text


def test_what_a_living_consumer_has_stays_with_it(line: Connection, folder: Path) -> None:
    send(line, "a")
    mine = taken(line)
    with connect(folder) as other:
        assert taken(other) == []
    mine[0].requeue()
    with connect(folder) as other:
        assert names(taken(other)) == ["a"]
    assert len(files(folder)) == 1  # a consumer that goes gives back what it had


def test_a_full_disk_is_told_to_who_sends_and_leaves_nothing_half(
    line: Connection, folder: Path
) -> None:
    send(line, "before")
    with no_room(), pytest.raises(OperationalError, match="could not be written"):
        send(line, "meanwhile")
    with no_room():
        (got,) = taken(line)
        got.requeue()
    assert [name for name in os.listdir(folder) if name.startswith(".")] == []
    send(line, "after")
    assert names(taken(line)) == ["before", "after"]


@pytest.mark.parametrize("content", [b"", b'[["a"', b"7", b"[[1]]"])
def test_a_damaged_table_of_listeners_begins_anew(
    line: Connection, folder: Path, content: bytes
) -> None:
    control = folder.parent / "control"
    control.mkdir()
    (control / "work.exchange").write_bytes(content)
    queue = Queue("work", exchange="work", routing_key="work")
    line.default_channel.state.clear()
    queue(line.default_channel).declare()
    with connect(folder) as other, other.Producer() as producer:
        producer.publish({}, exchange="work", routing_key="work", headers={"task": "x"})
    assert names(taken(line)) == ["x"]
