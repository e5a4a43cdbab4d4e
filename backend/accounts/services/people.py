"""People: registered, and closed when they leave."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils import timezone

from backend.audit import services as audit
from backend.common import encrypted, ledger, search
from sync import holdings
from sync.protocol import ids

from .. import queries
from ..errors import PersonKnown, UsernameTaken
from ..models import Person, RoleGrant
from . import area
from .passwords import check_password
from .sessions import log_ins_close


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """`username` only for those who log in at the office; `role` with `prefixes` only in a bulk.

    `hashed` is the password's hash where somebody has computed it before: it takes a moment on purpose.
    """

    name: str
    phone: str
    username: str | None = None
    password: str | None = None
    division: str = ""
    role: str | None = None
    prefixes: Sequence[str] = ()
    starts_on: date | None = None
    ends_on: date | None = None
    hashed: str | None = None


def person_create(
    *,
    username: str | None,
    name: str,
    phone: str,
    password: str | None,
    actor: UUID | None,
    now: datetime,
    division: str | None = None,
) -> Person:
    """A new person, without any role. `division` is where she belongs; the actor's own by default.

    Raises `OutsideScope`, `PasswordWeak`, `PersonKnown` and `UsernameTaken`.
    """
    own = area.areas(actor, now)
    if division is None:
        division = own[0] if own else ""
    area.check_prefixes([division], areas=own, field="division")
    if password is not None:
        check_password(password)
    new = NewPerson(
        name=name, phone=phone, username=username or None, password=password, division=division
    )
    if own is not None and known([new], areas=own, now=now):
        raise PersonKnown()
    return people_store([new], actor=actor, now=now)[0]


def known(rows: Sequence[NewPerson], *, areas: Sequence[str], now: datetime) -> dict[int, UUID]:
    """Who of the rows (by place) is registered in the areas: the same name and phone."""
    phones = {search.phone_token(row.phone) for row in rows if row.phone}
    people = queries.people_in(areas, on=timezone.localdate(now), active=True)
    matches = people.filter(search__overlap=sorted(phones)).values_list("id", flat=True)
    cards = {
        (card["name"], search.normalise_phone(card["phone"])): person
        for person, card in queries.cards(list(matches)).items()
    }
    keys = [(row.name, search.normalise_phone(row.phone)) for row in rows]
    return {place: cards[key] for place, key in enumerate(keys) if key in cards}


def people_store(
    rows: Sequence[NewPerson], *, actor: UUID | None, now: datetime, names: Sequence[UUID] = ()
) -> list[Person]:
    """Writes checked rows in a fixed number of statements, under ids of their own or those of `names`.

    Raises `UsernameTaken`.
    """
    people = [
        Person(id=id_, username=row.username, division=row.division)
        for id_, row in zip(names or [ids.uuid7(now) for _ in rows], rows, strict=True)
    ]
    try:
        with transaction.atomic():
            ciphers = encrypted.keys([person.id for person in people], create=True)
            for person, row in zip(people, rows, strict=True):
                person.password = row.hashed or make_password(row.password)
                person.search = search.card_tokens(name=row.name, phones=[row.phone])
                card = {"name": row.name, "phone": row.phone}
                person.sealed = ciphers[person.id].seal_json(card)
            Person.objects.bulk_create(people)
            lines = [
                audit.Line(actor=actor, subject=person.id, county=area.county([person.division]))
                for person in people
            ]
            audit.record_each(lines, action="person.create", subject_type="person", now=now)
    except IntegrityError as error:
        # Anything but the one constraint a caller can do something about is our own fault.
        if getattr(error.__cause__, "diag", None) is None or (
            error.__cause__.diag.constraint_name != "person_username_once"  # type: ignore[union-attr]
        ):
            raise
        taken = ", ".join(row.username for row in rows if row.username)
        raise UsernameTaken(username=taken) from error
    return people


@transaction.atomic
def person_deactivate(*, person: UUID, actor: UUID | None, now: datetime) -> None:
    """Closes the account of somebody who left: roles end at once, phones give back what they hold.

    What she made stays hers. Twice is as good as once. Raises `NotFound` and `NobodysOwn`.
    """
    area.check_not_own(person, actor=actor)
    area.check_held([person], actor=actor, now=now)
    if account_close(person=person, actor=actor, at=now):
        ledger.record(ledger.Fact(kind="person.deactivate", subject=person, at=now, by=actor))


def account_close(*, person: UUID, actor: UUID | None, at: datetime) -> bool:
    """What a deactivation does, once it is decided. False when it was done before."""
    county = area.county_of_person(person, at)
    today = timezone.localdate(at)
    left = Person.objects.filter(id=person, is_active=True).update(is_active=False, left_on=today)
    if left != 1:
        return False
    RoleGrant.objects.filter(queries.unended(today), person=person).update(ended_at=at)
    log_ins_close(person)
    holdings.reconcile(queries.devices_of([person]))
    audit.record(
        actor=actor, action="person.deactivate", subject=person, now=at,
        subject_type="person", county=county,
    )  # fmt: skip
    return True
