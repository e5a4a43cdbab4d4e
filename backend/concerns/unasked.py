"""A visit at which much was not asked is a sign for the township: somebody may need help, or was in a hurry."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.notifications.services import Notice, enqueue
from sync.entries import Applied

from . import levels
from .audience import About, Audience
from .gaps import MANY


def tell_of_unasked(applied: Sequence[Applied], now: datetime) -> None:
    """The township hears once a visit how many critical questions are open; never of sealed ones."""
    visits: dict[str, list[Applied]] = {}
    for item in applied:
        if item.type == "gap" and not item.columns["sealed"]:
            visits.setdefault(_visit(item), []).append(item)
    much = {visit: number for visit, gaps in visits.items() if (number := _unasked(gaps)) >= MANY}
    if not much:
        return
    rows = {visit: _about(visits[visit][0], now) for visit in much}
    audience = Audience(rows.values(), now=now)
    enqueue(
        [
            Notice(
                key=f"visit.unasked:{visit}", person=person, kind="visit.unasked",
                values={"division": row.division[:9], "number": much[visit]},
                county=row.division[:6],
            )
            for visit, row in rows.items()
            for person in sorted(audience.at(row, row.level))
        ],
        now=now,
    )  # fmt: skip


def _visit(gap: Applied) -> str:
    """The visit it belongs to; a part without one is a visit of its own."""
    return str(gap.entry.data.get("visit") or gap.columns["cause"])


def _unasked(gaps: Sequence[Applied]) -> int:
    return len({question for gap in gaps for question in gap.columns["ask"]})


def _about(gap: Applied, now: datetime) -> About:
    """A level that the visit's answers accuse is passed over, here as everywhere."""
    data: dict[str, Any] = gap.entry.data
    (level,) = levels.told(["township"], "low", sealed=False, skips=data.get("skips", ""))
    return About(
        UUID(data["cause"]), gap.entry.file, data["division"], "low", now, False, level,
        data.get("skips", ""), [], None, now,
    )  # fmt: skip
