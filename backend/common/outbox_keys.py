"""The key pairs of the sealed outbox: phones seal to the public one, only the server can open."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from sync.protocol import sealing

from . import clock, ledger
from .encrypted import master, open_wrapped
from .models import OutboxKey

KIND = "outbox.key"


class OutboxKeys:
    """The port of sync; see `sync.ports.OutboxKeys`."""

    def public(self) -> bytes:
        return current(now=clock.now())

    def private(self, ids: Iterable[bytes]) -> Mapping[bytes, bytes]:
        rows = OutboxKey.objects.filter(id__in=list(ids)).values_list("id", "wrapped")
        return {bytes(id_): open_wrapped(wrapped, bytes(id_)) for id_, wrapped in rows}


def current(*, now: datetime) -> bytes:
    """The public point that phones seal to; the first one is made when it is first asked for."""
    found = _current()
    if found is None:
        try:
            with transaction.atomic():
                return _make(now)
        except IntegrityError:  # another process was first
            found = _current()
    assert found
    return found


@transaction.atomic
def rotate(*, now: datetime) -> bytes:
    """A new current key, which phones learn at their next sync. The old ones still open."""
    with connection.cursor() as cursor:
        # Rotations follow each other and the making of the first key; whoever reads does not wait.
        cursor.execute("LOCK TABLE common_outboxkey IN SHARE ROW EXCLUSIVE MODE")
    OutboxKey.objects.filter(current=True).update(current=False)
    return _make(now)


def _current() -> bytes | None:
    public = OutboxKey.objects.filter(current=True).values_list("public", flat=True).first()
    return None if public is None else bytes(public)


def _make(now: datetime) -> bytes:
    private, public = sealing.new_key()
    id_ = sealing.key_id(public)
    wrapped = master().seal(private, id_)
    OutboxKey.objects.create(id=id_, public=public, wrapped=wrapped, made_at=now)
    # A phone may seal to it within the minute: a restored backup must not lose it.
    detail = {"public": public.hex(), "wrapped": wrapped.hex()}
    ledger.record(ledger.Fact(kind=KIND, subject=_subject(id_), at=now, detail=detail))
    return public


def put_back(fact: ledger.Fact) -> None:
    """A key that a restored database has forgotten. The latest one in the ledger is current."""
    public, wrapped = (bytes.fromhex(fact.detail[name]) for name in ("public", "wrapped"))
    if not OutboxKey.objects.filter(public=public).exists():
        OutboxKey.objects.filter(current=True).update(current=False)
        OutboxKey.objects.create(
            id=sealing.key_id(public), public=public, wrapped=wrapped, made_at=fact.at
        )


def _subject(id_: bytes) -> UUID:
    """The ledger names things by UUID; a key's id is half of one."""
    return UUID(bytes=id_.ljust(16, b"\0"))
