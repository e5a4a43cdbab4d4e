"""Rules come into force by two people and never change afterwards (product.md 5; rules.md)."""

import copy
import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import translation

from backend.accounts.models import Person
from backend.audit.models import AuditEntry
from backend.common.errors import NotFound
from backend.concerns import rulesets
from backend.concerns.editions import errors, queries, rehearsals, services
from backend.concerns.models import RulesEdition
from tests.e2e import cases
from tests.e2e.cases import COUNTY, OTHER_COUNTY, VILLAGE

pytestmark = pytest.mark.django_db
NOW = dt.datetime.now(dt.UTC)
TODAY = NOW.date() - dt.timedelta(days=1)


class Office:
    """Administrators of a province and of two counties."""

    def __init__(self) -> None:
        rulesets.publish_rules(rulesets.shipped(), actor=None, now=NOW)
        self.author = self.administrator("author", "省甲", "52")
        self.second = self.administrator("second", "省乙", "52")
        self.county = self.administrator("county", "县甲", COUNTY)
        self.colleague = self.administrator("colleague", "县乙", COUNTY)
        self.far = self.administrator("far", "邻县", OTHER_COUNTY)

    def administrator(self, username: str, name: str, area: str) -> Person:
        return cases.somebody(username, name, "administrator", area, NOW)

    def draft(self, content: Any, division: str = "", by: Person | None = None) -> RulesEdition:
        actor = by or (self.county if division else self.author)
        return services.edition_draft(content=content, division=division, actor=actor.id, now=NOW)

    def rehearse(self, row: RulesEdition, by: Person | None = None) -> None:
        actor = by or (self.county if row.division else self.author)
        made = rehearsals.rehearsal_start(edition=row.id, since=TODAY, actor=actor.id, now=NOW)
        rehearsals.rehearsal_run(rehearsal=made.id, now=NOW, chunks=5)

    def into_force(self, content: Any, division: str = "") -> RulesEdition:
        row = self.draft(content, division)
        self.rehearse(row)
        second = self.colleague if division else self.second
        services.edition_approve(edition=row.id, actor=second.id, now=NOW)
        return services.edition_publish(edition=row.id, actor=second.id, now=NOW)


@pytest.fixture
def office() -> Office:
    return Office()


def changed(version: int = 4, place: int = 0) -> list[dict[str, Any]]:
    documents = copy.deepcopy(rulesets.shipped())
    documents[place]["version"] = version
    documents[place]["title"]["en"] += "."
    return documents


VARIANT = {"branches": [{"rule": "R10", "version": 3, "branch": 1, "deadline": {"hours": 12}}]}


def test_rules_go_from_draft_to_force_by_two_people_with_an_audit_line_for_each_step(
    office: Office,
) -> None:
    row = office.into_force(changed())
    assert (row.status, row.version, row.author, row.approved_by) == (
        "published", 2, office.author.id, office.second.id,
    )  # fmt: skip
    assert rulesets.current().sha256 == row.sha256
    before = RulesEdition.objects.get(version=1)
    assert (before.status, before.retired_by) == ("retired", office.second.id)
    steps = AuditEntry.objects.filter(action__startswith="rules.").order_by("id")
    assert list(steps.values_list("action", "actor")) == [
        ("rules.publish", None),
        ("rules.draft", office.author.id),
        ("rules.rehearse", office.author.id),
        ("rules.approve", office.second.id),
        ("rules.publish", office.second.id),
    ]
    by = [line.detail["by"] for line in steps if line.action == "rules.publish"]
    assert by == ["installation", "approved"]


def test_the_author_of_rules_does_not_approve_them_and_is_told_who_may(office: Office) -> None:
    row = office.draft(changed())
    office.rehearse(row)
    with pytest.raises(errors.NotYours) as refused:
        services.edition_approve(edition=row.id, actor=office.author.id, now=NOW)
    assert "省乙" in refused.value.message
    assert "省甲" not in refused.value.message
    with pytest.raises(IntegrityError, match="second_person"), transaction.atomic():
        RulesEdition.objects.filter(id=row.id).update(approved_by=office.author.id)


def test_a_county_s_administrator_takes_no_step_on_national_rules(office: Office) -> None:
    row = office.draft(changed())
    office.rehearse(row)
    for step in (services.edition_approve, services.edition_publish, services.edition_retire):
        with pytest.raises(errors.NotYours):
            step(edition=row.id, actor=office.county.id, now=NOW)
    with pytest.raises(errors.NotYours) as refused:
        office.draft(changed(), by=office.county)
    with translation.override("en"):
        assert "省乙, 省甲" in refused.value.message


