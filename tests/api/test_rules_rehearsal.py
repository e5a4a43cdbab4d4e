"""Other rules are run over what is stored before they are published (rules.md, "Rehearsal")."""

import copy
import datetime as dt
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import Person
from backend.audit.models import AuditEntry
from backend.common.encrypted import destroy
from backend.concerns import rulesets
from backend.concerns.editions import queries, rehearsals, services
from backend.concerns.models import Finding, Rehearsal, RehearsalSample
from backend.concerns.rules import engine
from backend.concerns.tasks import run_rehearsals
from sync.models import Operation
from tests.e2e import cases
from tests.e2e.cases import COUNTY, OTHER_COUNTY, VILLAGE, Case

pytestmark = pytest.mark.django_db
NOW = dt.datetime.now(dt.UTC)
SINCE = NOW.date() - dt.timedelta(days=30)
ALONE = {"child_seen": "yes", "adult_with_child_now": "no"}
NOBODY_HOME = {"adult_in_home_now": "no"}
# The two of whom R10 holds; of the third nobody said whether an adult was there.
SAME = {"stored": 2, "before": 2, "after": 2}


@pytest.fixture
def supervisor() -> Person:
    cases.county(NOW)
    return cases.somebody("worker", "吴大姐", "village_supervisor", VILLAGE, NOW)


def born(years: int) -> str:
    return str(NOW.date() - dt.timedelta(days=years * 365 + 60))


def seen(name: str, years: int, by: Person, **more: Any) -> UUID:
    case = Case(name, born(years), VILLAGE, **{"answers": ALONE, "shared": NOBODY_HOME, **more})
    return cases.happened(case, by=by.id, now=NOW).file


@pytest.fixture
def children(supervisor: Person) -> dict[str, UUID]:
    """Two alone at home, of six and of three years, and one of whom something sealed was said."""
    return {
        "six": seen("龙小燕", 6, supervisor),
        "three": seen("石阿朵", 3, supervisor),
        "sealed": seen(
            "吴小梅", 12, supervisor, answers={"child_seen": "yes"}, shared={},
            sealed={"sexual_abuse_suspected": "yes"},
        ),
    }  # fmt: skip


def stricter() -> list[dict[str, Any]]:
    """R10's critical branch for those under five only, and R5 for nobody: it speaks of danger alone."""
    documents = copy.deepcopy(rulesets.shipped())
    r10 = next(rule for rule in documents if rule["id"] == "R10")
    r10["version"] += 1
    r10["branches"][0]["when"] = "facts.no_adult_now && facts.age_years < 5"
    r5 = next(rule for rule in documents if rule["id"] == "R5")
    r5["version"] += 1
    r5["branches"][0]["when"] = "facts.sexual_danger"
    return documents


def written(tmp_path: Path, documents: Any) -> str:
    file = tmp_path / "new.yaml"
    file.write_text(yaml.safe_dump(documents, allow_unicode=True), "utf-8")
    return str(file)


def rehearsed(capsys: Any, *words: str) -> dict[str, Any]:
    call_command("rehearse_rules", *words, "--since", str(SINCE), "--json")
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    return said


def numbers(said: dict[str, Any], rule: str) -> dict[str, int]:
    (line,) = [line for line in said["totals"] if line["rule"] == rule]
    return {name: number for name, number in line["counts"].items() if number}


def test_rules_that_are_in_force_change_nothing(
    children: dict[str, UUID], tmp_path: Path, capsys: Any
) -> None:
    said = rehearsed(capsys, written(tmp_path, rulesets.shipped()))
    assert numbers(said, "R10") == {**SAME, "gaps_before": 1, "gaps": 1}
    assert said["examples"] == []
    changing = ("appear", "disappear", "severity", "deadline", "recipients", "failures")
    assert all(not line["counts"][name] for line in said["lines"] for name in changing)


