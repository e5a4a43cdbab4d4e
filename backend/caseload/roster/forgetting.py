"""What import reports say of children whose files are erased."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from backend.caseload.models import RosterImport
from backend.common import encrypted


def forget(files: Collection[UUID], *, county: str) -> None:
    """Takes their rows' words out of every report of the county. Counts stay."""
    gone = {str(file) for file in files}
    rows = list(RosterImport.objects.filter(division__startswith=county[:6]))
    ciphers = encrypted.keys({row.id for row in rows})
    changed = []
    for row in rows:
        told = ciphers[row.id].open_json(row.sealed) if row.id in ciphers else {}
        if _blanked(told, gone):
            row.sealed = ciphers[row.id].seal_json(told)
            changed.append(row)
    RosterImport.objects.bulk_update(changed, ["sealed"])


def _blanked(told: dict[str, Any], gone: set[str]) -> bool:
    """Changes the report in place; whether there was anything to change."""
    rows = [row for row in told.get("rows", []) if row["child"] in gone]
    for row in rows:
        row |= {"name": "", "slips": []}
        row.pop("cells", None)
    pairs = told.get("likely_duplicates", [])
    left = [pair for pair in pairs if gone.isdisjoint(pair["children"])]
    told["likely_duplicates"] = left
    return bool(rows) or len(left) != len(pairs)
