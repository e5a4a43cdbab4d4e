"""`python -m sync.client` as a script uses it: subprocesses, `--json`, exit codes."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from sync.client.store import Store
from sync.protocol import ids

from . import toys
from .conftest import NOW, World
from .served import Granted

ROOT = Path(__file__).resolve().parents[2]
NOWHERE = "http://127.0.0.1:9"


class Shell:
    """One phone's store, worked by commands."""

    def __init__(self, store: Path) -> None:
        self.store = store

    def __call__(self, *words: str, code: int = 0, typed: str = "") -> Any:
        command = [
            sys.executable,
            "-m",
            "sync.client",
            *words,
            "--store",
            str(self.store),
            "--json",
        ]
        done = subprocess.run(
            command, cwd=ROOT, input=typed, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, (done.stdout, done.stderr)
        return json.loads(done.stdout)

    def enrol(self, server: str) -> Any:
        card = self("enrol", "--server", server, "--code", str(ids.uuid7(NOW)))
        return Granted(UUID(card["device"]))


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "phone.db")


PAIR = """\
{"kind": "box.make", "target": "@box", "data": {"set": {"colour": {"v": "red", "saw": []}}}}
{"kind": "note.write", "file": "@box", "data": {"text": "about @box", "in": "@box"}}
"""


def test_a_script_enrols_records_syncs_edits_and_shows(
    server: str, world: World, shell: Shell
) -> None:
    device = shell.enrol(server)
    box, note = shell("record", "-", typed=PAIR)["saved"]
    assert note["file"] == box["target"]
    assert shell("status")["operations"]["unsent"] == 2
    report = shell("sync")
    assert [receipt["outcome"] for receipt in report["receipts"]] == ["applied", "applied"]
    world.grant(device, UUID(box["target"]))
    assert shell("sync")["entered"] == 1
    shell("edit", box["target"], "--set", 'colour="blue"', "--add", "tags.old")
    (shown,) = shell("show", box["target"])["records"]
    assert (shown["values"]["colour"], shown["pending"]) == ("blue", 1)
    assert shown["values"]["tags"] == {"old": True}
    shell("sync")
    shell("edit", box["target"], "--remove", "tags.old")
    assert shell("show", box["target"])["records"][0]["values"]["tags"] == {}
    assert {r["type"] for r in shell("show", "--file", box["target"])["records"]} == {"box", "note"}
    assert toys.Box.objects.get(id=box["target"]).colour == "blue"


def test_names_stand_for_ids_only_where_a_line_declares_them(
    server: str, world: World, shell: Shell
) -> None:
    shell.enrol(server)
    box, _ = shell("register", "-", typed=PAIR)["saved"]
    (note,) = shell("show", "--type", "note")["records"]
    assert note["body"]["data"] == {"text": "about @box", "in": box["target"]}


def test_a_conflict_is_listed_and_resolved_by_command(
    server: str, world: World, tmp_path: Path
) -> None:
    one, two = Shell(tmp_path / "one.db"), Shell(tmp_path / "two.db")
    devices = [one.enrol(server), two.enrol(server)]
    (box,) = one("record", "-", typed=PAIR.splitlines()[0])["saved"]
    one("sync")
    for shell, device in zip((one, two), devices, strict=True):
        world.grant(device, UUID(box["target"]))
        shell("sync")
    one("edit", box["target"], "--set", "colour=blue")
    two("edit", box["target"], "--set", "colour=green")
    for shell in (one, two, one):
        shell("sync")
    (conflict,) = one("conflicts")["conflicts"]
    assert (conflict["field"], len(conflict["values"])) == ("colour", 2)
    assert one("conflicts", "--resolve", box["target"], "colour", "green")["conflicts"] == []
    one("sync")
    assert two("sync")["digest_agrees"] is True
    assert two("conflicts")["conflicts"] == []
    assert two("status")["conflicts"] == 0


