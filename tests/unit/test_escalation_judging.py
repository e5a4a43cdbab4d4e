"""From one cause to its findings, without a database (rules.md, "A rule")."""

import datetime as dt
from typing import Any
from uuid import UUID

import pytest

from backend.concerns import judging
from backend.concerns.inputs import Cause
from backend.concerns.judging import Judgement, judge
from backend.concerns.rules.local import variant
from backend.concerns.rules.model import Ruleset, ruleset
from fieldforms import facts, words
from sync.entries import Entry
from sync.protocol import ids

NOW = dt.datetime(2026, 5, 4, 8, 0, tzinfo=dt.UTC)


def rule(name: str, when: str, severity: str = "critical", **more: Any) -> dict[str, Any]:
    branch = {
        "when": when, "severity": severity, "to": ["police"], "deadline": "now",
        "do": {"zh": "打110", "en": "Call 110"},
    }  # fmt: skip
    return {
        "id": name, "version": 1, "title": {"zh": "题", "en": "Title"}, "branches": [branch],
        "basis": ["mpl-21"], "lesson": "young-children-alone", **more,
    }  # fmt: skip


RULES = ruleset(
    [
        rule("R10", "facts.no_adult_now"),
        rule("R14", "facts.lives_alone", "medium"),
        rule("R5", "facts.sexual_abuse_suspected", sealed=True),
    ]
)
NEWER = ruleset([rule("R10", "facts.no_adult_now"), rule("R99", "facts.lives_alone", "high")])


def cause(
    kind: str = "visit.part", *, answers: Any = None, fresh: bool = True, alone: bool = False,
    left: bool = False, **data: Any,
) -> Cause:  # fmt: skip
    entry = Entry(
        op=ids.uuid7(NOW), person=UUID(int=1), kind=kind, target=ids.uuid7(NOW),
        file=UUID(int=2), data={"answers": answers or {}, **data}, wall=NOW,
        at=int(NOW.timestamp() * 1000), uncertainty=0, received=NOW,
    )  # fmt: skip
    form = "concern_report" if kind == "concern.raise" else "household_visit"
    return Cause(
        entry=entry,
        case=facts.Case(form=form, version="1", answers=answers or {}, observed=NOW.date()),
        sealed=kind == "visit.sealed", fresh=fresh, alone=alone, division="522630100201",
        received=NOW, words_left=left,
        spoken={} if kind == "visit.sealed" else words.spoken(entry.data),
    )  # fmt: skip


def found(judgement: Judgement) -> dict[str, tuple[str, str, bool]]:
    return {one.rule: (one.severity, one.source, one.sealed) for one in judgement.findings}


def told(*rules: str, **more: Any) -> list[dict[str, Any]]:
    return [{"rule": name, "version": 1, "branch": 0, **more} for name in rules]


ALONE = {"lives_alone": "yes"}


def test_server_and_phone_are_joined_and_the_difference_is_named() -> None:
    one = judge(cause(answers=ALONE, findings=told("R10", "R14")), RULES, RULES)
    assert found(one) == {"R14": ("medium", "both", False), "R10": ("critical", "phone", False)}
    assert (one.only_server, one.only_phone) == ([], ["R10"])
    other = judge(cause(answers=ALONE, findings=[]), RULES, RULES)
    assert found(other) == {"R14": ("medium", "server", False)}
    assert (other.only_server, other.only_phone) == (["R14"], [])


def test_a_phone_that_does_not_judge_differs_from_nobody() -> None:
    assert judge(cause(answers=ALONE), RULES, RULES).only_server == []


def test_the_phones_own_rules_say_how_grave_its_finding_is() -> None:
    one = judge(cause(findings=told("R99")), RULES, NEWER)
    assert found(one) == {"R99": ("high", "phone", False)}
    unknown = judge(cause(findings=told("R77", severity="critical")), RULES, RULES)
    assert found(unknown) == {"R77": ("critical", "phone", False)}


