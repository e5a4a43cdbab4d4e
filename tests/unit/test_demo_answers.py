"""The demo's visits are answered as the published form asks, and each scene is about its rule."""

from random import Random

import pytest

from deploy.demo_data import answers
from deploy.demo_data.scenes import SCENES, Scene
from fieldforms import words
from fieldforms.answers import check
from fieldforms.compile import compile_form

MANIFEST = compile_form(answers.FORM)["manifest"]


def problems(part: answers.Part) -> list[dict[str, str]]:
    """A part answers for its own questions only."""
    return [
        problem
        for problem in check(MANIFEST, part.answers, part.skipped)[1]
        if problem["code"] != "answer.missing"
    ]


@pytest.mark.parametrize("age", [0, 5, 9, 14, 17])
def test_an_unremarkable_visit_has_no_unusable_answer(age: int) -> None:
    shared = answers.household({})
    for part in (shared, answers.child(shared, {}, age=age, random=Random(age))):
        assert problems(part) == []
    assert problems(answers.sealed(shared)) == []


@pytest.mark.parametrize("said", [*answers.WORDS, *answers.SEEN])
def test_the_words_of_an_unremarkable_visit_speak_of_no_danger(said: str) -> None:
    assert words.read(said) == []


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.rule)
def test_what_a_scene_tells_is_asked_and_usable(scene: Scene) -> None:
    shared = answers.household(scene.household)
    part = answers.child(shared, scene.child, age=scene.ages[0], random=Random(1))
    assert problems(shared) == problems(part) == []
    assert scene.household.items() <= shared.answers.items()
    assert scene.child.items() <= part.answers.items()


def test_what_the_form_hides_is_skipped_and_not_answered() -> None:
    shared = answers.household({"visit_mode": "attempted"})
    part = answers.child(shared, {"child_seen": "no"}, age=7, random=Random(1))
    assert part.answers == {"child_seen": "no", "police_called": "no"}
    assert {"beaten", "school_status", "visible_injuries"} <= set(part.skipped)
    assert (
        "several_injuries"
        in answers.child(answers.household({}), {}, age=7, random=Random(1)).skipped
    )
