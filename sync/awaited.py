"""Operations that name what nobody knows yet, and what becomes of them when it comes.

An edit is judged again. Evidence is applied already: it is given the reference if its device may have
it by then, and stays without it otherwise.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from . import files, oplog, projecting, references, write
from .entries import Applied, Entry
from .feed import Touched
from .protocol import messages
from .references import Named
from .registry import Policy, RecordType, registry


def note(named: Collection[Named]) -> None:
    """One statement, or none."""
    if not named:
        return
    pairs = sorted({(one.id, one.entry.op) for one in named})
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sync_awaited (named, op)"
            " SELECT n, o FROM unnest(%s::uuid[], %s::uuid[]) AS u(n, o)"
            " ON CONFLICT (named, op) DO NOTHING",
            [[named for named, _ in pairs], [op for _, op in pairs]],
        )


def come(applied: Sequence[Applied], opened: Collection[UUID]) -> list[UUID]:
    """The operations that waited for what has just come; they wait for it no more. One statement."""
    names = {
        reference.to
        for known in registry.types.values()
        if known.judged
        for reference in known.references
    }
    come = {item.entry.target for item in applied if item.created and item.type in names}
    come |= {file for file in opened if names}
    if not come:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            # A file that evidence has opened is not there yet.
            "DELETE FROM sync_awaited WHERE named = ANY(%s) AND NOT EXISTS"
            " (SELECT FROM sync_file f WHERE f.id = named AND f.stub) RETURNING op",
            [sorted(come)],
        )
        return sorted({op for (op,) in cursor.fetchall()})


def link(ops: Sequence[UUID], ciphers: Mapping[UUID, Any], touched: Touched) -> None:
    """Evidence among the operations gets the references that its device may have."""
    entries = oplog.load(
        "op = ANY(%s) AND outcome = 'applied'", [list(ops)], ciphers=ciphers, as_said=True
    )
    entries = [e for e in entries if registry.by_kind[e.kind].policy is Policy.APPEND]
    if not entries:
        return
    # Not the file that what came lies in: nobody else may write to it meanwhile.
    files.lock(entry.file for entry in entries)
    names = references.look(entries)
    names.held = references.held(entries, {*names.files, *(entry.file for entry in entries)})
    for entry in entries:
        if entry.device and not references.knew(entry, entry.file, names.held):
            entry.flags.append("outside")
    note([one for entry in entries for one in names.settle(entry)])
    for record_type in registry.types.values():
        own = [entry for entry in entries if entry.kind in record_type.kinds]
        if own:
            _write_again(record_type, own, touched)
    _tell(entries)


def _write_again(record_type: RecordType, entries: Sequence[Entry], touched: Touched) -> None:
    rows = record_type.model.objects.in_bulk([entry.target for entry in entries])
    changed = []
    for entry in entries:
        row = rows.get(entry.target)
        if row is None or row.op != entry.op:
            continue
        columns, whole = projecting.project(record_type, entry)
        if not whole:
            entry.add_problem(projecting.UNUSABLE)
        for name, value in columns.items():
            setattr(row, name, value)
        changed.append(row)
    write.save(record_type, changed, touched)


def _tell(entries: Sequence[Entry]) -> None:
    """What stands beside the operations: a rebuild finds the references as they were taken."""
    stored = {told.op: told.problems for told in oplog.outcomes([entry.op for entry in entries])}
    for entry in entries:
        before, now = references.lost_in(stored[entry.op]), references.lost_in(entry.problems)
        linked = {member for member in before if before[member] != now.get(member)}
        # Also that nothing usable is named is over with it.
        over = [one for one in stored[entry.op] if one["field"] in linked]
        entry.problems += [
            one for one in stored[entry.op] if one not in over and one["code"] != references.CODE
        ]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sync_operation o SET problems = p.problems, flags = CASE"
            " WHEN p.problems = '[]' THEN array_remove(o.flags, 'problems') ELSE o.flags END"
            " FROM unnest(%s::uuid[], %s::jsonb[]) AS p(op, problems) WHERE o.op = p.op",
            [
                [entry.op for entry in entries],
                [messages.write(entry.problems).decode() for entry in entries],
            ],
        )
