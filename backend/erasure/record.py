"""The record type of an erasure."""

from typing import Any
from uuid import UUID

from sync.entries import Entry
from sync.registry import Policy, RecordType, Reference

from .models import Erasure


def columns(entry: Entry) -> dict[str, Any]:
    return {
        "files": [UUID(file) for file in entry.data["files"]],
        "person": entry.person,
        "erased_at": entry.observed,
    }


ERASURE = RecordType(
    name="erasure",
    model=Erasure,
    policy=Policy.APPEND,
    kinds={"file.erase": True},
    columns=["files", "person", "erased_at"],
    project=columns,
    shard=lambda entry: str(entry.data["county"]),
    references=[
        Reference("files", "child", many=True),
        Reference("files", "household", many=True),
    ],
    harmless={"person": "who erased them"},
    server_only=True,
)
RECORD_TYPES = [ERASURE]
