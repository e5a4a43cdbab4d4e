"""One dossier as the template takes it: sections, cover and list of hashes."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from backend.audit.queries import Head

from . import words
from .naming import CONCEALED, REPORTS


def of(
    sections: Mapping[str, Any], *, dossier: UUID, purpose: str, maker: str, sealed: bool,
    now: dt.datetime, head: Head | None, operations: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:  # fmt: skip
    number = f"{dossier}"
    return {
        **sections,
        "title": f"儿童保护证据卷宗 · {sections['name']}",
        "number": number,
        "purpose": purpose,
        "maker": maker,
        "made_at": words.moment(now),
        "sealed": sealed,
        "count": f"{len(operations)} 条",
        "head": _head(head),
        "seal": [*_seal(head), ("卷宗编号", number), ("记录条数", f"{len(operations)} 条")],
        "operations": [_operation(one) for one in operations],
    }


def _head(head: Head | None) -> str:
    return f"第 {head.number} 段　{_spaced(head.hash)}" if head else "尚无（审计链未开始）"


def _seal(head: Head | None) -> words.Pairs:
    if head is None:
        return [("县级审计链首", _head(head))]
    return [
        ("县", head.county), ("链首段号", str(head.number)),
        ("链首时间（分钟）", words.moment(head.minute)), ("链首散列值（SHA-256）", _spaced(head.hash)),
    ]  # fmt: skip


def _spaced(hash_: bytes) -> str:
    """So that it breaks into lines, and that two people can compare it aloud."""
    return hash_.hex(" ", 4)


def _operation(one: Mapping[str, Any]) -> dict[str, str]:
    source = f"{one['device']} · {one['seq']}" if one["device"] else "服务器"
    return {
        "op": one["op"], "sha256": one["sha256"], # The name beside the kind itself, which is what the log has.
        "kind": f"{words.entry(one['kind'])}　{one['kind']}",
        "observed": words.moment(dt.datetime.fromisoformat(one["observed"])),
        "received": words.moment(dt.datetime.fromisoformat(one["received"])),
        "source": CONCEALED if one["kind"] in REPORTS else source,
    }  # fmt: skip
