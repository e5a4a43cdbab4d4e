"""Toy records: what proves that sync needs nothing of the domain it serves."""

import base64
import datetime as dt
import hmac
import json
import os
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import models

from sync import references
from sync.entries import Applied, Draft, Entry
from sync.merge.registers import Spec
from sync.models import AppendRecord, RegisterRecord, SerialisedRecord
from sync.protocol import ids, sealing
from sync.registry import Policy, Problem, RecordType, Reference, Refused
from sync.review import REVIEW
from sync.uploads.losses import LOSS


class Box(RegisterRecord):
    colour = models.TextField(default="")
    # What follows from the shard its file lives in.
    near = models.TextField(default="")
    # The box it stands in.
    inside = models.UUIDField(null=True)

    class Meta(RegisterRecord.Meta):
        app_label = "toys"


class Note(AppendRecord):
    length = models.IntegerField(default=0)
    written = models.DateTimeField()
    answers = models.UUIDField(null=True)

    class Meta(AppendRecord.Meta):
        app_label = "toys"


class Secret(AppendRecord):
    """Evidence that no device ever gets."""

    class Meta(AppendRecord.Meta):
        app_label = "toys"


class Alarm(SerialisedRecord):
    status = models.TextField(default="")

    class Meta(SerialisedRecord.Meta):
        app_label = "toys"


class Grant(models.Model):
    """Which device may hold which file, where a test wants that to commit and roll back."""

    device = models.UUIDField()
    file = models.UUIDField()

    class Meta:
        app_label = "toys"


MODELS = (Box, Note, Secret, Alarm, Grant)


def check_notes(entries: Any) -> list[list[Problem]]:
    return [
        []
        if isinstance(entry.data.get("text"), str)
        else [Problem("text", "type", "文字不对", "text must be text")]
        for entry in entries
    ]


def note_columns(entry: Entry) -> dict[str, Any]:
    text = entry.data.get("text")
    if text == "break the record":
        raise RuntimeError("a bug in a record type")
    return {
        "length": len(text) if isinstance(text, str) else 0, "written": entry.observed,
        "answers": references.uuid(entry.data.get("answers")),
    }  # fmt: skip


def advance(columns: dict[str, Any] | None, entry: Entry) -> dict[str, Any]:
    if columns is None:
        return {"status": "open"}
    if entry.data.get("revision") != columns["revision"]:
        raise Refused("stale", fields=["revision"], zh="已被更改", en="changed meanwhile")
    return {"status": entry.kind.removeprefix("alarm.")}


def moves(entry: Entry, columns: dict[str, Any]) -> str | None:
    """An alarm that is handed over takes its file along."""
    return str(entry.data["to"]) if entry.kind == "alarm.handed" else None


def box_columns(values: Any, shard: str) -> dict[str, Any]:
    inside = references.uuid(values.get("inside"))
    return {"colour": str(values.get("colour", "")), "near": shard, "inside": inside}


BOX = RecordType(
    name="box",
    model=Box,
    policy=Policy.REGISTER,
    kinds={"box.make": True, "box.paint": False},
    columns=["colour", "near", "inside"],
    references=[Reference("inside", "box")],
    specs={"danger": Spec("protective", ("high", "low")), "tags": Spec("set")},
    project_values=box_columns,
    shard=lambda entry: entry.data.get("shard"),
    render=lambda rows, opened: [{"registers": opened[row.id]} for row in rows],
)
NOTE = RecordType(
    name="note",
    model=Note,
    policy=Policy.APPEND,
    kinds={"note.write": True},
    columns=["length", "written", "answers"],
    references=[Reference("answers", "note")],
    dated="written",
    check=check_notes,
    project=note_columns,
    render=lambda rows, opened: [{"text": opened[row.id].get("text")} for row in rows],
)
SECRET = RecordType(
    name="secret", model=Secret, policy=Policy.APPEND, kinds={"secret.tell": True}, columns=[],
    project=lambda entry: {}, urgent=True,
)  # fmt: skip
ALARM = RecordType(
    name="alarm",
    model=Alarm,
    policy=Policy.SERIALISED,
    kinds={"alarm.open": True, "alarm.closed": False, "alarm.handed": False},
    columns=["status"],
    advance=advance,
    moves=moves,
    render=lambda rows, opened: [{"status": row.status} for row in rows],
)
TYPES = (BOX, NOTE, SECRET, ALARM, REVIEW, LOSS)

