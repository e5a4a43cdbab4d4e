"""The head of each county's chain, and rows and seals as they are read to be checked."""

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from . import merkle
from .models import AuditSeal


class Row(NamedTuple):
    """A line of the log with all that is hashed of it."""

    id: int
    at: dt.datetime
    actor: UUID | None
    action: str
    subject: UUID
    subject_type: str
    device: UUID | None
    county: str
    detail: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The last seal of a county: who knows its hash knows whether anything before it was changed."""

    county: str
    number: int
    minute: dt.datetime
    hash: bytes


def heads(*, upto: int | None = None) -> dict[str, Head]:
    """By county, now or as they were when the rows up to an id were sealed; one statement."""
    seals = AuditSeal.objects.order_by("county", "-number").distinct("county")
    if upto is not None:
        seals = seals.filter(upto__lte=upto)
    return {
        county: Head(county=county, number=number, minute=minute, hash=bytes(hash_))
        for county, number, minute, hash_ in seals.values_list("county", "number", "minute", "hash")
    }


def head(county: str, *, number: int | None = None) -> Head | None:
    """The last seal of a county, or one of its earlier ones."""
    seals = AuditSeal.objects.filter(county=county).order_by("-number")
    seal = (seals if number is None else seals.filter(number=number)).first()
    if seal is None:
        return None
    return Head(county=county, number=seal.number, minute=seal.minute, hash=bytes(seal.hash))


def heads_root(heads: Mapping[str, Head]) -> bytes:
    """One hash for the whole log: the Merkle root over its counties' heads, by code."""
    return merkle.root(
        [
            hashlib.sha256(
                b"\x00" + merkle.canonical([code, head.number, head.hash.hex()])
            ).digest()
            for code, head in sorted(heads.items())
        ]
    )
