"""The record type of a dossier."""

from uuid import UUID

from sync.entries import Entry
from sync.registry import Columns, Policy, RecordType, Reference

from .models import Dossier


def columns(entry: Entry) -> Columns:
    data = entry.data
    return {
        "case": UUID(data["case"]) if data["case"] else None,
        "sealed": data["sealed"],
        "person": entry.person,
        "made_at": entry.observed,
        "sha256": data["sha256"],
        "size": data["size"],
        "pages": data["pages"],
    }


DOSSIER = RecordType(
    name="dossier", model=Dossier, policy=Policy.APPEND, kinds={"dossier.make": True},
    columns=["case", "sealed", "person", "made_at", "sha256", "size", "pages"], project=columns,
    server_only=True, references=[Reference("case", "case")], harmless={"person": "who made it"},
)  # fmt: skip
RECORD_TYPES = [DOSSIER]
