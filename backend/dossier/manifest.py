"""What travels inside the PDF for a machine to check: ids and hashes, no word about the child.

Pure. `verification` makes the same from the database and compares.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.audit.queries import Head
from sync.protocol import messages
from sync.uploads.queries import Card

from .lines import Line
from .naming import REPORTS

FORMAT = 1
NAME = "manifest.json"


def make(
    *, dossier: UUID, child: UUID, household: UUID | None, case: UUID | None, sealed: bool,
    made_at: datetime, county: str, head: Head | None, lines: Sequence[Line], photos: Iterable[Card],
) -> dict[str, Any]:  # fmt: skip
    return {
        "format": FORMAT,
        "dossier": str(dossier),
        "child": str(child),
        "household": str(household) if household else None,
        "case": str(case) if case else None,
        "sealed": sealed,
        "made_at": made_at.isoformat(),
        "county": county,
        "audit": audit(head) if head else None,
        "operations": operations(lines),
        "photos": [photo(card) for card in photos],
    }


def audit(head: Head) -> dict[str, Any]:
    return {"county": head.county, "number": head.number, "hash": head.hash.hex()}


def operations(lines: Iterable[Line]) -> list[dict[str, Any]]:
    """Phones are numbered in the order they first appear: which one it was names its owner."""
    phones: dict[UUID, str] = {}
    told = []
    for line in lines:
        hidden = line.device is None or line.kind in REPORTS
        told.append({
            "op": str(line.op),
            "kind": line.kind,
            "observed": line.observed.isoformat(),
            "received": line.received.isoformat(),
            "device": "" if hidden else _numbered(phones, line.device),
            "seq": None if hidden else line.seq,
            "sha256": line.hash,
        })  # fmt: skip
    return told


def photo(card: Card) -> dict[str, Any]:
    return {
        "attachment": str(card.id), "op": str(card.op), "sha256": card.sha256,
        "photograph": card.photo, "status": card.status,
    }  # fmt: skip


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def write(manifest: Mapping[str, Any]) -> bytes:
    return messages.write(manifest)


def _numbered(phones: dict[UUID, str], device: UUID | None) -> str:
    assert device
    return phones.setdefault(device, f"D{len(phones) + 1}")
