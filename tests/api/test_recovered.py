"""What phones gave back after a restore: read by the county, each reading on the audit log."""

import datetime as dt

import pytest
from django.db import transaction

from backend.audit.models import AuditEntry
from backend.concerns.models import Escalation, Finding
from backend.recovery.services import recovered_alert
from sync.models import Recovered
from tests.cast import Cast

pytestmark = pytest.mark.django_db
PATH = "/api/v1/recovered/"


def test_the_county_reads_the_contents_and_that_is_on_the_log(cast: Cast) -> None:
    answer = cast["officer"].call("GET", PATH).json()
    (row,) = answer["results"]
    assert row["contents"] == {"data": {"answers": {"words": "奶奶住院了"}}}
    assert (row["type"], row["device"]) == ("visit_part", str(cast.here.ids["device"]))
    assert row["settled_at"] is None
    line = AuditEntry.objects.filter(action="recovered.read").latest("id")
    assert cast["officer"].person
    assert (line.actor, line.subject) == (cast["officer"].person.id, cast.here.ids["child"])


def test_what_nobody_sends_again_opens_an_escalation_once(cast: Cast) -> None:
    """Danger is never merged away: its author's phone may be lost for good."""
    row = Recovered.objects.get(id=cast.here.ids["recovered"])
    early = row.received + dt.timedelta(hours=1)
    assert recovered_alert(now=early) == 0
    with transaction.atomic():  # received by a clock that was three days ahead
        assert recovered_alert(now=row.received - dt.timedelta(days=3)) == 2
        transaction.set_rollback(True)
    late = row.received + dt.timedelta(hours=3)
    before = Escalation.objects.get(id=cast.here.ids["escalation"])
    assert recovered_alert(now=late) == 2  # the other county's too
    assert recovered_alert(now=late) == 0
    found = Finding.objects.get(cause=row.op)
    assert (found.rule, found.by_hand, found.severity) == ("recovered", True, "high")
    # One escalation a child: the finding joins the one that is open.
    after = Escalation.objects.get(id=before.id)
    assert set(after.findings) == {*before.findings, found.id}


def test_settled_once_by_the_first_who_says_so(cast: Cast) -> None:
    path = f"{PATH}{cast.here.ids['recovered']}/settle"
    assert cast["officer"].call("POST", path).status_code == 204
    first = Recovered.objects.get(id=cast.here.ids["recovered"])
    assert cast["lead"].call("POST", path).status_code == 204
    again = Recovered.objects.get(id=cast.here.ids["recovered"])
    assert cast["officer"].person
    assert again.settled_by == first.settled_by == cast["officer"].person.id
    assert AuditEntry.objects.filter(action="recovered.settle").count() == 1
    assert cast["officer"].call("GET", PATH, query="settled=false").json()["count"] == 0
    assert cast["officer"].call("GET", PATH, query="settled=true").json()["count"] == 1
