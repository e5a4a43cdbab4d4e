"""Who is suspected: asked after every answer that a person may be behind, and read where it stands (danger)."""

from typing import Any

import pytest

from fieldforms import suspects
from fieldforms.compile import compile_form
from fieldforms.sealing import sealed_questions
from fieldforms.vocabulary import codes

from .relevance import hidden, questions

CALM: dict[str, Any] = {
    "visit_mode": "home", "child_seen": "yes", "hazards": ["none"], "online_harm": ["none"],
    "goes_online": "yes", "protection_order": "yes", "protection_order_breached": "no",
}  # fmt: skip
BEHIND: list[dict[str, Any]] = [
    {name: "yes"}
    for name in (
        "visible_injuries", "severe_malnutrition", "domestic_violence_suspected", "beaten",
        "police_warning_issued", "protection_order_breached", "unknown_origin", "unconscious",
        "poisoned", "self_harm", "suicide_thoughts", "abandoned", "made_to_beg", "sold_or_bought",
        "other_serious_harm", "harm_by_duty_person", "bullied", "child_labour",
    )
]  # fmt: skip
BEHIND += [
    {"child_seen": "no", "missing": "yes"}, {"hazards": ["water", "violence"]},
    {"online_harm": ["blackmailed"]}, {"online_harm": ["solicited"]},
    {"online_harm": ["heavy_payments", "bullied"]},
    {"online_harm": ["heavy_payments"], "online_crime_suspected": "yes"},
]  # fmt: skip
SEALED = ["sexual_abuse_suspected", "sexual_danger", "online_sexual", "pregnancy_or_abortion"]


@pytest.mark.parametrize("answers", BEHIND, ids=lambda answers: "-".join(answers))
def test_after_a_danger_that_a_person_may_be_behind_the_visit_asks_who_is_suspected(
    answers: dict[str, Any],
) -> None:
    assert suspects.QUESTION in hidden("household_visit", CALM)
    assert suspects.QUESTION not in hidden("household_visit", {**CALM, **answers})


def test_it_is_asked_after_every_danger_that_it_depends_on() -> None:
    order = [
        question["name"] for question in compile_form("household_visit")["manifest"]["questions"]
    ]
    asked = order.index(suspects.QUESTION)
    assert all(order.index(name) < asked for answers in BEHIND for name in answers)


def test_a_report_of_a_danger_always_asks_who_is_suspected() -> None:
    for kind in codes("concern_kind"):
        assert suspects.QUESTION not in hidden("concern_report", {"concern_kinds": [kind]})


@pytest.mark.parametrize("form", ["household_visit", "concern_report"])
@pytest.mark.parametrize("answers", [*({name: "yes"} for name in SEALED), {"sealed_words": "他"}])
def test_a_sealed_danger_asks_who_is_suspected_under_seal(
    form: str, answers: dict[str, str]
) -> None:
    calm = {**CALM, "concern_kinds": ["other"]}
    assert suspects.SEALED_QUESTION in sealed_questions()
    assert suspects.QUESTION not in sealed_questions()
    assert suspects.SEALED_QUESTION in hidden(form, calm)
    assert suspects.SEALED_QUESTION not in hidden(form, {**calm, **answers})
    assert questions(form)[suspects.SEALED_QUESTION]["list"] == "suspect"


def test_a_sealed_danger_accuses_in_the_sealed_operation_only() -> None:
    told = {"answers": {"sealed_suspected_persons": ["county_worker"]}}
    assert (suspects.skipped(told), suspects.skipped(told, sealed=True)) == ("", "county")
    assert suspects.shown(told) == told
    both = {"answers": {**told["answers"], "suspected_persons": ["supervisor"]}}
    assert (suspects.skipped(both), suspects.skipped(both, sealed=True)) == ("village", "county")


@pytest.mark.parametrize("given", [None, "x", 3, ["x", 3, None], {"township_worker": 1}])
def test_what_names_nobody_in_the_chain_passes_over_nobody(given: Any) -> None:
    assert suspects.skipped({"answers": {"suspected_persons": given}}) == ""
    assert suspects.skipped({"answers": given}, sealed=True) == ""
