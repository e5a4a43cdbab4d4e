"""What a court reads: always Chinese, whatever language the office works in."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone

from fieldforms import vocabulary, wording

Pairs = list[tuple[str, str]]
# What somebody said or saw, word for word and first.
NARRATIVE = ("child_words", "sealed_words", "child_wish", "child_opinion", "facts_observed",
             "opinion", "actions_taken")  # fmt: skip
_NOT_SHOWN = ("child_id", "attachments", "attachment", "photos")
FORMS = {
    "visit.record": "household_visit", "visit.part": "household_visit",
    "visit.sealed": "household_visit", "concern.raise": "concern_report",
    "delegation.confirm": "delegation_confirmation",
}  # fmt: skip


def said(name: str, code: Any) -> str:
    """The label of a code of a list; a code that nobody knows is shown as it is."""
    try:
        return vocabulary.label(name, code, "zh")
    except (KeyError, TypeError):
        return str(code)


# The steps of a record: how they are headed, their list, and the list of what they are given.
_STEPS = {
    "escalation": ("预警", "escalation_step", "case_field"),
    "case": ("监护个案", "case_step", "case_field"),
    "protection_order": ("人身安全保护令", "protection_step", "case_field"),
    "referral": ("转介", "referral_step", "referral_word"),
    "missing": ("走失", "missing_step", "missing_field"),
}


def entry(kind: str) -> str:
    """What an operation of a kind is called; decisions about operations as the audit log calls them."""
    area, _, step = kind.partition(".")
    if area in _STEPS:
        heading, name, _fields = _STEPS[area]
        code = kind if area == "escalation" else step
        if code in vocabulary.codes(name):
            return f"{heading}：{said(name, code)}"
    named = said("dossier_entry", kind)
    return named if named != kind else said("audit_action", kind)


def moment(at: dt.datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


def value(given: Any, name: str | None = None) -> str:
    """An answer, with the labels of a list."""
    if isinstance(given, bool):
        return said("yes_no", "yes" if given else "no")
    if isinstance(given, list | tuple | set):
        return "、".join(value(one, name) for one in _listed(given))
    return said(name, given) if name else str(given)


class Asked(dict[str, Mapping[str, wording.Question]]):
    """The questions of each form, read once for a whole dossier."""

    def __missing__(self, form: str) -> Mapping[str, wording.Question]:
        self[form] = wording.questions(form)
        return self[form]


def answers(asked: Mapping[str, wording.Question], given: Mapping[str, Any]) -> tuple[Pairs, Pairs]:
    """`(narrative, others)`, in the order of the form; what was not collected is left out."""
    order = {name: place for place, name in enumerate(asked)}
    narrative = [(_label(asked, name), str(given[name])) for name in NARRATIVE if given.get(name)]
    rest = sorted(
        (name for name in given if name not in (*NARRATIVE, *_NOT_SHOWN)),
        key=lambda name: order.get(name, len(order)),
    )
    others = [
        (_label(asked, name), _answer(given[name], asked.get(name)))
        for name in rest
        if given[name] not in (None, "", [], "not_collected")
    ]
    return narrative, others


def question(asked: Asked, name: str) -> str:
    """How the first form that asks it words a question."""
    forms = (asked[form] for form in dict.fromkeys(FORMS.values()))
    return _label(next((form for form in forms if name in form), {}), name)


def steps(kind: str, given: Mapping[str, Any]) -> Pairs:
    """What was said with a step of that kind; `_LISTS` names the coded answers."""
    area = kind.partition(".")[0]
    fields = _STEPS[area][2] if area in _STEPS else "case_field"
    return [
        (said(fields, name), _step_value(name, own))
        for name, own in given.items()
        if name in vocabulary.codes(fields) and name not in _IDS and own not in (None, "", [])
    ]


_IDS = ("worker", "organisation", "photo")


_LISTS = {"applicant": "revocation_applicant", "revocation_grounds": "revocation_ground",
          "outcome": "case_outcome", "kind": "guardian_warning_kind", "by": "guardian_warning_by",
          "urgent": "yes_no", "intentional_crime": "yes_no", "destitute": "yes_no",
          "delegation_refused": "yes_no"}  # fmt: skip


def _step_value(name: str, given: Any) -> str:
    if name in ("called_at", "observed"):
        return spoken_time(given)
    known = _LISTS.get(name, name)
    try:
        vocabulary.codes(known)
    except KeyError:
        return value(given)
    return value(given, known)


def _answer(given: Any, question: wording.Question | None) -> str:
    if question and question.type == "dateTime":
        return spoken_time(given)
    return value(given, question.list if question else None)


def spoken_time(given: Any) -> str:
    """What somebody entered as a time; one without a zone is China's, what is none is shown as it is."""
    try:
        read = dt.datetime.fromisoformat(str(given))
    except ValueError:
        return str(given)
    return moment(read if read.tzinfo else timezone.make_aware(read))


def _label(asked: Mapping[str, wording.Question], name: str) -> str:
    return asked[name].label["zh"] if name in asked else name


def _listed(given: Iterable[Any]) -> list[Any]:
    return list(given) if isinstance(given, list) else sorted(given, key=str)