def test_a_finding_that_would_disappear_is_counted_by_county_and_shown_without_a_name(
    children: dict[str, UUID], tmp_path: Path, capsys: Any
) -> None:
    said = rehearsed(capsys, written(tmp_path, stricter()))
    assert numbers(said, "R10") == {**SAME, "after": 1, "disappear": 1, "gaps_before": 1}
    (line,) = [one for one in said["lines"] if one["rule"] == "R10"]
    assert (line["county"], line["place"]) == (COUNTY, "台江县")
    (example,) = said["examples"]
    assert (example["rule"], example["change"], example["file"], example["branch"]) == (
        "R10", "disappear", str(children["six"]), 0,
    )  # fmt: skip
    assert example["facts"]["age_years"] == 6
    assert example["facts"]["no_adult_now"] is True
    assert example["op"] == str(Finding.objects.get(file=children["six"], rule="R10").cause)
    assert "龙小燕" not in json.dumps(said, ensure_ascii=False)
    shown = AuditEntry.objects.filter(action="rules.sample").values_list("subject", flat=True)
    assert list(shown) == [children["six"]]


def test_a_sealed_rule_is_no_example_and_counted_only_for_who_leads_there(
    children: dict[str, UUID], tmp_path: Path, capsys: Any
) -> None:
    file = written(tmp_path, stricter())
    said = rehearsed(capsys, file)
    assert not [line for line in (*said["lines"], *said["totals"]) if line["rule"] in {"R5", "R25"}]
    assert said["sealed_left_out"] == ["R25", "R5"]
    assert str(children["sealed"]) not in json.dumps(said)
    cases.somebody("lead", "龙建平", "county_lead", COUNTY, NOW)
    cases.somebody("far", "潘丽", "county_lead", OTHER_COUNTY, NOW)
    named = rehearsed(capsys, file, "--for", "lead")
    assert numbers(named, "R5") == {"stored": 1, "before": 1, "disappear": 1, "gaps": 1}
    assert str(children["sealed"]) not in json.dumps(named)
    assert "R5" not in {line["rule"] for line in rehearsed(capsys, file, "--for", "far")["lines"]}


def test_another_severity_deadline_and_recipient_of_a_rule_are_told_apart(
    children: dict[str, UUID], tmp_path: Path, capsys: Any
) -> None:
    documents = rulesets.shipped()
    r10 = next(rule for rule in documents if rule["id"] == "R10")
    r10["version"] += 1
    r10["branches"][0] |= {
        "severity": "high", "deadline": {"hours": 2}, "to": ["police", "county_officer"],
    }  # fmt: skip
    said = rehearsed(capsys, written(tmp_path, documents))
    changed = {"severity": 2, "deadline": 2, "recipients": 2}
    assert numbers(said, "R10") == {**SAME, **changed, "gaps_before": 1}


def test_rules_that_fail_and_what_they_could_not_decide_are_counted(
    children: dict[str, UUID], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any
) -> None:
    documents = rulesets.shipped()
    documents[0]["version"] += 1
    documents[0]["branches"][0]["when"] = "facts.protection_order_breached"
    documents[1]["version"] += 1
    documents[1]["branches"][0]["when"] = "facts.age_years == 1"
    right = engine._holds

    def failing(branch: Any, *rest: Any) -> Any:
        if branch.when == "facts.age_years == 1":
            raise TypeError("an engine of another mind")
        return right(branch, *rest)

    monkeypatch.setattr(engine, "_holds", failing)
    said = rehearsed(capsys, written(tmp_path, documents))
    assert numbers(said, "R2")["failures"] == 3
    assert numbers(said, "R2")["appear"] == 3
    assert numbers(said, "R1")["gaps"] == 3


def test_only_what_was_observed_since_the_day_is_run_through_the_rules(
    supervisor: Person, tmp_path: Path, capsys: Any
) -> None:
    seen("龙小燕", 6, supervisor, observed=40 * 24)
    said = rehearsed(capsys, written(tmp_path, stricter()))
    assert (said["files"], said["lines"]) == (0, [])