def test_raising_without_a_network_is_kept_and_succeeds(
    server: str, world: World, shell: Shell
) -> None:
    shell.enrol(server)
    said = shell("raise", "--kind", "note.write", "--data", '{"text": "help"}')
    assert said["sync"]["receipts"][0]["outcome"] == "applied"
    assert toys.Alarm.objects.get().status == "open"
    _move(shell, NOWHERE)
    said = shell("raise", "--kind", "note.write", "--data", '{"text": "help again"}')
    assert said["kept"]["code"] == "client.try_later"
    assert shell("status")["operations"]["unsent"] == 1
    assert shell("sync", code=3)["error"]["code"] == "client.try_later"
    _move(shell, server)
    assert shell("sync")["sent"] == 1


def _move(shell: Shell, server: str) -> None:
    store = Store(shell.store)
    store.set(server=server)
    store.close()


@pytest.mark.parametrize(
    ("words", "typed", "code", "said"),
    [
        (["record", "-"], '{"kind": "note.write"}', 1, "client.not_enrolled"),
        (["sync"], "", 1, "client.not_enrolled"),
        (["record", "-"], '{"kind": "note.write", "flie": "x"}', 1, "client.unusable"),
        (["record", "-"], "{", 1, "client.unusable"),
        (["record", "-"], '{"kind": "note.write", "file": "@nobody"}', 1, "client.unusable"),
        (["record", "/no/such/file"], "", 1, "client.unusable"),
        (["record"], "", 1, "client.unusable"),
        (["show", "01a1b2c3-0000-7000-8000-000000000000"], "", 1, "client.unknown"),
        (["enrol", "--server", NOWHERE, "--code", "X"], "", 3, "client.try_later"),
        (["enrol", "--server", "ftp://x", "--code", "X"], "", 4, "client.address"),
    ],
)
def test_what_cannot_be_done_is_said_with_a_code(
    shell: Shell, words: list[str], typed: str, code: int, said: str
) -> None:
    error = shell(*words, code=code, typed=typed)["error"]
    assert error["code"] == said
    assert error["message"]


def test_a_project_s_adviser_is_heard_before_a_line_is_saved(
    server: str, world: World, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.enrol(server)
    monkeypatch.setenv("SYNC_CLIENT_ADVISER", "tests.sync.adviser:advise")
    said = shell("record", "--kind", "note.write", "--data", '{"text": "help"}')
    assert said["advice"] == {"heard": ["help"], "closed": None, "parts": said["advice"]["parts"]}
    (note,) = shell("show", "--type", "note")["records"]
    assert note["body"]["data"] == {"text": "help", "heard": True}
    assert shell("sync")["receipts"][0]["outcome"] == "applied"
    later = shell("raise", "--kind", "note.write", "--data", '{"text": "again"}')
    assert {"records", "outbox"} <= set(later["advice"]["parts"])
    assert later["sync"]["sent"] == 1
    shell("pin", "--pin", "4711")
    shell("lock")
    locked = shell("record", "--kind", "note.write", "--data", '{"text": "locked"}')
    assert locked["advice"]["closed"] == "client.locked"


def test_an_adviser_that_fails_or_is_not_there_never_stops_a_record(
    server: str, world: World, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.enrol(server)
    for name in ("tests.sync.adviser:no_such_function", "no.such.module:advise", "nonsense"):
        monkeypatch.setenv("SYNC_CLIENT_ADVISER", name)
        said = shell("record", "--kind", "note.write", "--data", '{"text": "help"}')
        assert said["advice"]["fault"].startswith(name)
        assert len(said["saved"]) == 1
    monkeypatch.setenv("SYNC_CLIENT_ADVISER", "")
    assert shell("record", "--kind", "note.write").keys() == {"saved"}
    assert shell("sync")["sent"] == 4


def test_a_mistyped_command_ends_with_two(shell: Shell) -> None:
    command = [sys.executable, "-m", "sync.client", "edit", "not-an-id"]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 2
