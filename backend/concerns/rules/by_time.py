"""What the passing of time calls for (T1 to T4). `by_time.yaml` holds it; who runs it is no rule's matter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .model import Deadline


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """With a `severity` it becomes a finding; otherwise a notice (`daily`, `weekly` or `once`), or the
    escalation `rises`. `risk`: the risk level of the child it is about, "" where any.
    """

    says: Mapping[str, str]
    to: tuple[str, ...] = ()
    administrators: bool = False
    risk: str = ""
    severity: str = ""
    deadline: Deadline = ""
    notice: str = ""
    rises: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedRule:
    """`do`: what whoever hears of it does. `basis`: codes of `legal_basis`."""

    id: str
    title: Mapping[str, str]
    do: Mapping[str, str]
    basis: tuple[str, ...]
    rows: tuple[Row, ...]

    def at_risk(self, level: str) -> Row | None:
        """The row that makes a finding for a child at this risk level; None where none does."""
        return next((row for row in self.rows if row.severity and row.risk == level), None)


def timed_rules(
    documents: Sequence[Mapping[str, Any]], limits: Mapping[str, Any]
) -> dict[str, TimedRule]:
    """By id, in order; `limits` fills the numbers in. Raises `KeyError` for a limit nobody has."""
    return {document["id"]: _rule(document, limits) for document in documents}


def _rule(document: Mapping[str, Any], limits: Mapping[str, Any]) -> TimedRule:
    rows = [
        Row(**{**row, "says": _filled(row["says"], limits), "to": tuple(row.get("to", ()))})
        for row in document["rows"]
    ]
    return TimedRule(**{**document, "basis": tuple(document["basis"]), "rows": tuple(rows)})


def _filled(says: Mapping[str, str], limits: Mapping[str, Any]) -> dict[str, str]:
    return {tongue: text.format_map(limits) for tongue, text in says.items()}
