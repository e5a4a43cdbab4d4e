"""What guardians asked for and nobody answered in time: who is reminded, who above hears of it, and what nobody learns."""

import datetime as dt
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from backend.accounts.models import RoleGrant
from backend.audit import services as audit
from backend.children import queries as children
from backend.children.models import Child
from backend.notifications.models import Notice
from backend.rights import corrections, reminders, services
from backend.rights.models import CopyRequest, Correction

from .conftest import COUNTY, OTHER_COUNTY, person
from .town import CAST, TOWNSHIP, Town

pytestmark = pytest.mark.django_db
CHINA = ZoneInfo("Asia/Shanghai")
# Fifteen working days end with 8 June 2026, a Monday; five more begin to end with the Monday after.
FILED = dt.datetime(2026, 5, 18, 10, tzinfo=CHINA)
IN_TIME = dt.datetime(2026, 6, 8, 23, 59, tzinfo=CHINA)
LATE = dt.datetime(2026, 6, 9, 0, 1, tzinfo=CHINA)
SUNDAY = dt.datetime(2026, 6, 14, 12, tzinfo=CHINA)
CLIMBED = dt.datetime(2026, 6, 15, 9, tzinfo=CHINA)
PEOPLE = {
    "lead": ("county_lead", COUNTY), "second_lead": ("county_lead", COUNTY),
    "far_lead": ("county_lead", OTHER_COUNTY), "prefecture": ("viewer", COUNTY[:4]),
}  # fmt: skip


@pytest.fixture
def town(db: None) -> Town:
    people = CAST | PEOPLE
    made = Town({n: person(n, role, prefix, None) for n, (role, prefix) in people.items()})
    RoleGrant.objects.update(starts_on=dt.date(2026, 1, 1))
    return made


def adult(child: UUID) -> UUID:
    home = Child.objects.get(id=child).household
    assert home
    found: UUID = children.guardians_of(home)[0]["id"]
    return found


def copy(town: Town, child: UUID, *, by: str = "township") -> CopyRequest:
    return services.copy_ask(
        child=child, guardian=adult(child), identity_check="id_card", note="当面提出",
        actor=town.people[by].id, now=FILED,
    )  # fmt: skip


def correction(town: Town, child: UUID, *, by: str = "township") -> Correction:
    return corrections.correction_ask(
        child=child, guardian=adult(child), fact="child.identity.name", wished="龙小艳",
        ground="户口簿", actor=town.people[by].id, now=FILED,
    )  # fmt: skip


def child_of(town: Town, name: str = "龙小燕") -> UUID:
    return town.child(name, of="wu", guardian="13900001111")


def told(town: Town, kind: str) -> set[str]:
    names = {who.id: name for name, who in town.people.items()}
    found = Notice.objects.filter(kind=kind).values_list("person", flat=True)
    assert len(found) == len(set(found)), "nobody hears of it twice"
    return {names[one] for one in found}


def test_who_may_decide_is_reminded_once_when_the_day_has_passed(town: Town) -> None:
    child = child_of(town)
    row = copy(town, child)
    correction(town, child)
    assert row.due_at == dt.datetime(2026, 6, 9, tzinfo=CHINA)
    assert reminders.remind(now=IN_TIME) == 0
    assert told(town, "copy.overdue") == told(town, "correction.overdue") == set()
    assert reminders.remind(now=LATE) == 2
    for again in (LATE, LATE + dt.timedelta(hours=1), SUNDAY):
        reminders.remind(now=again)
        assert told(town, "copy.overdue") == {"lead", "second_lead"}
        assert told(town, "correction.overdue") == {"lead", "second_lead", "officer"}
    assert told(town, "copy.climbed") == told(town, "correction.climbed") == set()