def test_rules_are_approved_only_after_a_rehearsal_of_exactly_this_content(
    office: Office,
) -> None:
    row = office.draft(changed())

    def approve() -> RulesEdition:
        return services.edition_approve(edition=row.id, actor=office.second.id, now=NOW)

    with pytest.raises(errors.NotRehearsed):
        approve()
    office.rehearse(row)
    services.edition_revise(edition=row.id, content=changed(5), actor=office.author.id, now=NOW)
    with pytest.raises(errors.NotRehearsed):
        approve()
    office.rehearse(row)
    assert approve().status == "approved"


def test_a_rehearsal_against_rules_that_were_replaced_since_does_not_count(
    office: Office,
) -> None:
    row = office.draft(changed())
    office.rehearse(row)
    rulesets.publish_rules(changed(5, place=1), actor=None, now=NOW)
    with pytest.raises(errors.NotRehearsed):
        services.edition_approve(edition=row.id, actor=office.second.id, now=NOW)


def test_whoever_changes_a_draft_of_rules_becomes_its_author(office: Office) -> None:
    row = office.draft(changed())
    services.edition_revise(edition=row.id, content=changed(5), actor=office.second.id, now=NOW)
    office.rehearse(row)
    with pytest.raises(errors.NotYours):
        services.edition_approve(edition=row.id, actor=office.second.id, now=NOW)
    assert services.edition_approve(edition=row.id, actor=office.author.id, now=NOW)


def test_rules_take_no_step_twice_and_none_from_elsewhere(office: Office) -> None:
    row = office.into_force(changed())
    for step in (services.edition_approve, services.edition_publish):
        with pytest.raises(errors.StepElsewhere):
            step(edition=row.id, actor=office.second.id, now=NOW)
    with pytest.raises(errors.StepElsewhere):
        services.edition_revise(edition=row.id, content=changed(5), actor=office.second.id, now=NOW)
    with pytest.raises(errors.RehearsalNeedless):
        office.rehearse(row)


def test_the_database_refuses_another_content_of_approved_rules_and_their_removal(
    office: Office,
) -> None:
    row = office.into_force(changed())
    draft = office.draft(changed(6))
    RulesEdition.objects.filter(id=draft.id).update(content=[])
    for statement in (
        f"UPDATE concerns_rulesedition SET content = '[]' WHERE id = '{row.id}'",
        f"UPDATE concerns_rulesedition SET author = NULL WHERE id = '{row.id}'",
        f"DELETE FROM concerns_rulesedition WHERE id = '{draft.id}'",
    ):
        with pytest.raises(DatabaseError, match="cannot"), transaction.atomic():
            connection.cursor().execute(statement)


def test_faulty_rules_are_no_draft_and_the_answer_lists_each_fault(office: Office) -> None:
    documents = changed()
    documents[1]["branches"][0]["to"] = ["mayor"]
    documents[0]["branches"][0]["when"] = "facts.unheard_of"
    with pytest.raises(errors.RulesFaulty) as refused:
        office.draft(documents)
    assert len(refused.value.details) == 2
    with pytest.raises(rulesets.RuleVersionStands):
        office.draft(changed(3))
    with pytest.raises(rulesets.RulesetStands):
        office.draft(rulesets.shipped())
    assert RulesEdition.objects.filter(status="draft").count() == 0


def test_national_rules_in_force_are_retired_by_the_next_only_and_a_draft_by_a_person(
    office: Office,
) -> None:
    now = RulesEdition.objects.get(status="published")
    with pytest.raises(errors.RulesInForce):
        services.edition_retire(edition=now.id, actor=office.author.id, now=NOW)
    draft = office.draft(changed())
    assert (
        services.edition_retire(edition=draft.id, actor=office.author.id, now=NOW).status
        == "retired"
    )
    assert rulesets.current().version == 1


def test_a_county_s_variant_of_the_rules_is_its_own_administrators_matter(
    office: Office,
) -> None:
    row = office.draft(VARIANT, COUNTY)
    with pytest.raises(NotFound):
        services.edition_approve(edition=row.id, actor=office.far.id, now=NOW)
    with pytest.raises(NotFound):
        office.draft(VARIANT, COUNTY, by=office.far)
    with pytest.raises(errors.NotYours):
        office.draft(VARIANT, "52", by=office.county)
    assert row not in queries.editions(viewer=office.far.id, now=NOW)
    for viewer in (office.county, office.colleague, office.author):
        assert row in queries.editions(viewer=viewer.id, now=NOW)
    wider = office.draft(VARIANT, "52", by=office.author)
    assert wider in queries.editions(viewer=office.far.id, now=NOW)
    office.rehearse(row)
    (card,) = queries.cards([row], viewer=office.county.id, now=NOW)
    assert "approve" not in card.steps
    row.refresh_from_db()
    (card,) = queries.cards([row], viewer=office.colleague.id, now=NOW)
    assert card.steps == ["rehearse", "revise", "approve", "retire"]


