"""What happened, in the order it was observed: visits, concerns, findings, the office's steps."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from fieldforms import sealing
from fieldforms.facts import all_facts
from sync.entries import Entry

from . import words
from .naming import Naming

# Links between records, and what stands elsewhere in an item.
_LINKS = ("answers", "visit", "part", "concern", "skipped", "findings", "mode", "attachments")
# What has a section of its own.
_SECTIONS = {"assessment.record": "调查评估", "guardian_warning.give": "对监护人的教育与告诫"}
# The server's own bookkeeping is in the list of hashes only.
_UNTOLD = (
    "gap.record", "case_card.show", "referral_card.show", "case.assessed", "escalation.reclock",
    "escalation.call", "feedback.send", "dossier.make", "file.erase",
)  # fmt: skip


def items(
    entries: Sequence[Entry], naming: Naming, photos: Mapping[UUID, list[str]], asked: words.Asked
) -> list[dict[str, Any]]:
    """Each with both times, who, what, and the numbers of its photographs."""
    visits = {entry.target: entry for entry in entries if entry.kind == "visit.record"}
    parts = [entry for entry in entries if entry.kind == "visit.part"]
    joined = {visit.op for part in parts if (visit := _visit(part, visits))}
    told = []
    # What has one time stays in the order it came.
    for entry in sorted(entries, key=lambda entry: entry.observed):
        if entry.op in joined or entry.kind in _UNTOLD or entry.kind.startswith("operation."):
            continue
        visit = _visit(entry, visits) if entry.kind == "visit.part" else None
        narrative, others = _content(entry, visit, asked)
        pictures = [*photos.get(entry.op, []), *(photos.get(visit.op, []) if visit else [])]
        told.append({
            "observed": words.moment(entry.observed),
            "received": words.moment(entry.received),
            "title": title(entry, visit),
            "by": naming.by(entry),
            "narrative": naming.redacted(narrative),
            "others": naming.redacted(others),
            "photos": pictures,
        })  # fmt: skip
    return told


def answers_of(entry: Entry) -> dict[str, Any]:
    """The answers and what a phone wrote beside them; sealed ones only of a sealed operation."""
    data = entry.data if entry.kind == "visit.sealed" else sealing.opened(entry.data)
    given = data.get("answers")
    beside = {name: value for name, value in data.items() if name not in _LINKS}
    return {**beside, **given} if isinstance(given, Mapping) else beside


def title(entry: Entry, visit: Entry | None = None) -> str:
    label = words.entry(entry.kind)
    if entry.kind.startswith("case.") and (of := entry.data.get("step")):
        return f"{label}（{words.said('case_step', of)}）"
    if entry.kind == "finding.record":
        return "规则认定：" + str(entry.data.get("title", {}).get("zh", entry.data.get("rule", "")))
    if entry.kind == "assessment.record":
        return "评估：" + words.said("case_evidence", entry.data.get("form"))
    mode = (visit or entry).data.get("mode")
    return f"{label}（{words.said('visit_mode', mode)}）" if mode else label


def _visit(part: Entry, visits: Mapping[UUID, Entry]) -> Entry | None:
    """The shared part of the same visit; only her own, because a part names any id it likes."""
    try:
        found = visits.get(UUID(str(part.data.get("visit"))))
    except ValueError:
        return None
    return found if found and found.person == part.person else None


def _content(
    entry: Entry, visit: Entry | None, asked: words.Asked
) -> tuple[words.Pairs, words.Pairs]:
    area = entry.kind.partition(".")[0]
    if entry.kind in words.FORMS:
        shared = answers_of(visit) if visit else {}
        return words.answers(asked[words.FORMS[entry.kind]], shared | answers_of(entry))
    if entry.kind == "finding.record":
        return [], _finding(entry.data, asked)
    if entry.kind in _SECTIONS:
        return [], [("内容", f"见“{_SECTIONS[entry.kind]}”")]
    if area in ("case", "protection_order", "referral", "missing"):
        return [], words.steps(entry.kind, entry.data.get("given", entry.data))
    if area in ("child", "household", "guardian"):
        return [], _edited(entry.data)
    said = [("理由", "reason"), ("接警民警", "officer"), ("报警回执号", "receipt")]
    return [], [(label, str(entry.data[name])) for label, name in said if entry.data.get(name)]


def _finding(data: Mapping[str, Any], asked: words.Asked) -> words.Pairs:
    facts = "、".join(_fact(name, value, asked) for name, value in data.get("facts", {}).items())
    basis = "、".join(words.said("legal_basis", one) for one in data.get("basis", []))
    version = data.get("rule_version")
    rule = f"{data.get('rule')} 第 {version} 版" if version else ""
    severity = words.said("severity", data.get("severity"))
    # The finding itself is written when the news came; what it is about happened before.
    seen = words.spoken_time(data.get("observed", ""))
    pairs = [
        ("规则", rule),
        ("情况发生", seen),
        ("级别", severity),
        ("依据事实", facts),
        ("法律依据", basis),
    ]
    return [(label, text) for label, text in pairs if text]


def _fact(name: str, value: Any, asked: words.Asked) -> str:
    """Of open words the question and what was written."""
    label = words.said("fact", name) if name in all_facts() else words.question(asked, name)
    return label if value is True else f"{label}：{words.value(value)}"


def _edited(data: Mapping[str, Any]) -> words.Pairs:
    """Which registers an edit wrote; their values stand in the child's and household's tables."""
    names: Iterable[str] = {**_dict(data.get("set")), **_dict(data.get("add"))}
    changed = "、".join(words.said("file_field", name) for name in names if name != "household")
    return [("填写项目", changed)] if changed else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
