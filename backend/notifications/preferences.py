"""Which ways a message takes to somebody, and when."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from fieldforms.vocabulary import codes

from . import quiet
from .models import Preference
from .quiet import Hours

EMAIL, SMS, WEBHOOK = "email", "sms", "webhook"
# Ways to a person; a webhook is a county's.
PERSONAL = tuple(codes("personal_channel"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """`quiet` None means the county's own hours. Without an e-mail address nothing goes by e-mail;
    a mobile number there always may be, because people are registered with one."""

    normal: Collection[str] = ()
    critical: Collection[str] = PERSONAL
    has_email: bool = False
    quiet: Hours | None = None

    def channels(self, *, critical: bool) -> list[str]:
        """Those she wants and the system can use, in the order of `PERSONAL`."""
        wanted = self.critical if critical else self.normal
        return [
            channel
            for channel in PERSONAL
            if channel in wanted and is_on(channel) and (channel != EMAIL or self.has_email)
        ]


def is_on(channel: str) -> bool:
    """Whether the operator has said where this way leads."""
    configured = {EMAIL: settings.HUXING_SMTP, SMS: settings.HUXING_SMS_URL, WEBHOOK: True}
    return bool(configured[channel])


def wishes(people: Collection[UUID]) -> Mapping[UUID, Wishes]:
    """Everybody's, the defaults where nobody chose; one statement."""
    chosen = {row.person: of_row(row) for row in Preference.objects.filter(person__in=people)}
    return {person: chosen.get(person, Wishes()) for person in people}


def of_row(row: Preference) -> Wishes:
    own = (row.quiet_from, row.quiet_until)
    return Wishes(
        normal=row.normal, critical=row.critical, has_email=row.has_email,
        quiet=own if own[0] is not None and own[1] is not None else None,  # type: ignore[arg-type]
    )  # fmt: skip


def due(now: datetime, *, critical: bool, wishes: Wishes, county: str) -> datetime:
    """When a message may go to somebody: at once if it is critical, else outside her quiet hours."""
    if critical:
        return now
    return quiet.until(timezone.localtime(now), wishes.quiet or quiet_hours(county))


def quiet_hours(county: str) -> Hours:
    """Those of the county, or everybody's."""
    hours: Hours = settings.HUXING_QUIET_HOURS_BY_COUNTY.get(
        county[:6], settings.HUXING_QUIET_HOURS
    )
    return hours
