"""What has passed its time: deleted where that is the product's to do, put before people where it is not."""

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from backend.accounts import news
from backend.accounts import queries as accounts
from backend.accounts import services as log_ins
from backend.accounts.models import Confirmation
from backend.common.errors import NotFound
from backend.common.language import language
from backend.erasure import services as erasure
from backend.notifications import services as notifications
from backend.rights import services as rights

from . import queries, schedule

# Rows of one statement, so that none holds its rows for long.
PIECE = 500
PAGE = "/office/retention/"
Clean = Callable[..., int]
# How each line that this app sees to is kept: `(before=, most=)` gives how many went.
CLEANERS: Mapping[str, Clean] = {
    "delivery": notifications.deliveries_forget,
    "notice": notifications.notices_forget,
    "enrolment_code": log_ins.enrolment_codes_forget,
    "guardian_copy": rights.copies_expire,
}


def keep(*, now: datetime) -> dict[str, int]:
    """Deletes what the schedule says; how many of each. Safe to stop anywhere and to run twice at once."""
    return {name: _all(name, clean, now) for name, clean in CLEANERS.items()}


def _all(name: str, clean: Clean, now: datetime) -> int:
    line, gone = schedule.lines()[name], 0
    # A copy carries its own end, which it got when it was made.
    before = now if name == "guardian_copy" else now - line.kept
    while piece := clean(before=before, most=PIECE):
        gone += piece
    return gone


def propose(*, now: datetime) -> int:
    """Tells administrators and leads of each county, once a month, that files have passed their time.

    The files themselves are asked for when somebody looks: there is no list that could be out of date.
    Nothing is erased by this. Returns how many counties were told.
    """
    counties = queries.counties_due(now=now)
    said = [
        news.News(
            key=f"retention {county} {now:%Y-%m}", kind="retention.due", critical=False,
            people=accounts.covering(county, roles=queries.READERS, on=queries.today(now)),
            values={"division": county, "link": PAGE}, county=county,
        )
        for county in counties
    ]  # fmt: skip
    news.tell(said, now=now)
    return len(said)


def erasure_propose(*, child: UUID, actor: UUID, now: datetime) -> Confirmation:
    """Asks for the erasure of one that is due, with the schedule's ground as the reason.

    A second person confirms it and it waits seven days, as every erasure. Raises `NotFound` for a child
    whose time has not passed, and what `erasure_ask` raises.
    """
    if not queries.due(viewer=actor, now=now).filter(id=child).exists():
        raise NotFound(fields=("child",))
    ground = schedule.lines()[queries.CHILD_FILE].ground[language()]
    return erasure.erasure_ask(child=child, reason=ground, actor=actor, now=now)
