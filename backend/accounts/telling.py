"""Who is told of what two people decide, and of a new phone. Messages name no child and no person."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from django.utils import timezone

from backend.regions import codes

from . import confirming, guarded, news, queries
from .models import Confirmation

PAGE = "/office/confirmations/"


def tell(row: Confirmation, now: datetime) -> None:
    """What became of a request, to all whom it concerns: at once, whatever the hour."""
    on = timezone.localdate(now)
    people = guarded.holders(row.divisions, on=on) | {row.asked_by_id}
    people |= {one for one in (row.decided_by_id, row.person_id) if one is not None}
    if confirming.kind(row.kind).auditors:
        people |= {one.person for one in queries.holding(row.divisions, roles=("auditor",), on=on)}
    place = row.divisions[0]
    asked = row.state == "asked"
    values = {"what": row.kind, "division": place, "link": PAGE}
    said = news.News(
        key=f"confirmation {row.id} {row.state}", people=people, county=place[:6], subject=row.id,
        kind="confirmation.asked" if asked else "confirmation.settled",
        values=values if asked else values | {"how": row.state},
    )  # fmt: skip
    news.tell([said], now=now)


def tell_made(person: UUID, *, division: str, grant: int, now: datetime) -> None:
    """That the operator made an administrator by the command, to those who were there before."""
    people = guarded.holders([division], on=timezone.localdate(now)) - {person}
    values = {"division": division, "link": PAGE}
    said = news.News(
        key=f"administrator {grant}", people=people, kind="administrator.made", values=values,
        county=division[:6], subject=person,
    )  # fmt: skip
    news.tell([said], now=now)


def tell_phone(people: Collection[UUID], *, device: UUID, now: datetime) -> None:
    """That somebody has a new phone, to her and to the township's supervisors; else to those who
    administer where she works."""
    on = timezone.localdate(now)
    said = []
    for person, places in queries.areas_of(people, on=on).items():
        place = places[0]
        told = _over(place, on)
        said.append(
            news.News(
                key=f"phone {device} {person}", people=told | {person}, kind="person.phone",
                values={"division": place}, county=place[:6], subject=device,
            )
        )  # fmt: skip
    news.tell(said, now=now)


def _over(place: str, on: date) -> set[UUID]:
    if not codes.is_well_formed(place):
        return set()
    township = queries.covering(place, roles=("township_supervisor",), on=on)
    return township or queries.covering(place, roles=queries.GUARDED, on=on)