def test_the_command_prints_a_table_of_the_rules_for_a_person(
    children: dict[str, UUID], tmp_path: Path, capsys: Any
) -> None:
    call_command("rehearse_rules", written(tmp_path, stricter()), "--since", str(SINCE))
    said = capsys.readouterr().out
    heads = next(line for line in said.splitlines() if line.startswith("rule "))
    row = next(line for line in said.splitlines() if line.startswith("R10 "))
    assert row.split()[1:6] == ["2", "2", "1", "·", "1"]
    assert heads.index("disappear") == row.index("1", row.index("·"))
    assert "522630 台江县  R10" in said
    assert f"disappear R10.0 {children['six']}" in said


def test_rules_with_faults_are_told_all_of_them_and_not_rehearsed(tmp_path: Path) -> None:
    documents = rulesets.shipped()
    documents[0]["branches"][0]["when"] = "facts.unheard_of"
    documents[1]["branches"][0]["to"] = ["mayor"]
    with pytest.raises(CommandError) as refused:
        call_command("rehearse_rules", written(tmp_path, documents), "--since", str(SINCE))
    assert "rule R1, branch 0: no fact is called unheard_of; add it to facts.yaml first" in str(
        refused.value
    )
    assert "rule R2, branch 0: recipient 'mayor' is not one of the list" in str(refused.value)
    for name, text in (("none.yaml", None), ("bad.yaml", "a: [")):
        file = tmp_path / name
        if text:
            file.write_text(text)
        with pytest.raises(CommandError, match=name):
            call_command("rehearse_rules", str(file), "--since", str(SINCE))


def statements(file: str) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        call_command("rehearse_rules", file, "--since", str(SINCE), "--json")
    return [query["sql"].split()[0] for query in captured.captured_queries]


def test_rehearsing_rules_reads_only_and_in_as_many_statements_however_many_visits(
    supervisor: Person, tmp_path: Path, capsys: Any
) -> None:
    file = written(tmp_path, stricter())
    seen("龙小燕", 6, supervisor)
    before = statements(file)
    for number in range(6):
        seen(f"石{number}", 6, supervisor)
    assert sorted(statements(file)) == sorted(before)
    assert [verb for verb in before if verb not in {"SELECT", "SAVEPOINT", "RELEASE"}] == ["INSERT"]


@pytest.fixture
def editor() -> Person:
    return cases.somebody("province", "省管理员", "administrator", "52", NOW)


def started(editor: Person, documents: Any = None) -> Rehearsal:
    made = services.edition_draft(
        content=documents or stricter(), division="", actor=editor.id, now=NOW
    )
    return rehearsals.rehearsal_start(edition=made.id, since=SINCE, actor=editor.id, now=NOW)


def run(row: Rehearsal, **more: Any) -> str:
    return rehearsals.rehearsal_run(
        rehearsal=row.id, **{"now": NOW + dt.timedelta(seconds=1), "chunks": 20, **more}
    )


def test_a_kept_rehearsal_of_rules_shows_its_counts_and_opens_facts_by_the_child_s_key(
    children: dict[str, UUID], editor: Person
) -> None:
    row = started(editor)
    assert run(row) == "finished"
    shown = queries.result(rehearsal=row.id, viewer=editor.id, now=NOW)
    assert (shown.status, shown.percent, shown.valid) == ("finished", 100, True)
    (r10,) = [line for line in shown.totals if line.rule == "R10"]
    assert (r10.counts["before"], r10.counts["disappear"]) == (2, 1)
    assert [line for line in shown.lines if line.rule == "R5"] == []
    (example,) = shown.examples
    assert example.facts["age_years"] == 6
    assert b"age_years" not in bytes(RehearsalSample.objects.get().sealed)
    destroy([children["six"]], NOW)
    assert queries.result(rehearsal=row.id, viewer=editor.id, now=NOW).examples == []


