"""What this app itself lets nobody do alone, and how it is carried out."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from backend.common.errors import NotFound

from .. import queries
from ..confirming import Confirmed, Kind
from ..models import Confirmation, Person
from . import area
from .confirmations import Wish, confirmation_ask
from .passwords import password_put
from .roles import role_put
from .second_factor import end


def _role(confirmed: Confirmed, now: datetime) -> None:
    said = confirmed.detail
    assert confirmed.person
    area.check_prefixes(said["prefixes"], areas=area.areas(confirmed.asked_by, now))
    area.check_seen(confirmed.person, actor=confirmed.asked_by, now=now)
    role_put(
        person=confirmed.person, role=said["role"], prefixes=said["prefixes"],
        starts_on=date.fromisoformat(said["starts_on"]),
        ends_on=date.fromisoformat(said["ends_on"]) if said["ends_on"] else None,
        actor=confirmed.asked_by, decided_by=confirmed.decided_by, now=now,
    )  # fmt: skip


def _password(confirmed: Confirmed, now: datetime) -> None:
    assert confirmed.person
    area.check_held([confirmed.person], actor=confirmed.asked_by, now=now)
    password_put(
        person=confirmed.person, encoded=confirmed.secret, actor=confirmed.asked_by,
        decided_by=confirmed.decided_by, now=now,
    )  # fmt: skip


def _second_factor(confirmed: Confirmed, now: datetime) -> None:
    assert confirmed.person
    area.check_held([confirmed.person], actor=confirmed.asked_by, now=now)
    end(person=confirmed.person, actor=confirmed.asked_by, now=now)


KINDS = (
    Kind(name="role.grant", perform=_role),
    Kind(name="person.password", perform=_password),
    Kind(name="second_factor.end", perform=_second_factor),
)


@transaction.atomic
def second_factor_ask(*, person: UUID, reason: str, actor: UUID, now: datetime) -> Confirmation:
    """Asks for the end of somebody's second factor. Raises `NobodysOwn`, `NotFound` (also where none
    is set up), and what `confirmation_ask` raises."""
    area.check_not_own(person, actor=actor)
    area.check_held([person], actor=actor, now=now)
    if not Person.objects.filter(id=person, factor_at__isnull=False).exists():
        raise NotFound(fields=("person",))
    wish = Wish(
        kind="second_factor.end", subject=person, subject_type="person", person=person,
        divisions=queries.areas_of([person], on=timezone.localdate(now))[person],
    )  # fmt: skip
    return confirmation_ask(wish=wish, reason=reason, actor=actor, now=now)