def test_a_graver_claim_of_the_phone_stands_beside_the_servers() -> None:
    grave = ruleset([rule("R14", "facts.lives_alone", "critical")])
    one = judge(cause(answers=ALONE, findings=told("R14", "R14")), RULES, grave)
    assert [(f.rule, f.severity, f.source) for f in one.findings] == [
        ("R14", "medium", "server"), ("R14", "critical", "phone"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "claims", ["R10", [1, None, {"rule": 5}, {"rule": ""}, {"rule": "x" * 41}, {"no": "rule"}], {}]
)
def test_claims_of_another_shape_are_left_out(claims: Any) -> None:
    assert judge(cause(findings=claims), RULES, RULES).findings == []


def test_sealed_rules_judge_sealed_answers_alone_and_are_never_told() -> None:
    answers = {"sexual_abuse_suspected": "yes", **ALONE}
    assert "R5" not in found(judge(cause(answers=answers), RULES, RULES))
    one = judge(cause("visit.sealed", answers=answers, findings=told("R5")), RULES, RULES)
    assert found(one) == {"R5": ("critical", "both", True)}
    assert (one.only_server, one.only_phone) == ([], [])


def test_a_concern_without_a_rule_is_a_finding_of_its_own() -> None:
    assert found(judge(cause("concern.raise"), RULES, RULES)) == {
        "concern": ("high", "person", False)
    }
    stated = judge(cause("concern.raise", answers={"severity": "low"}), RULES, RULES)
    assert found(stated) == {"concern": ("low", "person", False)}
    wrong = judge(cause("concern.raise", answers={"severity": ["?"]}), RULES, RULES)
    assert found(wrong) == {"concern": ("high", "person", False)}


def test_a_concern_that_a_rule_finds_less_grave_than_its_author_keeps_both() -> None:
    agreed = judge(cause("concern.raise", answers=ALONE), RULES, RULES)
    assert set(found(agreed)) == {"R14"}
    graver = judge(cause("concern.raise", answers={**ALONE, "severity": "critical"}), RULES, RULES)
    assert found(graver)["concern"] == ("critical", "person", False)


def test_sealed_words_and_sealed_concerns_reach_a_reader() -> None:
    alone = judge(cause("visit.sealed", alone=True), RULES, RULES)
    assert found(alone) == {"concern": ("high", "person", True)}
    written = judge(cause("visit.sealed", answers={"sealed_words": "他让我不要说"}), RULES, RULES)
    assert found(written) == {"concern": ("high", "person", True)}
    assert found(judge(cause("visit.sealed"), RULES, RULES)) == {}


def test_a_failing_rule_and_unreadable_facts_are_for_a_person(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = ruleset([rule("R1", "facts.lives_alone == 1 / 0"), rule("R14", "facts.lives_alone")])
    one = judge(cause(answers=ALONE), broken, broken)
    assert [(f.rule, f.by_hand) for f in one.findings] == [("R1", True), ("R14", False)]

    def fails(case: facts.Case) -> dict[str, Any]:
        raise RuntimeError("a fault")

    monkeypatch.setattr(judging.facts, "collect", fails)
    other = judge(cause(answers=ALONE, findings=told("R10")), RULES, RULES)
    assert [(f.rule, f.severity, f.by_hand) for f in other.findings] == [
        ("facts", "critical", True), ("R10", "critical", False),
    ]  # fmt: skip


def test_a_missing_answer_to_a_critical_rule_is_a_gap() -> None:
    one = judge(cause(), RULES, RULES)
    assert [(gap.rule, gap.missing) for gap in one.gaps] == [("R10", ("no_adult_now",))]


def test_what_is_judged_again_ignores_what_the_phone_said_then() -> None:
    again = judge(cause(fresh=False, findings=told("R10")), RULES, RULES)
    assert again.findings == []


def test_no_rules_at_all_still_takes_a_concern() -> None:
    assert set(found(judge(cause("concern.raise"), Ruleset((), ""), Ruleset((), "")))) == {
        "concern"
    }


def test_what_only_the_phone_found_follows_the_local_variant_of_its_rule_too() -> None:
    said = {"rule": "R14", "version": 1, "branch": 0, "add": ["health"]}
    mine = variant("522630", {"branches": [said]})
    shown = [{"rule": "R14", "version": 1, "branch": 0}]
    (only,) = judge(cause(answers={}, findings=shown), RULES, RULES, [mine]).findings
    assert (only.source, only.to, only.local) == ("phone", ("police", "health"), (mine.sha256,))


BODY, BEATEN, HARMLESS = "他摸我", "爸爸打我", "爸爸打工，性格好，妈妈打电话来"


def test_open_words_of_body_are_a_sealed_finding_for_named_people_to_judge_by_hand() -> None:
    (one,) = judge(cause(answers={"child_words": BODY}), RULES, RULES).findings
    assert (one.rule, one.severity, one.sealed, one.by_hand) == ("words_sealed", "high", True, True)
    assert (one.to, one.deadline) == (("county_officer",), {"hours": 24})
    assert one.facts == {"child_words": BODY}
    assert not any("110" in text for text in one.do.values())


def test_open_words_that_she_says_are_about_another_matter_are_no_danger() -> None:
    assert judge(cause(answers={"child_words": BODY}, left=True), RULES, RULES).findings == []
    # That is no answer to words of beating.
    both = judge(cause(answers={"child_words": BODY + BEATEN}, left=True), RULES, RULES)
    assert found(both) == {"words": ("high", "server", False)}


@pytest.mark.parametrize("words_of", [BEATEN, "我不想活了", "He wants to die"])
def test_words_of_danger_with_nothing_ticked_are_an_ordinary_high_finding(words_of: str) -> None:
    (one,) = judge(cause(answers={"facts_observed": words_of}), RULES, RULES).findings
    assert (one.rule, one.severity, one.sealed, one.by_hand) == ("words", "high", False, True)
    assert (one.to, one.deadline) == (("township", "county_officer"), {"hours": 24})
    assert not any("110" in text for text in one.do.values())


@pytest.mark.parametrize("name", ["met_who", "opinion", "actions_taken", "remarks"])
def test_words_of_danger_are_read_in_every_open_text(name: str) -> None:
    assert set(found(judge(cause(answers={name: BODY + BEATEN}), RULES, RULES))) == {
        "words", "words_sealed",
    }  # fmt: skip
    assert judge(cause(answers={name: HARMLESS}), RULES, RULES).findings == []


def test_words_of_danger_beside_a_finding_as_grave_say_nothing_new() -> None:
    grave = ruleset([rule("R4", "facts.lives_alone", "high")])
    one = judge(cause(answers={**ALONE, "child_words": BEATEN}), grave, grave)
    assert set(found(one)) == {"R4"}
    # A milder one tells nobody at once.
    mild = judge(cause(answers={**ALONE, "child_words": BEATEN}), RULES, RULES)
    assert found(mild) == {"R14": ("medium", "server", False), "words": ("high", "server", False)}


def test_words_of_danger_in_a_mild_report_are_found_and_in_a_grave_one_it_is_enough() -> None:
    mild = judge(
        cause("concern.raise", answers={"severity": "low", "facts_observed": BEATEN}), RULES, RULES
    )
    assert found(mild)["words"] == ("high", "server", False)
    grave = judge(cause("concern.raise", answers={"facts_observed": BEATEN}), RULES, RULES)
    assert found(grave) == {"concern": ("high", "person", False)}


def test_a_sealed_finding_hides_no_words_of_danger_and_an_open_one_no_words_of_body() -> None:
    grave = ruleset([rule("R4", "facts.lives_alone")])
    one = judge(cause(answers={**ALONE, "child_words": BODY}), grave, grave)
    assert set(found(one)) == {"R4", "words_sealed"}
    both = judge(cause(answers={"child_words": BODY + BEATEN}), RULES, RULES)
    assert {(f.rule, f.sealed) for f in both.findings} == {("words", False), ("words_sealed", True)}


def test_a_phone_cannot_open_what_the_words_seal() -> None:
    """Its receipt says nothing of it either."""
    claimed = cause(answers={"child_words": BODY}, findings=told("words_sealed", "words"))
    one = judge(claimed, RULES, RULES)
    assert found(one) == {"words_sealed": ("high", "server", True)}
    assert (one.only_server, one.only_phone) == ([], [])


def test_sealed_words_with_nothing_ticked_are_for_a_named_person_at_once_without_police() -> None:
    (one,) = judge(cause("visit.sealed", answers={"sealed_words": BODY}), RULES, RULES).findings
    assert (one.rule, one.severity, one.sealed, one.deadline) == ("concern", "high", True, "now")
    assert one.to == ("county_officer",)
    assert not any("110" in text for text in one.do.values())


def test_words_that_were_moved_reach_a_reader_even_if_none_have_come() -> None:
    (one,) = judge(
        cause("visit.sealed", answers={"words_under_seal": "moved"}), RULES, RULES
    ).findings
    assert (one.rule, one.sealed, one.deadline) == ("concern", True, "now")
    left = cause("visit.sealed", answers={"words_under_seal": "other_matter"})
    assert judge(left, RULES, RULES).findings == []


def test_words_of_danger_in_a_report_that_is_sealed_stay_sealed() -> None:
    sexual = cause("concern.raise", answers={"facts_observed": BEATEN, "severity": "low"})
    sexual.entry.data["kind"] = "sexual"
    assert {f.sealed for f in judge(sexual, RULES, RULES).findings} == {True}


def test_words_are_found_where_the_facts_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(case: facts.Case) -> dict[str, Any]:
        raise RuntimeError("a fault")

    monkeypatch.setattr(judging.facts, "collect", fails)
    one = judge(cause(answers={"child_words": BODY + BEATEN}), RULES, RULES)
    assert found(one) == {
        "facts": ("critical", "server", False), "words_sealed": ("high", "server", True),
    }  # fmt: skip


def test_a_sealed_finding_of_open_words_goes_round_nobody_but_a_suspect_in_the_county() -> None:
    """The named people are not of the township, whose suspect an ordinary finding passes over."""
    for suspect, sealed, ordinary in (
        ("township_worker", "", "township"), ("county_worker", "county", "county"),
    ):  # fmt: skip
        said = cause(answers={"child_words": BODY, "suspected_persons": [suspect]})
        assert judging.skips(said, sealed=True) == sealed
        assert judging.skips(said, sealed=False) == ordinary
