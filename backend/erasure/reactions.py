"""What an erasure does. Runs inside the writing transaction."""

from collections.abc import Sequence
from datetime import datetime

from backend.audit import services as audit
from backend.caseload import services as caseload
from backend.common import ledger
from backend.dossier import services as dossiers
from backend.rights import services as rights
from backend.tasks import services as tasks
from sync.entries import Applied
from sync.erase import erase


def erase_files(applied: Sequence[Applied], now: datetime) -> None:
    """Destroys what is erased, and writes that down here and in the ledger."""
    for item in applied:
        if item.type == "erasure":
            _erase(item, now)


def _erase(item: Applied, now: datetime) -> None:
    files, entry = item.columns["files"], item.entry
    dossiers.forget(files)
    rights.forget(files)
    erase(files, now=entry.observed)
    caseload.forget(files, county=entry.shard)
    tasks.forget(county=entry.shard, now=now)
    caseload.forget_dangers(files)
    second = {name: entry.data[name] for name in ("confirmed_by",) if name in entry.data}
    lines = [
        audit.Line(
            actor=entry.person, subject=file, county=entry.shard,
            detail={"erasure": str(entry.target), **second},
        )
        for file in files
    ]  # fmt: skip
    audit.record_each(lines, action="file.erase", subject_type="file", now=now)
    detail = {
        "op": str(entry.op),
        "files": [str(file) for file in files],
        "county": entry.shard,
        **second,
    }
    ledger.record(
        ledger.Fact(
            kind="file.erase", subject=entry.target, at=entry.observed, by=entry.person,
            detail=detail,
        )
    )  # fmt: skip
