"""What a county sets on top of the rules counts where its children live (rules.md, "A rule")."""

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import Person
from backend.concerns import evidence, kept
from backend.concerns.models import Escalation, Finding, RulesEdition
from backend.concerns.rules.model import digest
from sync import rebuild
from sync.entries import Entry
from sync.oplog import contents
from sync.protocol import ids
from tests.e2e import cases
from tests.e2e.cases import COUNTY, OTHER_COUNTY, VILLAGE, Case

pytestmark = pytest.mark.django_db
NOW = dt.datetime.now(dt.UTC)
HOUR = dt.timedelta(hours=1)
LINE = {"rule": "R10", "version": 3, "branch": 1, "deadline": {"hours": 6}, "add": ["health"]}
LEFT_ALONE = {"child_seen": "yes", "adult_with_child_now": "yes", "days_alone_last_week": 2}


@pytest.fixture
def supervisor() -> Person:
    cases.county(NOW)
    return cases.somebody("worker", "吴大姐", "village_supervisor", VILLAGE, NOW)


def in_force(division: str, *lines: dict[str, Any]) -> RulesEdition:
    content = {"branches": list(lines or [LINE])}
    return RulesEdition.objects.create(
        id=uuid4(), division=division, content=content, sha256=digest(content), version=1,
        status="published", drafted_at=NOW, published_at=NOW,
    )  # fmt: skip


def happened(supervisor: Person, **more: Any) -> tuple[Escalation, dict[str, Any]]:
    """A child of six that was left alone; its escalation and what the finding of R10 says."""
    born = str(NOW.date() - dt.timedelta(days=6 * 365 + 60))
    case = Case("龙小燕", born, VILLAGE, **{"answers": LEFT_ALONE, **more})
    row = cases.happened(case, by=supervisor.id, now=NOW)
    (finding,) = Finding.objects.filter(file=row.file, rule="R10")
    return row, contents([finding.op])[finding.op]


def test_a_finding_goes_where_the_county_s_variant_of_the_rule_says_and_names_it(
    supervisor: Person,
) -> None:
    mine = in_force(COUNTY)
    row, finding = happened(supervisor)
    assert finding["to"] == ["township", "county_officer", "health"]
    assert row.deadline - row.received_at == 6 * HOUR
    assert "health" in row.to
    assert finding["local"] == [mine.sha256]
    (shown,) = [one for one in evidence.of(row).findings if one.rule == "R10"]
    assert shown.local == [mine.sha256]


def test_another_county_s_variant_of_a_rule_is_nothing_here(supervisor: Person) -> None:
    in_force(OTHER_COUNTY)
    RulesEdition.objects.filter(id=in_force(COUNTY).id).update(status="retired")
    row, finding = happened(supervisor)
    assert (finding["to"], finding["local"]) == (["township", "county_officer"], [])
    assert row.deadline - row.received_at == 24 * HOUR


def test_a_province_s_variant_of_a_rule_counts_beneath_the_county_s(supervisor: Person) -> None:
    province = in_force("52")
    county = in_force(COUNTY, {**LINE, "deadline": {"hours": 30}, "add": []})
    row, finding = happened(supervisor)
    assert finding["to"] == ["township", "county_officer", "health"]
    assert row.deadline - row.received_at == 30 * HOUR
    assert finding["local"] == [province.sha256, county.sha256]


def test_variants_of_rules_cost_one_statement_a_round_however_many_visits(
    supervisor: Person,
) -> None:
    in_force(COUNTY)

    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            happened(supervisor)
        return sum("concerns_rulesedition" in query["sql"] for query in captured.captured_queries)

    assert asked() == 1


def test_a_rebuild_gives_findings_by_the_variant_of_the_rules_of_their_time(
    supervisor: Person,
) -> None:
    mine = in_force(COUNTY)
    row, _ = happened(supervisor)
    RulesEdition.objects.filter(id=mine.id).update(status="retired")
    assert list(rebuild.differences()) == []
    row.refresh_from_db()
    assert row.deadline - row.received_at == 6 * HOUR


def test_a_danger_in_a_record_that_is_kept_follows_the_variant_of_the_rules(
    supervisor: Person,
) -> None:
    mine = in_force(COUNTY)
    row, _ = happened(supervisor)
    entry = Entry(
        op=ids.uuid7(NOW), person=supervisor.id, kind="visit.part", target=ids.uuid7(NOW),
        file=row.file, data={"answers": LEFT_ALONE}, wall=NOW, at=int(NOW.timestamp() * 1000),
        uncertainty=0, received=NOW, shard=COUNTY,
    )  # fmt: skip
    (draft,) = kept.alerts([entry], NOW)[entry.op]
    assert draft.data["rule"] == "R10"
    assert (draft.data["to"][-1], draft.data["local"]) == ("health", [mine.sha256])
