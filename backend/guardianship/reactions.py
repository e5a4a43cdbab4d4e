"""What follows from a case's steps. Runs inside the writing transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.audit import services as audit
from backend.children import queries as children
from backend.concerns import services as concerns
from sync import oplog
from sync.entries import Applied, Draft
from sync.protocol import ids

from . import case_life, order_life
from .case_flow import ASSESSMENT_CLOCKS, STEPS
from .models import CLOSED, Case, CaseCard

# Which clock each assessment form ends.
_ENDS = dict(zip(("safety_assessment", "guardianship_assessment"), ASSESSMENT_CLOCKS, strict=True))


def follow_cases(applied: Sequence[Applied], now: datetime) -> list[Draft]:
    return [
        *_escalations(applied, now),
        *_assessed(applied, now),
        *_moved(applied, now),
        *_kept_out(applied, now),
        *_guardians(applied, now),
        *_cards(applied, now),
    ]


def _escalations(applied: Sequence[Applied], now: datetime) -> list[Draft]:
    """The escalation a case was opened from becomes `case_opened`."""
    opened = {
        UUID(item.entry.data["escalation"]): item.entry
        for item in applied
        if item.entry.kind == "case.open" and item.entry.data.get("escalation")
    }
    return concerns.case_opened(opened, now) if opened else []


def _assessed(applied: Sequence[Applied], now: datetime) -> list[Draft]:
    """A form that is in stops the clock that waits for it."""
    return [
        Draft(
            op=ids.derived(item.entry.op, "case.assessed"), person=item.entry.person,
            kind="case.assessed", target=item.columns["case"], file=item.entry.file,
            data={"ends": _ENDS[item.columns["form"]], "form": item.columns["form"]}, at=now,
        )
        for item in applied
        if item.type == "assessment" and item.columns["form"] in _ENDS
    ]  # fmt: skip


def _moved(applied: Sequence[Applied], now: datetime) -> list[Draft]:
    """An open case goes with the child to the county that took it over, the sealed too."""
    accepted = {item.entry.file: item for item in applied if item.entry.kind == "transfer.accept"}
    if not accepted:
        return []
    rows = Case.objects.filter(file__in=accepted).exclude(status=CLOSED)
    return [
        Draft(
            op=ids.derived(accepted[row.file].entry.op, "case.transfer", str(row.id)),
            person=accepted[row.file].entry.person, kind="case.transfer", target=row.id,
            file=row.file, data={"division": accepted[row.file].columns["to_division"]}, at=now,
        )
        for row in rows
    ]  # fmt: skip


def _kept_out(applied: Sequence[Applied], now: datetime) -> list[Draft]:
    """Who must not know of an escalation must not know of the case that it led to either."""
    told = {
        item.entry.target: item
        for item in applied
        if item.type == "escalation" and (item.columns["skips"] or item.columns["kept_out"])
    }
    if not told:
        return []
    rows = Case.objects.filter(escalation__in=told).exclude(status=CLOSED)
    return [
        Draft(
            op=ids.derived(told[row.escalation].entry.op, "case.keep_out", str(row.id)),
            person=told[row.escalation].entry.person, kind="case.keep_out", target=row.id,
            file=row.file, at=now,
            data={
                "skips": told[row.escalation].columns["skips"],
                "kept_out": [str(who) for who in told[row.escalation].columns["kept_out"]],
            },
        )
        for row in rows
        if row.escalation
        and (row.skips, row.kept_out)
        != (told[row.escalation].columns["skips"], told[row.escalation].columns["kept_out"])
    ]  # fmt: skip


# Who the guardian is after a step, by the form of the guardianship; None: the family again.
_GUARDIANSHIP = {
    "take_guardianship": "temporary", "appoint": "long_term", "assume": "long_term",
    "return_home": "family", "restore": "family",
}  # fmt: skip


def _guardians(applied: Sequence[Applied], now: datetime) -> list[Draft]:
    """Writes who the guardian is into the child's register, over every value there is.

    The parents' duty of maintenance goes on (Civil Code 37), and the register says so. Of a sealed
    case, or one with a suspect in the chain, nothing is written: everybody who has the file reads the register.
    """
    changed = {
        item.entry.file: item
        for item in applied
        if item.type == "case"
        and not case_life.is_quiet(item.columns)
        and _step(item) in _GUARDIANSHIP
    }
    if not changed:
        return []
    live = children.live_writes(changed, "guardianship")
    return [
        Draft(
            op=ids.derived(item.entry.op, "child.edit"), person=item.entry.person, kind="child.edit",
            target=file, file=file, at=now,
            data={"set": {"guardianship": {"v": _guardianship(item), "saw": live.get(file, [])}}},
        )
        for file, item in changed.items()
    ]  # fmt: skip


def _guardianship(item: Applied) -> dict[str, Any]:
    form, data = _GUARDIANSHIP[_step(item)], item.entry.data
    kind = "civil_affairs" if form == "temporary" else item.columns["guardian_kind"]
    if form == "family":
        kind = "parents"
    return {
        "form": form,
        "guardian_kind": kind,
        "guardian": data.get("guardian", ""),
        "care_form": data.get("care_form", ""),
        "carer": data.get("carer", ""),
        "since": item.entry.observed.date().isoformat(),
        "maintenance": "parents",
        "case": str(item.entry.target),
    }


def _cards(applied: Sequence[Applied], now: datetime) -> list[Draft]:
    """What the supervisor is told anew. What she was told in words stays until she is told otherwise."""
    told = [
        item
        for item in applied
        if item.type == "case"
        and not case_life.is_quiet(item.columns)
        and (item.created or (_step(item) in STEPS and _step(item) != "assign"))
    ]
    if not told:
        return []
    before = _texts([_card_of(item.entry.target) for item in told])
    return [
        Draft(
            op=ids.derived(item.entry.op, "case_card.show"), person=item.entry.person,
            kind="case_card.show", target=_card_of(item.entry.target), file=item.entry.file,
            data=_card(item, before), at=now,
        )
        for item in told
    ]  # fmt: skip


def _card(item: Applied, before: Mapping[UUID, str]) -> dict[str, Any]:
    columns, until = item.columns, item.columns["monitor_until"]
    text = item.entry.data.get("for_supervisor") or before.get(_card_of(item.entry.target), "")
    return {
        "case": str(item.entry.target),
        "state": columns["status"],
        "placement": columns["placement"],
        "monitor_days": columns["monitor_days"],
        "monitor_until": until.isoformat() if until else None,
        "text": text,
    }


def _texts(cards: Sequence[UUID]) -> dict[UUID, str]:
    ops = dict(CaseCard.objects.filter(id__in=cards).values_list("id", "op"))
    words = oplog.contents(ops.values())
    return {card: words.get(op, {}).get("text", "") for card, op in ops.items()}


def _card_of(case: UUID) -> UUID:
    return ids.derived(case, "case_card")


def _step(item: Applied) -> str:
    return item.entry.kind.removeprefix("case.")


def monitored(applied: Sequence[Applied]) -> dict[UUID, tuple[int, datetime, Any] | None]:
    """The monitoring plan of each child whose case has just taken a step; None when there is none.

    Sealed cases are left out: a date in a list must not tell that there is one.
    """
    plans: dict[UUID, tuple[int, datetime, Any] | None] = {}
    for item in applied:
        if item.type == "case" and not case_life.is_quiet(item.columns) and _step(item) in STEPS:
            days = item.columns["monitor_days"]
            plan = (days, item.columns["monitor_from"], item.columns["monitor_until"])
            plans[item.entry.file] = plan if days else None
    return plans


_AUDITED = (*case_life.KINDS, *order_life.KINDS, "assessment.record", "guardian_warning.give")


def audit_steps(applied: Sequence[Applied], now: datetime) -> None:
    """A line for each step a person took, in the transaction that wrote it. Of a sealed case no child."""
    for kind in sorted({i.entry.kind for i in applied} & set(_AUDITED) - set(_SERVERS)):
        lines = [
            audit.Line(
                actor=item.entry.person, subject=item.entry.target,
                county=str(item.columns.get("division") or item.entry.shard)[:6],
                device=item.entry.device, detail=_detail(item),
            )
            for item in applied
            if item.entry.kind == kind
        ]  # fmt: skip
        audit.record_each(lines, action=kind, now=now, subject_type=_subject(kind))


_SERVERS = case_life.BY_THE_SERVER


def _detail(item: Applied) -> dict[str, Any]:
    data = item.entry.data
    kept = {name: data[name] for name in ("step", "proposal") if data.get(name)}
    return kept | ({"alone": True} if data.get("alone") else {})


def _subject(kind: str) -> str:
    return kind.split(".")[0]
