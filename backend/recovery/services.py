"""What becomes of recovered evidence."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.audit import services as audit
from backend.common.errors import NotFound
from backend.concerns.by_hand import Unjudged, judge_by_hand
from sync import oplog
from sync.models import Recovered
from sync.recovered import settled_by_arrival

from . import queries

# What can tell of a danger. The phones of most authors come back within the first hours.
TELLING = ("visit_part", "concern")
AT_ONCE = 200


def recovered_alert(*, now: datetime) -> int:
    """A finding by hand for evidence whose author has not come back; returns how many new ones."""
    settled_by_arrival(now=now)
    before = now - timedelta(hours=settings.HUXING_RECOVERED_HOURS)
    # What came while the server's clock was ahead does not wait for the days until it is so late again.
    old = Q(received__lte=before) | Q(received__gt=now)
    rows = Recovered.objects.filter(old, settled_at=None, type__in=TELLING)
    waiting = list(rows.order_by("received", "id"))
    return sum(
        _judge(waiting[start : start + AT_ONCE], now) for start in range(0, len(waiting), AT_ONCE)
    )


def _judge(rows: Sequence[Recovered], now: datetime) -> int:
    """What was put before a person already is left alone by its id."""
    said = oplog.contents(row.op for row in rows)
    cases = [
        Unjudged(
            op=row.op, file=row.file, shard=row.shard, received=row.received,
            sealed=_is_sealed(said[row.op]["record"]),
        )
        for row in rows
        if row.op in said
    ]  # fmt: skip
    return judge_by_hand(cases, now=now)


def _is_sealed(record: dict[str, Any]) -> bool:
    data = record.get("data")
    return isinstance(data, dict) and data.get("kind") == "sexual"


@transaction.atomic
def recovered_settle(*, recovered: UUID, actor: UUID, now: datetime) -> None:
    """A person has looked at it and done what was to be done. Twice is as good as once.

    Raises `NotFound` outside the actor's area.
    """
    areas = accounts.prefixes(actor, on=timezone.localdate(now), roles=queries.READERS)
    row = queries.recovered_in(areas).filter(id=recovered).first()
    if row is None:
        raise NotFound(fields=("recovered",))
    open_row = queries.recovered_in(areas, settled=False).filter(id=recovered)
    if open_row.update(settled_at=now, settled_by=actor):
        audit.record(
            actor=actor, action="recovered.settle", subject=row.file, subject_type="file",
            county=row.shard, now=now, detail={"recovered": str(row.id)},
        )  # fmt: skip
