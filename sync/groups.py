"""Groups: edits of registers that are applied whole or held whole."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from . import oplog, phrases
from .entries import Entry
from .registry import Policy, registry

Bond = tuple[UUID | None, UUID]


def with_mates(pending: Sequence[Entry], ciphers: Mapping[UUID, Any]) -> list[Entry]:
    """Adds the held members of a group that these complete; an incomplete group is held whole."""
    groups: dict[Bond, list[Entry]] = {}
    for entry in pending:
        if group := bound(entry):
            groups.setdefault(group, []).append(entry)
    incomplete = [group for group, members in groups.items() if len(members) < members[0].group_n]
    mates: list[Entry] = []
    if incomplete:
        mates = oplog.load(
            "device = ANY(%s) AND \"group\" = ANY(%s) AND outcome = 'held' AND NOT op = ANY(%s)",
            [*_columns(incomplete), [entry.op for entry in pending]],
            ciphers=ciphers,
        )
        mates = [mate for mate in mates if (mate.device, mate.group) in groups]
    for entry in _left_behind(pending, incomplete):
        entry.flags.append("forced")
    for group in incomplete:
        held = [entry for entry in mates if (entry.device, entry.group) == group]
        if len(groups[group]) + len(held) < groups[group][0].group_n:
            mates = [entry for entry in mates if (entry.device, entry.group) != group]
            for entry in filter(bound, groups[group]):
                entry.hold("group.incomplete", "group", message=phrases.WAITING)
    return [*mates, *pending]


def _columns(groups: Sequence[Bond]) -> tuple[list[UUID | None], list[UUID]]:
    return [device for device, _ in groups], [group for _, group in groups]


def _left_behind(pending: Sequence[Entry], groups: Sequence[Bond]) -> list[Entry]:
    """Members of groups that were forced apart: there is nothing left for them to wait for."""
    if not groups:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT DISTINCT device, "group" FROM sync_operation'
            " WHERE device = ANY(%s) AND \"group\" = ANY(%s) AND 'forced' = ANY(flags)",
            _columns(groups),
        )
        forced = set(cursor.fetchall())
    return [entry for entry in pending if bound(entry) in forced]


def hold_broken(batch: Sequence[Entry]) -> None:
    """One member that cannot be applied holds its whole group back."""
    members = [(group, entry) for entry in batch if (group := bound(entry))]
    broken = {group for group, entry in members if entry.outcome is not None}
    for group, entry in members:
        if group in broken and entry.outcome is None:
            entry.hold("group.incomplete", "group", message=phrases.WAITING)


def bound(entry: Entry) -> Bond | None:
    """The group an entry waits for: never evidence, whatever its line says, nor what was forced.

    A group is its device's own: whoever names another's neither completes nor breaks that one.
    """
    if "forced" in entry.flags:
        return None
    record_type = registry.by_kind.get(entry.kind)
    evidence = record_type is not None and record_type.policy is Policy.APPEND
    return (entry.device, entry.group) if entry.group and not evidence else None
