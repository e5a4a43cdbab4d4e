"""Facts and answers as a reader says them. A code nobody knows is shown as it is, never hidden."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from backend.common.language import language
from fieldforms import facts, vocabulary, wording

from .texts import text

FORMS = {
    "visit.part": "household_visit", "visit.sealed": "household_visit",
    "delegation.confirm": "delegation_confirmation",
}  # fmt: skip
REPORT = "concern_report"
# What she wrote herself. Shown first and word for word, in this order.
NARRATIVE = ("child_words", "child_wish", "sealed_words", "facts_observed", "danger_facts",
             "conclusion_reason", "opinion", "actions_taken")  # fmt: skip
NOT_SHOWN = ("child_id", "attachments")


def said(name: str, code: Any) -> str:
    """The label of a code of a list, or the code."""
    try:
        return vocabulary.label(name, code, language())
    except (KeyError, TypeError):
        return str(code)


def spoken(pair: Mapping[str, str]) -> str:
    """A `{zh, en}` in the reader's language, or in the one there is."""
    return pair.get(language()) or next(iter(pair.values()), "")


def fact(name: str, value: Any) -> str:
    """`No adult with the child`, or `Age: 6`; of open words the question and what was written."""
    known = facts.all_facts().get(name)
    label = said("fact", name) if known else _question(name)
    if value is True:
        return label
    return text("fact.is", fact=label, value=_value(value, known.list if known else None))


def _question(name: str) -> str:
    """How the first form that asks it words a question."""
    forms = (wording.questions(form) for form in (FORMS["visit.part"], REPORT))
    asked = next((form for form in forms if name in form), {})
    return _label(asked, name)


@dataclass(frozen=True)
class Answers:
    """`narrative` and `others` are pairs of a question's label and the answer."""

    narrative: list[tuple[str, str]]
    others: list[tuple[str, str]]


def answers(kind: str, given: Mapping[str, Any]) -> Answers:
    """The answers of a source in the order of its form; what was not collected is left out."""
    return form_answers(FORMS.get(kind, REPORT), given)


def form_answers(form: str, given: Mapping[str, Any]) -> Answers:
    asked = wording.questions(form)
    narrative = [(_label(asked, name), str(given[name])) for name in NARRATIVE if given.get(name)]
    order = {name: place for place, name in enumerate(asked)}
    rest = sorted(
        (name for name in given if name not in (*NARRATIVE, *NOT_SHOWN)),
        key=lambda name: order.get(name, len(order)),
    )
    others = [
        (_label(asked, name), _value(given[name], asked[name].list if name in asked else None))
        for name in rest
        if given[name] not in (None, "", [], "not_collected")
    ]
    return Answers(narrative, others)


def _label(asked: Mapping[str, wording.Question], name: str) -> str:
    return spoken(asked[name].label) if name in asked else name


def _value(value: Any, list_name: str | None) -> str:
    if isinstance(value, bool):
        return said("yes_no", "yes" if value else "no")
    if isinstance(value, list | tuple | set):
        return text("app.comma").join(_value(item, list_name) for item in _sorted(value))
    return said(list_name, value) if list_name else str(value)


def _sorted(values: Iterable[Any]) -> list[Any]:
    return list(values) if isinstance(values, list) else sorted(values, key=str)
