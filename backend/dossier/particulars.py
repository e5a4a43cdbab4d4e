"""What stands in the registers of a child, a household and an adult, as lines of a table."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from fieldforms import risk, vocabulary

from . import words

# The list of a coded register, by its name or, where a name means two things, by its place.
_LISTS = {
    "sex": "sex", "id_type": "id_type", "relationship": "relationship",
    "categories": "category", "risk_level": "risk_level", "aid": "aid", "health": "health",
    "guardianship_rating": "guardianship_rating", "guardianship_capacity": "guardianship_capacity",
    "actual_carer": "actual_carer", "care_reason": "care_reason", "income_source": "income_source",
    "school_status": "school_status", "boarding": "yes_no", "hukou_registered": "yes_no",
    "hukou.type": "hukou_type", "disabilities": "disability_type",
    "disabilities.grade": "disability_grade", "life_cycle.status": "child_status",
    "whereabouts.status": "parent_status",
}  # fmt: skip
_SETS = ("categories", "aid", "disabilities")
RISK = "risk_level"
# Ids, and what the import could not read.
_NOT_SHOWN = ("household", "unread")


def lines(given: Mapping[str, Any], *, of: str = "") -> words.Pairs:
    """Label and text of each member that says something; `of` is the register they are members of."""
    return [
        (_named(name, of), text)
        for name, own in given.items()
        if name not in _NOT_SHOWN and (text := _text(name, own, of))
    ]


def level(set_by_people: str, open_now: Sequence[risk.Reason]) -> words.Pairs:
    """The risk level that everybody is shown, why, and what people set where that is another one."""
    shown = risk.shown(set_by_people, open_now)
    because = "；".join(_because(reason) for reason in shown.because)
    set_ = words.said(RISK, shown.set) if shown.set else "未定级"
    return [
        *([(_named(RISK, ""), words.said(RISK, shown.level))] if shown.level else []),
        *([("未结束的危险", because)] if because else []),
        *([("人工定级", set_)] if shown.level != shown.set else []),
    ]


def _because(reason: risk.Reason) -> str:
    day = words.moment(datetime.fromisoformat(reason["observed"]))[:10]
    return f"{reason['title']['zh']}（{words.said('severity', reason['severity'])}，{day}）"


def _text(name: str, given: Any, of: str) -> str:
    if given is None or given == "":
        return ""
    if isinstance(given, Mapping) and name in _SETS:
        return "、".join(_element(name, code, detail) for code, detail in given.items())
    if isinstance(given, Mapping):
        return _joined(lines(given, of=name))
    return words.value(given, _LISTS.get(f"{of}.{name}", _LISTS.get(name)))


def _element(name: str, code: str, detail: Any) -> str:
    """An element of a set, with what is said of it."""
    said = _joined(lines(detail, of=name)) if isinstance(detail, Mapping) else ""
    label = words.said(_LISTS[name], code)
    return f"{label}（{said}）" if said else label


def _joined(pairs: words.Pairs) -> str:
    return "；".join(f"{label}：{text}" for label, text in pairs)


def _named(name: str, of: str) -> str:
    placed = f"{of}.{name}"
    return words.said("file_field", placed if placed in vocabulary.codes("file_field") else name)