def test_an_interrupted_rehearsal_of_rules_goes_on_where_it_was(
    children: dict[str, UUID], editor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.concerns.editions.rehearsing.BATCH", 1)
    row = started(editor)
    whole = started(editor)
    run(whole)
    assert run(row, chunks=1) == "more"
    assert queries.result(rehearsal=row.id, viewer=editor.id, now=NOW).percent == 33
    with monkeypatch.context() as dying:

        def killed(*_: Any, **__: Any) -> None:
            raise RuntimeError("killed midway")

        dying.setattr(rehearsals, "rehearse", killed)
        with pytest.raises(RuntimeError):
            run(row)
    assert run(row) == "busy"
    assert row.id in rehearsals.unfinished(now=NOW - dt.timedelta(days=3)), "its clock was ahead"
    later = NOW + rehearsals.ABANDONED + dt.timedelta(minutes=1)
    assert row.id in rehearsals.unfinished(now=later)
    assert run(row, now=later) == "finished"
    row.refresh_from_db()
    whole.refresh_from_db()
    assert (row.counts, row.files_done) == (whole.counts, 3)
    assert row.samples.count() == whole.samples.count() == 1


def test_a_turn_of_a_rehearsal_of_rules_that_was_taken_over_does_not_count_twice(
    children: dict[str, UUID], editor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = started(editor)
    right, later = rehearsals.rehearse, NOW + dt.timedelta(hours=1)

    def slow(*given: Any, **more: Any) -> None:
        monkeypatch.setattr(rehearsals, "rehearse", right)
        assert run(row, now=later) == "finished"
        right(*given, **more)

    monkeypatch.setattr(rehearsals, "rehearse", slow)
    assert run(row) == "busy"
    assert row.samples.count() == 1
    (r10,) = [
        line
        for line in queries.result(rehearsal=row.id, viewer=editor.id, now=NOW).totals
        if line.rule == "R10"
    ]
    assert r10.counts["before"] == 2


def test_rules_that_change_under_a_rehearsal_end_it_without_a_result(
    children: dict[str, UUID], editor: Person
) -> None:
    row = started(editor)
    other = stricter()
    other[0]["version"] = 9
    services.edition_revise(edition=row.edition_id, content=other, actor=editor.id, now=NOW)
    run(row)
    shown = queries.result(rehearsal=row.id, viewer=editor.id, now=NOW)
    assert (shown.status, shown.valid, shown.lines) == ("failed", False, [])


def test_the_periodic_task_finishes_what_a_request_began_of_rehearsing_rules(
    children: dict[str, UUID], editor: Person
) -> None:
    row = started(editor)
    assert row.edition.status == "draft"
    assert run_rehearsals() == 1
    row.refresh_from_db()
    assert (row.status, row.edition.status) == ("finished", "rehearsed")
    assert run_rehearsals() == 0


def test_numbers_of_rules_are_for_those_who_administer_the_county_or_lead_there(
    children: dict[str, UUID], editor: Person
) -> None:
    row = started(editor)
    run(row)
    here = cases.somebody("here", "田管理员", "administrator", COUNTY, NOW)
    there = cases.somebody("there", "吴管理员", "administrator", OTHER_COUNTY, NOW)
    lead = cases.somebody("lead", "龙建平", "county_lead", COUNTY, NOW)

    def shown(viewer: Person) -> tuple[set[str], int]:
        found = queries.result(rehearsal=row.id, viewer=viewer.id, now=NOW)
        return {line.rule for line in (*found.lines, *found.totals)}, len(found.examples)

    assert shown(here)[1] == 1
    assert "R5" not in shown(here)[0]
    assert shown(there) == (set(), 0)
    assert "R5" in shown(lead)[0]
    assert shown(lead)[1] == 0


def test_rehearsing_rules_leaves_the_log_of_operations_as_it_was(
    children: dict[str, UUID], editor: Person
) -> None:
    before = (Operation.objects.count(), Finding.objects.count())
    run(started(editor))
    assert (Operation.objects.count(), Finding.objects.count()) == before
