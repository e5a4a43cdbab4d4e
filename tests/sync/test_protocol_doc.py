"""PROTOCOL.md is true: its examples run against the server as one story, its tables are complete."""

import datetime as dt
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from django.test import Client

from sync import api, phrases, ports, pull, recovered
from sync.models import File
from sync.protocol import messages
from sync.uploads import declared

from . import served
from .conftest import NOW, World
from .restored import Backup

TEXT = (Path(api.__file__).parent / "PROTOCOL.md").read_text("utf-8")
# Either a step that happens on the server's side, or a request with the answer it gets.
STEP = re.compile(
    r"<!-- (?P<happens>.+?) -->|```http request (?P<name>\S+)\n(?P<request>.*?)\n```\s+"
    r"```(?P<form>json|http) answer (?P<of>\S+) (?P<status>\d+)\n(?P<answer>.*?)\n```",
    re.DOTALL,
)
FIRST = UUID("0190aaaa-0000-7000-8000-00000000000a")
SECOND = UUID("0190aaaa-0000-7000-8000-00000000000b")
THIRD = UUID("0190aaaa-0000-7000-8000-00000000000c")
FOURTH = UUID("0190aaaa-0000-7000-8000-00000000000d")
PEOPLE = {
    FIRST: UUID("0190aaaa-0000-7000-8000-0000000000f1"),
    SECOND: UUID("0190aaaa-0000-7000-8000-0000000000f2"),
    THIRD: UUID("0190aaaa-0000-7000-8000-0000000000f3"),
    FOURTH: UUID("0190aaaa-0000-7000-8000-0000000000f4"),
}
WIPE = UUID("0190aaaa-0000-7000-8000-0000000000d1")
BOX = UUID("0190aaaa-0000-7000-8000-0000000000b0")
OTHER_BOX = UUID("0190aaaa-0000-7000-8000-0000000000b9")


@dataclass
class Phone:
    """Enough of one for `World.grant`."""

    device: UUID


class Story:
    """Plays the document from its first line to its last."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.backups: list[Backup] = []
        self.client = Client()
        self.cursors: dict[str, str] = {}
        self.location = ""
        self.happenings: dict[str, Callable[[], None]] = {
            "the box comes into the scope of both devices": lambda: self._grant(FIRST, SECOND),
            "the box leaves the scope of the second device": lambda: world.withdraw(
                Phone(SECOND), BOX
            ),
            "the first device has loaded the box": self._load,
            "another box comes into the scope of a fourth device": lambda: self.world.grant(
                Phone(FOURTH), OTHER_BOX
            ),
            "the second device is revoked": lambda: served.revoked.add(SECOND),
            "the second device is ordered to wipe": lambda: served.orders.update(
                {SECOND: [ports.Order(WIPE, "wipe")]}
            ),
            "a backup is taken": lambda: self.backups.append(Backup(folder / "tables")),
            "the server is restored from that backup": lambda: self.backups[0].restore(now=NOW),
        }

    def _grant(self, *devices: UUID) -> None:
        for device in devices:
            self.world.grant(Phone(device), BOX)

    def _load(self) -> None:
        header = {"protocol": 1, "device": str(FIRST), "wall": "2026-05-04T08:00:00Z"}
        self._send(str(FIRST), json.dumps(header).encode(), {})

    def tell(self, request: str) -> Any:
        """Sends a request as it is written, with the device's own cursor and the last location for `"…"`."""
        head, _, body = request.partition("\n\n")
        first, *fields = head.splitlines()
        method, _, path = first.partition(" ")
        headers = dict(field.split(": ", 1) for field in fields)
        device = headers["Authorization"].removeprefix("Token ")
        body = body.replace('"cursor": "…"', f'"cursor": "{self.cursors.get(device)}"')
        if path == "/api/v1/sync":
            return self._send(device, body.encode(), headers)
        path = self.location if "…" in path else path
        kind = headers.pop("Content-Type", "")
        answer = self.client.generic(
            method, path, body.encode(), content_type=kind, headers=headers
        )
        self.location = answer.headers.get("Location", self.location)
        return answer

    def _send(self, device: str, body: bytes, headers: dict[str, str]) -> Any:
        answer = self.client.post(
            "/api/v1/sync",
            body,
            content_type="application/x-ndjson",
            headers={"Authorization": f"Token {device}", **headers},
        )
        said = answer.json()
        self.cursors[device] = said.get("cursor", self.cursors.get(device))
        return answer


