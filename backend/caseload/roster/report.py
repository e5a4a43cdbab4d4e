"""What an import did or would do: counts, and an answer for each row that has one."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from backend.common import sheets

from .columns import columns
from .importing import Plan
from .reading import Row
from .slips import Slip

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# `new`, `changed` and `unchanged` rows are imported; `repeated` and `refused` ones are not.
OUTCOMES = ("new", "changed", "unchanged", "repeated", "refused")


def report(plan: Plan) -> dict[str, Any]:
    """JSON without sentences: they are made when somebody reads it, in her language."""
    rows = [_row(row, outcome, child) for row, outcome, child in _rows(plan)]
    outcomes = Counter(row["outcome"] for row in rows)
    drafts = Counter(draft.kind for draft in plan.drafts)
    return {
        "counts": {
            **{name: outcomes[name] for name in OUTCOMES},
            "rows": len(rows),
            "with_problems": sum(bool(row["slips"]) for row in rows),
            "households_new": drafts["household.register"],
            "guardians_new": drafts["guardian.register"],
            "assigned": drafts["caseload.assign"],
            "likely_duplicates": len(plan.pairs),
            "not_rows": len(plan.reading.notes),
        },
        "headings": plan.reading.headings,
        "columns": [_slip(slip) for slip in plan.reading.slips],
        "rows": rows,
        "likely_duplicates": [
            {
                "score": pair.score,
                "children": [str(pair.first.child), str(pair.second.child)],
                "rows": [pair.first.row, pair.second.row],
                "names": [pair.first.name, pair.second.name],
            }
            for pair in plan.pairs
        ],
    }


def spoken(told: Mapping[str, Any], *, english: bool) -> dict[str, Any]:
    """The report with a sentence for each slip."""

    def say(slips: list[Any]) -> list[dict[str, Any]]:
        return [Slip(*slip).as_dict(english=english) for slip in slips]

    rows = [{**row, "slips": say(row["slips"])} for row in told["rows"]]
    return {**told, "columns": say(told["columns"]), "rows": rows}


def sheet(told: Mapping[str, Any], *, english: bool) -> bytes:
    """An .xlsx of the rows that were not imported, as they came, with what to do beside each.

    Corrected, it is itself a roster.
    """
    note = columns()["problem"].header
    headings = [heading for heading in told["headings"] if heading != note]
    lines: list[list[Any]] = [[*headings, note]]
    for row in told["rows"]:
        if row["outcome"] not in {"repeated", "refused"}:
            continue
        cells = dict(enumerate(row["cells"]))
        said = [cells.get(p, "") for p, h in enumerate(told["headings"]) if h != note]
        sentences = (Slip(*slip).message(english=english) for slip in row["slips"])
        lines.append([*said, " ".join(sentences)])
    return sheets.workbook(lines)


def _rows(plan: Plan) -> Iterator[tuple[Row, str, str]]:
    """In the order of the file."""
    found: list[tuple[Row, str, str]] = []
    for unit in plan.units:
        for match in unit.home.matches:
            filed = "changed" if unit.news[match.row.number] else "unchanged"
            failed = any(slip.code == "roster.row_refused" for slip in match.row.slips)
            outcome = "refused" if failed else "new" if match.state is None else filed
            found.append((match.row, outcome, str(match.child)))
    found += [(row, "repeated", "") for row in plan.repeated]
    found += [(row, "refused", "") for row in plan.reading.refused]
    return iter(sorted(found, key=lambda item: item[0].number))


def _row(row: Row, outcome: str, child: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "row": row.number,
        "name": row.get("name") or "",
        "outcome": outcome,
        "child": child or None,
        "slips": [_slip(slip) for slip in row.slips],
    }
    # Only what was not taken has to be given back.
    return told | ({"cells": row.cells} if outcome in {"repeated", "refused"} else {})


def _slip(slip: Slip) -> list[Any]:
    return [slip.row, slip.column, slip.code, slip.value, slip.hint]
