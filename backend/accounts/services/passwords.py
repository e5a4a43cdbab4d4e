"""Office passwords."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from backend.audit import services as audit
from backend.common.errors import NotFound

from .. import guarded, queries
from ..errors import LoginFailed, PasswordWeak
from ..models import Confirmation, Person
from . import area
from .confirmations import Wish, confirmation_ask
from .sessions import log_ins_close


def check_password(password: str) -> None:
    """Raises `PasswordWeak`."""
    try:
        validate_password(password)
    except ValidationError as error:
        raise PasswordWeak(reasons=" ".join(error.messages)) from error


@transaction.atomic
def password_set(
    *, person: UUID, password: str, actor: UUID | None, now: datetime, reason: str = ""
) -> Confirmation | None:
    """A new password given by an administrator; every log-in of the person ends.

    Of somebody with a guarded role it is only asked for: the request that a second person has to
    confirm is returned, and holds the password's hash. Raises `NobodysOwn`, `NotFound` (also for
    somebody who has no user name), `PasswordWeak`, and what `confirmation_ask` raises.
    """
    area.check_not_own(person, actor=actor)
    area.check_held([person], actor=actor, now=now)
    check_password(password)
    _usable(person)
    if actor is None or not guarded.is_guarded(person, on=timezone.localdate(now)):
        password_put(person=person, encoded=make_password(password), actor=actor, now=now)
        return None
    wish = Wish(
        kind="person.password", subject=person, subject_type="person", person=person,
        divisions=queries.areas_of([person], on=timezone.localdate(now))[person],
        secret=make_password(password),
    )  # fmt: skip
    return confirmation_ask(wish=wish, reason=reason, actor=actor, now=now)


@transaction.atomic
def password_change(*, person: UUID, current: str, password: str, now: datetime) -> None:
    """Her own. Raises `LoginFailed` when `current` is wrong, and `PasswordWeak`."""
    if not Person.objects.get(id=person).check_password(current):
        raise LoginFailed(fields=("current",))
    check_password(password)
    password_put(person=person, encoded=make_password(password), actor=person, now=now)


def password_put(
    *, person: UUID, encoded: str, actor: UUID | None, now: datetime, decided_by: UUID | None = None
) -> None:
    """`encoded` is the hash. Raises `NotFound`."""
    _usable(person)
    Person.objects.filter(id=person).update(password=encoded)
    log_ins_close(person)
    audit.record(
        actor=actor, action="person.password", subject=person, now=now, subject_type="person",
        county=area.county_of_person(person, now),
        detail={"confirmed_by": str(decided_by)} if decided_by else None,
    )  # fmt: skip


def _usable(person: UUID) -> None:
    """Raises `NotFound` for somebody who does not log in."""
    if not Person.objects.filter(id=person, username__isnull=False, is_active=True).exists():
        raise NotFound(fields=("person",))
