"""Operations on erased files: kept sealed, and to a stranger no different from those on unknown ones."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from . import due, groups, phrases, projecting, references, scope, write
from .entries import Entry
from .protocol.messages import Outcome, Receipt
from .registry import Policy, registry

CODE = "file.erased"


# On an operation that would wait for the rest of its group if nobody knew the file.
_APART = "apart"


def judge(entries: Sequence[Entry], beside: Sequence[Entry]) -> None:
    """Marks those whose device did not hold the file, and finds the problems it would be told of.

    `beside` is what came with them.
    """
    erased = [entry for entry in entries if entry.code == CODE]
    scope.mark_outside(erased)
    members = Counter(groups.bound(entry) for entry in (*entries, *beside))
    evidence = []
    for entry in erased:
        record_type = registry.by_kind.get(entry.kind)
        if "outside" not in entry.flags:
            continue
        if (group := groups.bound(entry)) and members[group] < entry.group_n:
            entry.flags.append(_APART)
        if record_type is not None and record_type.policy is Policy.APPEND:
            entry.outcome = entry.code = None
            evidence.append(entry)
    names = references.look(evidence, beside=beside)
    names.held = references.held(evidence, names.files)
    for entry in evidence:
        names.settle(entry)
        write.check(registry.by_kind[entry.kind], [entry])
        if entry.outcome is None:
            if not projecting.project(registry.by_kind[entry.kind], entry)[1]:
                entry.add_problem(projecting.UNUSABLE)
            entry.quarantine(CODE, "file", message=phrases.FILE_ERASED)


@dataclass(frozen=True, slots=True)
class _Answer:
    outcome: Outcome
    code: str | None = None
    fields: tuple[str, ...] = ()


_ABSENT = _Answer("quarantined", "target.absent", ("target",))
_UNKNOWN = _Answer("held", "target.unknown", ("target",))


def told(said: Receipt, kind: str) -> Receipt:
    """What a stranger to an erased file is told: what she would be told if nobody knew the file."""
    if said.code == CODE and "outside" in said.flags:
        answer = _as_if_unknown(said.flags, kind)
        said.outcome, said.code, said.fields = answer.outcome, answer.code, list(answer.fields)
    return said


def _as_if_unknown(flags: Sequence[str], kind: str) -> _Answer:
    if _APART in flags and "forced" not in flags:
        return _Answer("held", "group.incomplete", ("group",))
    record_type = registry.by_kind.get(kind)
    if record_type is None:
        return _Answer("quarantined", "kind.unknown", ("kind",))
    if record_type.server_only or record_type.policy is Policy.SERIALISED:
        return _Answer("quarantined", "kind.office_only", ("kind",))
    if record_type.policy is Policy.APPEND:
        return _Answer("applied")
    if "revoked" in flags:
        return _Answer("held", "device.revoked")
    if "person" in flags:
        return _Answer("held", "person.not_enrolled", ("person",))
    return _ABSENT if "forced" in flags else _UNKNOWN


def age(*, now: dt.datetime, before: dt.datetime) -> None:
    """What is told as held grows old like what is: its sender hears that the wait has ended."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sync_operation o SET flags = array_append(flags, 'forced'), news = 0,"
            f" decided_at = %(now)s WHERE code = %(code)s AND {due.OLD} AND device IS NOT NULL"
            " AND 'outside' = ANY(flags) AND NOT 'forced' = ANY(flags) AND (%(apart)s = ANY(flags)"
            " OR kind = ANY(%(kinds)s) AND NOT flags && '{revoked,person}')",
            {"now": now, "code": CODE, "before": before, "apart": _APART, "kinds": _waiting()},
        )


def _waiting() -> list[str]:
    """The kinds of operations that wait for their record."""
    return [kind for kind, known in registry.by_kind.items() if known.policy is Policy.REGISTER]