def test_variants_of_the_rules_are_numbered_and_replaced_within_their_division(
    office: Office,
) -> None:
    first = office.into_force(VARIANT, COUNTY)
    other = {"branches": [{**VARIANT["branches"][0], "deadline": {"hours": 6}}]}
    second = office.into_force(other, COUNTY)
    first.refresh_from_db()
    assert (first.status, first.version, second.version) == ("retired", 1, 2)
    assert RulesEdition.objects.get(division="", status="published").version == 1
    services.edition_retire(edition=second.id, actor=office.county.id, now=NOW)
    assert not RulesEdition.objects.filter(division=COUNTY, status="published").exists()


@pytest.mark.parametrize("division", [VILLAGE, VILLAGE[:9], "5", "522", "guizhou"])
def test_a_variant_of_the_rules_belongs_to_a_county_or_above(office: Office, division: str) -> None:
    everywhere = office.administrator("country", "部", "")
    with pytest.raises(errors.RulesFaulty, match="faulty") as refused:
        office.draft(VARIANT, division, by=everywhere)
    assert "2, 4 or 6 digits" in refused.value.details[0]


def test_the_difference_between_two_editions_of_rules_is_told_rule_by_rule(
    office: Office,
) -> None:
    before = RulesEdition.objects.get(status="published")
    documents = changed()
    documents[9]["version"] += 1
    documents[9]["branches"][1]["deadline"] = {"hours": 12}
    del documents[20]
    after = office.draft([*documents, {**documents[13], "id": "R99"}])
    found = queries.differences(before=before.id, after=after.id, viewer=office.county.id, now=NOW)
    assert [(one.rule, one.change) for one in found] == [
        ("R1", "changed"), ("R10", "changed"), ("R99", "added"), ("R21", "removed"),
    ]  # fmt: skip
    assert [(one.path, one.before, one.after) for one in found[1].differences] == [
        ("version", 3, 4), ("branches.1.deadline.hours", 24, 12),
    ]  # fmt: skip
    assert queries.compared(VARIANT, {"branches": []})[0].change == "removed"


def test_rules_published_before_they_had_a_life_are_editions_too(office: Office) -> None:
    """The migration's statement, on what an older release published."""
    rulesets.publish_rules(changed(), actor=None, now=NOW)
    from importlib import import_module

    migration = import_module("backend.concerns.migrations.0005_rules_editions").Migration
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE concerns_rulesedition DISABLE TRIGGER concerns_edition_stands")
        RulesEdition.objects.all().delete()
        cursor.execute(migration.operations[-1].sql)
    made = RulesEdition.objects.order_by("version")
    assert [(one.version, one.status) for one in made] == [(1, "retired"), (2, "published")]
    assert made[1].sha256 == rulesets.current().sha256


def test_a_draft_of_rules_says_which_variants_would_lose_something(office: Office) -> None:
    office.into_force(VARIANT, COUNTY)
    documents = changed(4, place=9)
    row = office.draft(documents)
    for viewer in (office.author, office.county):
        lost = queries.unfitting(row, viewer=viewer.id, now=NOW)
        assert list(lost) == [COUNTY]
        assert "the rule in force is version 4" in lost[COUNTY][0]
    assert queries.unfitting(row, viewer=office.far.id, now=NOW) == {}
    assert queries.unfitting(office.draft(changed()), viewer=office.author.id, now=NOW) == {}


@pytest.mark.parametrize(
    "member",
    [
        {"version": 2**31}, {"version": True}, {"title": {"zh": "a\0", "en": "b"}},
        {"sealed": "yes"}, {"basis": [3]}, {"id": "R 1"}, {"lesson": {}},
    ],
)  # fmt: skip
def test_rules_that_would_cost_a_visit_later_are_faults_now(
    office: Office, member: dict[str, Any]
) -> None:
    documents = changed()
    documents[0] |= member
    with pytest.raises(errors.RulesFaulty):
        office.draft(documents)
    documents = changed()
    documents[9]["version"] += 1
    documents[9]["branches"][1] |= {"deadline": {"hours": 10**12}, "latest": {"hours": 10**13}}
    with pytest.raises(errors.RulesFaulty) as refused:
        office.draft(documents)
    assert "9999 at most" in refused.value.details[0]
