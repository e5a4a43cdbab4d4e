"""Toy records: what proves that sync needs nothing of the domain it serves."""

import datetime as dt
import os
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import models

from sync.entries import Applied, Draft, Entry
from sync.merge.registers import Spec
from sync.models import AppendRecord, RegisterRecord, SerialisedRecord
from sync.protocol import ids
from sync.registry import Policy, Problem, RecordType, Refused


class Box(RegisterRecord):
    colour = models.TextField(default="")

    class Meta(RegisterRecord.Meta):
        app_label = "toys"


class Note(AppendRecord):
    length = models.IntegerField(default=0)

    class Meta(AppendRecord.Meta):
        app_label = "toys"


class Alarm(SerialisedRecord):
    status = models.TextField(default="")

    class Meta(SerialisedRecord.Meta):
        app_label = "toys"


MODELS = (Box, Note, Alarm)


def check_notes(entries: Any) -> list[list[Problem]]:
    return [
        []
        if isinstance(entry.data.get("text"), str)
        else [Problem("text", "type", "文字不对", "text must be text")]
        for entry in entries
    ]


def note_columns(entry: Entry) -> dict[str, Any]:
    text = entry.data.get("text")
    if text == "break the server":
        raise RuntimeError("a bug in a record type")
    return {"length": len(text) if isinstance(text, str) else 0}


def advance(columns: dict[str, Any] | None, entry: Entry) -> dict[str, Any]:
    if columns is None:
        return {"status": "open"}
    if entry.data.get("revision") != columns["revision"]:
        raise Refused("stale", fields=["revision"], zh="已被更改", en="changed meanwhile")
    return {"status": entry.kind.removeprefix("alarm.")}


BOX = RecordType(
    name="box",
    model=Box,
    policy=Policy.REGISTER,
    kinds={"box.make": True, "box.paint": False},
    columns=["colour"],
    specs={"danger": Spec("protective", ("high", "low")), "tags": Spec("set")},
    project_values=lambda values: {"colour": str(values.get("colour", ""))},
    shard=lambda entry: entry.data.get("shard"),
    render=lambda rows, opened: [{"state": opened[row.id]} for row in rows],
)
NOTE = RecordType(
    name="note",
    model=Note,
    policy=Policy.APPEND,
    kinds={"note.write": True},
    columns=["length"],
    check=check_notes,
    project=note_columns,
    render=lambda rows, opened: [{"text": opened[row.id].get("text")} for row in rows],
)
ALARM = RecordType(
    name="alarm",
    model=Alarm,
    policy=Policy.SERIALISED,
    kinds={"alarm.open": True, "alarm.closed": False},
    columns=["status"],
    advance=advance,
    render=lambda rows, opened: [{"status": row.status} for row in rows],
)
TYPES = (BOX, NOTE, ALARM)

SERVER = UUID(int=0)


def react(applied: Any, now: dt.datetime) -> list[Draft]:
    """A note that cries for help opens an alarm."""
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


class Cipher:
    def __init__(self, key: bytes) -> None:
        self.aead = AESGCM(key)

    def seal(self, plain: bytes, about: bytes = b"") -> bytes:
        nonce = os.urandom(12)
        return nonce + self.aead.encrypt(nonce, plain, about)

    def open(self, sealed: Any, about: bytes = b"") -> bytes:
        return self.aead.decrypt(bytes(sealed)[:12], bytes(sealed)[12:], about)


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