def wrong_headers(written: str, answer: Any) -> list[str]:
    """`…` stands for anything, also behind what is written before it."""
    wrong = []
    for field in written.splitlines():
        name, _, value = field.partition(": ")
        said = answer.headers.get(name, "")
        if said != value and not (value.endswith("…") and said.startswith(value[:-1]) and said):
            wrong.append(f"{name}: {value!r} but said {said!r}")
    return wrong


def differences(written: Any, said: Any, path: str = "") -> list[str]:
    """Where the answer is not what is written; `"…"` stands for anything."""
    if written == "…":
        return []
    if isinstance(written, dict) and isinstance(said, dict):
        if written.keys() != said.keys():
            return [f"{path}: {sorted(written)} but said {sorted(said)}"]
        return [
            d for name in written for d in differences(written[name], said[name], f"{path}.{name}")
        ]
    if isinstance(written, list) and isinstance(said, list) and len(written) == len(said):
        pairs = enumerate(zip(written, said, strict=True))
        return [d for n, (one, two) in pairs for d in differences(one, two, f"{path}[{n}]")]
    return [] if written == said else [f"{path}: {written!r} but said {said!r}"]


def test_every_example_runs_against_the_server(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # The day of the examples, so that a clock in them is right where it is meant to be.
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    settings.ROOT_URLCONF = "tests.sync.served"
    served.people.clear()
    served.people.update(PEOPLE)
    served.revoked.clear()
    served.orders.clear()
    story, told = Story(world, tmp_path), 0
    for step in STEP.finditer(TEXT):
        if step["happens"]:
            story.happenings[step["happens"]]()
            continue
        assert step["name"] == step["of"]
        answer = story.tell(step["request"])
        if step["form"] == "http":
            wrong = wrong_headers(step["answer"], answer)
        else:
            wrong = differences(json.loads(step["answer"]), answer.json())
        assert (answer.status_code, wrong) == (int(step["status"]), []), (
            f"{step['name']} said {answer.headers} {answer.content.decode()}"
        )
        told += 1
    answers = re.findall(r"```(?:json|http) answer ", TEXT)
    assert told == TEXT.count("```http request ") == len(answers)
    assert told >= 12
    assert world.done == [(SECOND, WIPE)]
    assert File.objects.filter(id=BOX).exists()


def test_the_logs_in_the_examples_are_chained_by_the_hash_of_their_bytes() -> None:
    last: dict[str, int] = {}
    by_place: dict[tuple[str, int], str] = {}
    for raw in re.findall(r'^\{"op": .*\}$', TEXT, re.MULTILINE):
        line = json.loads(raw)
        by_place[line["device"], line["seq"]] = raw
        last[line["device"]] = max(line["seq"], last.get(line["device"], 0))
    checked = 0
    for (device, seq), raw in by_place.items():
        before = by_place.get((device, seq - 1))
        if before is not None:
            assert json.loads(raw)["prev"] == messages.line_hash(before.encode()).hex()
            checked += 1
    assert checked == sum(seq - 1 for seq in last.values())


def rows(heading: str, table: int = 0) -> list[str]:
    """The names in backticks in the first column of a section's table."""
    section = TEXT.split(heading + "\n", 1)[1]
    found = re.findall(r"^\|[^\n]*\n\|[-| ]+\n((?:\|[^\n]*\n)+)", section, re.MULTILINE)
    cells = [line.split("|")[1] for line in found[table].splitlines()]
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


@pytest.mark.parametrize(
    ("heading", "table", "shape"),
    [
        ("### Header", 0, messages.Header),
        ("## 3. Operations", 0, messages.Operation),
        ("## 6. Receipts", 0, messages.Receipt),
    ],
)
def test_a_table_names_each_member_of_its_shape(
    heading: str, table: int, shape: type[msgspec.Struct]
) -> None:
    assert sorted(rows(heading, table)) == sorted(shape.__struct_fields__)


def test_every_code_with_a_sentence_is_in_the_table_and_no_other() -> None:
    assert sorted(rows("## 6. Receipts", 2)) == sorted(phrases.BY_CODE)


def test_the_limits_are_those_of_the_server() -> None:
    limits = TEXT.split("## 14.", 1)[1]
    assert f"| {api.MAX_OPERATIONS} |" in limits
    assert f"| {api.MAX_BYTES:,} |" in limits
    assert f"| {recovered.OFFERS:,} |" in limits
    assert f"| attachments of an operation | {declared.MAX_EACH} |" in limits
    assert f"| bytes an attachment | {declared.MAX_SIZE:,} |" in limits
    assert f"up to {pull.OLDER_FILES} files" in TEXT
    assert dt.timedelta(days=365) <= pull.HISTORY <= dt.timedelta(days=366)
