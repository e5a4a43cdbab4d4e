"""A visit with unusable answers is applied with `problems` (SYNC: always applied)."""

from hypothesis import given
from hypothesis import strategies as st

from fieldforms.answers import check
from fieldforms.compile import compile_form

VISIT = compile_form("household_visit")["manifest"]
NAMES = [question["name"] for question in VISIT["questions"]]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def codes_of(answers: object, skipped: object = ()) -> dict[str, str]:
    return {problem["field"]: problem["code"] for problem in check(VISIT, answers, skipped)[1]}


@given(JSON | st.dictionaries(st.sampled_from(NAMES), JSON), JSON)
def test_no_json_makes_the_check_raise(answers, skipped):
    usable, problems = check(VISIT, answers, skipped)
    assert isinstance(usable, dict)
    assert all(problem["message_zh"] and problem["message_en"] for problem in problems)


def test_each_fault_has_its_code_and_the_rest_stays_usable():
    answers = {
        "visit_mode": "home",
        "days_alone_last_week": 9,
        "online_hours": True,
        "next_due": "2026-02-30",
        "hazards": ["water", "dragon"],
        "health": "purple",
        "nonsense": 1,
    }
    faults = codes_of(answers, ["child_id", "child_seen"])
    assert faults == {
        "days_alone_last_week": "answer.out_of_range",
        "online_hours": "answer.wrong_type",
        "next_due": "answer.wrong_type",
        "hazards": "answer.unknown_code",
        "health": "answer.unknown_code",
        "nonsense": "answer.unknown_question",
    }
    assert check(VISIT, answers)[0] == {"visit_mode": "home"}


def test_a_required_question_is_missing_unless_it_was_skipped():
    assert codes_of({"visit_mode": "home"}, ["child_id"]) == {"child_seen": "answer.missing"}
