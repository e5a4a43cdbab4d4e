"""A visit with unusable answers is applied with `problems` (SYNC); which they are, and for whom."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from fieldforms import services
from fieldforms.checking import check
from fieldforms.compile import compile_form
from fieldforms.sealing import sealed_questions
from sync.entries import Entry

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def said(answers: Any, *, repeated: bool = True, version: str | None = "3", **more: Any) -> Any:
    entry = Entry(
        op=UUID(int=1), person=UUID(int=2), kind="visit.part", target=UUID(int=3), file=UUID(int=4),
        data={"answers": answers, **more}, wall=NOW, at=0, uncertainty=0, received=NOW,
        form="household_visit", form_version=version,
    )  # fmt: skip
    (problems,) = check([entry], repeated=repeated)
    return {problem.field: problem.code for problem in problems}


def test_a_part_is_asked_the_questions_of_one_child_only() -> None:
    assert said({"child_seen": "yes", "child_id": "the phone's own"}) == {}
    assert said({"child_seen": "maybe", "visit_mode": "home"}) == {
        "answers.child_seen": "answer.unknown_code",
        "answers.visit_mode": "answer.unknown_question",
    }


def test_the_shared_part_is_asked_what_stands_outside_the_repeat() -> None:
    assert said({"visit_mode": "home"}, repeated=False) == {}
    assert said({}, repeated=False) == {"answers.visit_mode": "answer.missing"}
    assert said({}, repeated=False, skipped=["visit_mode"]) == {}


def test_of_sealed_answers_nothing_is_said() -> None:
    assert {"sexual_abuse_suspected", "sealed_words"} <= sealed_questions()
    assert said({"child_seen": "yes", **dict.fromkeys(sealed_questions(), 17)}) == {}


def test_words_in_the_place_of_a_question_do_not_stand_in_a_receipt() -> None:
    assert said({"child_seen": "yes", "龙小燕被打": "1"}) == {"answers": "answer.unknown_question"}


@pytest.mark.django_db
def test_an_unknown_version_is_not_judged_and_a_published_one_is_read_as_it_was() -> None:
    assert said({"child_seen": 3}, version=None) == {}
    assert said({"child_seen": 3}, version="0") == {}
    older = {**compile_form("household_visit"), "version": "0.9", "published_at": NOW}
    older["manifest"] = {
        "questions": [q for q in older["manifest"]["questions"] if q["name"] == "mood"]
    }
    services.FormVersion.objects.create(**older)
    assert said({"mood": "wild", "child_seen": "yes"}, version="0.9") == {
        "answers.mood": "answer.unknown_code",
        "answers.child_seen": "answer.unknown_question",
    }
