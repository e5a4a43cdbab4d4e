"""How somebody wants to be reached: shown to her and changed by her alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.audit import services as audit
from backend.common import encrypted

from . import contacts
from .errors import CriticalUnreachable, MobileMalformed, QuietHalf
from .models import Preference
from .preferences import PERSONAL, SMS, is_on, of_row, quiet_hours
from .preferences import Wishes as Defaults


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """`quiet_*` None means the county's own hours, which `usual_*` hold. `on` are the ways that work."""

    email: str
    mobile: str
    normal: Sequence[str]
    critical: Sequence[str]
    quiet_from: time | None
    quiet_until: time | None
    usual_from: time
    usual_until: time
    on: Sequence[str]


def contact(person: UUID, *, now: datetime) -> Contact:
    row = Preference.objects.filter(person=person).first()
    wishes = of_row(row) if row else Defaults()
    own = contacts.chosen([person]).get(person, {})
    usual = quiet_hours(_county(person, now))
    return Contact(
        email=own.get("email", ""), mobile=own.get("mobile", ""),
        normal=list(wishes.normal), critical=list(wishes.critical),
        quiet_from=wishes.quiet[0] if wishes.quiet else None,
        quiet_until=wishes.quiet[1] if wishes.quiet else None,
        usual_from=usual[0], usual_until=usual[1], on=[way for way in PERSONAL if is_on(way)],
    )  # fmt: skip


@transaction.atomic
def contact_save(
    *, person: UUID, email: str, mobile: str, normal: Sequence[str], critical: Sequence[str],
    quiet_from: time | None, quiet_until: time | None, now: datetime,
) -> None:  # fmt: skip
    """Raises `MobileMalformed`, `QuietHalf` and `CriticalUnreachable`."""
    digits = contacts.mobile(mobile)
    if mobile.strip() and not digits:
        raise MobileMalformed()
    if (quiet_from is None) != (quiet_until is None):
        raise QuietHalf()
    if SMS not in critical and not (critical and email):
        raise CriticalUnreachable()
    card = {"email": email, "mobile": digits}
    Preference.objects.update_or_create(
        person=person,
        defaults={
            "sealed": encrypted.key(person).seal_json(card), "has_email": bool(email),
            "normal": sorted(set(normal)), "critical": sorted(set(critical)),
            "quiet_from": quiet_from, "quiet_until": quiet_until,
        },
    )  # fmt: skip
    audit.record(
        actor=person, action="contact.change", subject=person, subject_type="person",
        county=_county(person, now), now=now,
    )  # fmt: skip


def _county(person: UUID, now: datetime) -> str:
    areas = accounts.areas_of([person], on=timezone.localdate(now)).get(person, [])
    return areas[0][:6] if areas else ""
