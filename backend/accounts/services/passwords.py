"""Office passwords."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from backend.audit import services as audit
from backend.common.errors import NotFound

from ..errors import LoginFailed, PasswordWeak
from ..models import Person
from . import area
from .sessions import log_ins_close


def check_password(password: str) -> None:
    """Raises `PasswordWeak`."""
    try:
        validate_password(password)
    except ValidationError as error:
        raise PasswordWeak(reasons=" ".join(error.messages)) from error


@transaction.atomic
def password_set(*, person: UUID, password: str, actor: UUID | None, now: datetime) -> None:
    """A new password given by an administrator; every log-in of the person ends.

    Raises `NobodysOwn`, `NotFound` (also for somebody who has no user name) and `PasswordWeak`.
    """
    area.check_not_own(person, actor=actor)
    area.check_held([person], actor=actor, now=now)
    _change(person, password, actor=actor, now=now)


@transaction.atomic
def password_change(*, person: UUID, current: str, password: str, now: datetime) -> None:
    """Her own. Raises `LoginFailed` when `current` is wrong, and `PasswordWeak`."""
    if not Person.objects.get(id=person).check_password(current):
        raise LoginFailed(fields=("current",))
    _change(person, password, actor=person, now=now)


def _change(person: UUID, password: str, *, actor: UUID | None, now: datetime) -> None:
    check_password(password)
    row = Person.objects.filter(id=person, username__isnull=False, is_active=True).first()
    if row is None:
        raise NotFound(fields=("person",))
    row.set_password(password)
    row.save(update_fields=["password"])
    log_ins_close(person)
    audit.record(
        actor=actor, action="person.password", subject=person, now=now,
        subject_type="person", county=area.county_of_person(person, now),
    )  # fmt: skip