def test_five_working_days_later_the_level_above_hears_of_it_and_gets_no_page(town: Town) -> None:
    child = child_of(town)
    copy(town, child)
    correction(town, child)
    for now in (SUNDAY, CLIMBED, CLIMBED + dt.timedelta(days=1)):
        reminders.remind(now=now)
        expected = {"prefecture"} if now >= CLIMBED else set()
        assert told(town, "copy.climbed") == told(town, "correction.climbed") == expected
    for notice in Notice.objects.filter(kind__endswith=".climbed"):
        assert notice.values == {"division": TOWNSHIP}


def test_whoever_leads_above_gets_the_page_too(town: Town) -> None:
    above = person("above", "county_lead", COUNTY[:4], None)
    town.people["above"] = above
    RoleGrant.objects.update(starts_on=dt.date(2026, 1, 1))
    copy(town, child_of(town))
    reminders.remind(now=CLIMBED)
    assert told(town, "copy.overdue") == {"lead", "second_lead", "above"}
    assert told(town, "copy.climbed") == {"prefecture", "above"}
    notice = Notice.objects.get(kind="copy.climbed", person=above.id)
    assert notice.values == {"division": TOWNSHIP, "link": "/office/rights/"}


def test_what_is_decided_or_withdrawn_reminds_nobody(town: Town) -> None:
    child, lead = child_of(town), town.lead.id
    one, other = copy(town, child), correction(town, child)
    services.copy_refuse(request=one.id, reason="依法不予提供", actor=lead, now=IN_TIME)
    corrections.correction_withdraw(correction=other.id, actor=town.township.id, now=IN_TIME)
    assert reminders.remind(now=CLIMBED) == 0
    assert not Notice.objects.filter(kind__regex=r"\.(overdue|climbed)$").exists()


def test_a_lead_who_may_not_decide_a_copy_is_not_reminded_of_it(town: Town) -> None:
    """Neither whoever filed it nor whose account hangs on that; of a correction everybody else."""
    audit.record(
        actor=town.second_lead.id, action="role.grant", subject=town.township.id,
        subject_type="person", county=COUNTY, now=FILED,
    )  # fmt: skip
    child = child_of(town)
    copy(town, child)
    correction(town, child, by="second_lead")
    reminders.remind(now=LATE)
    assert told(town, "copy.overdue") == {"lead"}
    assert told(town, "correction.overdue") == {"lead", "officer", "township"}


def test_where_nobody_may_decide_the_level_above_hears_at_once(town: Town) -> None:
    RoleGrant.objects.filter(person=town.second_lead.id).update(ends_on=dt.date(2026, 2, 1))
    copy(town, child_of(town), by="lead")
    reminders.remind(now=LATE)
    assert told(town, "copy.overdue") == set()
    assert told(town, "copy.climbed") == {"prefecture"}
    reminders.remind(now=CLIMBED)
    assert told(town, "copy.climbed") == {"prefecture"}


def test_secure_no_reminder_differs_by_what_stands_in_the_way(town: Town) -> None:
    """The same people hear the same words of a request that is hindered and of one that is not."""

    def said(child: UUID) -> list[Any]:
        row = copy(town, child)
        reminders.remind(now=CLIMBED)
        found = Notice.objects.filter(subject=row.id, kind__regex=r"\.(overdue|climbed)$")
        return list(found.order_by("kind", "person").values("kind", "person", "values", "critical"))

    plain, suspected = child_of(town), child_of(town, "石阿朵")
    answers = {"answers": {"suspected_persons": ["parent"]}}
    concern = town.office("concern.raise", UUID(int=7), answers, suspected)
    town.submit(concern)
    assert said(plain) == said(suspected)
    named = [sorted(one["values"]) for one in said(child_of(town, "吴小勇"))]
    assert named == [["division"], ["division", "link"], ["division", "link"]]


def test_every_late_request_is_said_however_many_there_are(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminders, "PIECE", 1)
    for name in ("龙小燕", "石阿朵", "吴小勇"):
        correction(town, child_of(town, name))
    assert reminders.remind(now=LATE) == 3
    assert Notice.objects.filter(kind="correction.overdue", person=town.officer.id).count() == 3