SERVER = UUID(int=0)
VECTORS = Path(__file__).parent / "vectors" / "sealing.json"


def react(applied: Any, now: dt.datetime) -> list[Draft]:
    """A note that cries for help opens an alarm."""
    if any(item.entry.data.get("text") == "break the server" for item in applied):
        raise RuntimeError("a bug in what follows")
    if any(item.entry.data.get("text") == "break a library" for item in applied):
        raise OverflowError("words that a library cannot take")
    return [
        Draft(
            op=ids.derived(item.entry.op, "alarm"),
            person=SERVER,
            kind="alarm.open",
            target=ids.derived(item.entry.op, "alarm.target"),
            file=item.entry.file,
            data={"because": str(item.entry.op)},
            at=now,
        )
        for item in applied
        if isinstance(item, Applied)
        and item.type == "note"
        and "help" in str(item.entry.data.get("text"))
    ]


def kept(entries: Any, now: dt.datetime) -> dict[UUID, list[Draft]]:
    """Of what is not applied: a note that cries for help, a box that somebody calls dangerous."""
    spoken = [(entry, json.dumps(entry.data)) for entry in entries]
    return unjudged([entry for entry, said in spoken if "help" in said or "high" in said], now)


def unjudged(entries: Any, now: dt.datetime) -> dict[UUID, list[Draft]]:
    """Somebody has to look."""
    return {
        entry.op: [
            Draft(
                op=ids.derived(entry.op, "alarm"),
                person=SERVER,
                kind="alarm.open",
                target=ids.derived(entry.op, "alarm.target"),
                file=entry.file,
                data={"because": str(entry.op)},
                at=now,
            )
        ]
        for entry in entries
    }


def blind(name: str) -> str:
    return hmac.new(b"a key of toys", name.encode(), "sha256").hexdigest()[:16]


class Cipher:
    def __init__(self, key: bytes) -> None:
        self.aead = AESGCM(key)

    def seal(self, plain: bytes, about: bytes = b"") -> bytes:
        nonce = os.urandom(12)
        return nonce + self.aead.encrypt(nonce, plain, about)

    def open(self, sealed: Any, about: bytes = b"") -> bytes:
        return self.aead.decrypt(bytes(sealed)[:12], bytes(sealed)[12:], about)


class OutboxKeys:
    """Key pairs in memory; the first is the one of `vectors/sealing.json`."""

    def __init__(self) -> None:
        (first, *_) = json.loads(VECTORS.read_text("utf-8"))["keys"]
        self.current = base64.b64decode(first["public"])
        self.pairs = {bytes.fromhex(first["key"]): bytes.fromhex(first["private"])}

    @property
    def recipient(self) -> sealing.Recipient:
        return sealing.Recipient(self.current)

    def rotate(self) -> None:
        private, self.current = sealing.new_key()
        self.pairs[sealing.key_id(self.current)] = private

    def lose(self) -> dict[bytes, bytes]:
        """The keys that were known; `pairs.update` puts them back."""
        lost, self.pairs = self.pairs, {}
        return lost

    def public(self) -> bytes:
        return self.current

    def private(self, ids: Any) -> dict[bytes, bytes]:
        return {id_: self.pairs[id_] for id_ in ids if id_ in self.pairs}


class Keys:
    """Keys in memory; `erased` owners have none."""

    def __init__(self) -> None:
        self.ciphers: dict[UUID, Cipher] = {}
        self.erased: set[UUID] = set()

    def __call__(self, owners: Any, *, create: bool = False) -> dict[UUID, Cipher]:
        wanted = set(owners) - self.erased
        if create:
            for owner in wanted - self.ciphers.keys():
                self.ciphers[owner] = Cipher(os.urandom(32))
        return {owner: self.ciphers[owner] for owner in wanted if owner in self.ciphers}

    def destroy(self, owners: Any, now: dt.datetime) -> None:
        self.erased |= set(owners)
        for owner in owners:
            self.ciphers.pop(owner, None)
