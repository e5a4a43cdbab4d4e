"""Registers every record type with sync and gives sync what it needs of this project."""

import hashlib
from typing import Any

from rest_framework.request import Request

from backend.accounts import queries as accounts
from backend.caseload import queries as caseload
from backend.caseload.record import RECORD_TYPES as CASELOAD
from backend.children.record import RECORD_TYPES as CHILDREN
from backend.common import clock, encrypted
from backend.concerns.record import RECORD_TYPES as CONCERNS
from backend.visits.record import RECORD_TYPES as VISITS
from sync import ports
from sync.registry import registry

from . import reactions


def install() -> None:
    """Called once, when the apps are ready."""
    registry.clear()
    for record_type in (*CHILDREN, *VISITS, *CONCERNS, *CASELOAD):
        registry.register(record_type)
    ports.install(
        ports.Ports(
            keys=encrypted.keys,
            react=reactions.react,
            files_of=caseload.files_of_devices,
            sender_of=sender_of,
        )
    )


def sender_of(request: Request) -> ports.Sender:
    """The phone a request comes from; the shard of a stub is the county its people work in."""
    token: Any = request.auth
    device = token.device
    people = accounts.people_of(device.id)
    today = clock.today()
    prefixes = sorted({p for person in people for p in accounts.prefixes(person, on=today)})
    return ports.Sender(
        device=device.id,
        people=people,
        shard=prefixes[0][:6] if prefixes else "",
        revoked=device.revoked_at is not None,
        scope_hash=hashlib.sha256(",".join(prefixes).encode()).hexdigest()[:16],
    )
