"""Ending somebody else's second factor, which two people decide."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from .. import queries
from ..models import Confirmation
from . import area
from .confirmations import Wish, confirmation_ask


@transaction.atomic
def second_factor_end(*, person: UUID, reason: str, actor: UUID, now: datetime) -> Confirmation:
    """Asks for it, whoever the person is. Raises `NobodysOwn`, `NotFound`, and what `confirmation_ask`
    raises."""
    area.check_not_own(person, actor=actor)
    area.check_held([person], actor=actor, now=now)
    wish = Wish(
        kind="second_factor.end", subject=person, subject_type="person", person=person,
        divisions=queries.areas_of([person], on=timezone.localdate(now))[person],
    )  # fmt: skip
    return confirmation_ask(wish=wish, reason=reason, actor=actor, now=now)
