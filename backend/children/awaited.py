"""What is written of a child or household and not applied: a registration that waits for its group, for a
retry or for a person. Whoever judges a visit that came with it knows what it says; it is shown to nobody.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sync import oplog
from sync.merge import registers
from sync.merge.edits import readable_edits

from .record import CHILD, CHILD_SPECS, HOUSEHOLD

Card = dict[str, Any]
# What a person has decided not to use says nothing.
_WAITING = "file = ANY(%s) AND outcome <> 'applied' AND code IS DISTINCT FROM 'operation.set_aside' AND kind = ANY(%s)"


def cards(files: Collection[UUID]) -> dict[UUID, dict[UUID | None, Card]]:
    """Register values as they would be shown, by file and by the device that wrote them, None for the office.

    Nothing from a revoked phone or of somebody who is not enrolled on it.
    """
    if not files:
        return {}
    found: dict[UUID, dict[UUID | None, registers.State]] = {}
    kinds = [*CHILD.kinds, *HOUSEHOLD.kinds]
    for entry in oplog.load(_WAITING, [list(files), kinds]):
        if entry.target == entry.file and not {"person", "revoked"} & set(entry.flags):
            states = found.setdefault(entry.file, {})
            made = readable_edits(str(entry.op), entry.at, entry.data)
            states[entry.device] = registers.fold(states.get(entry.device, {}), made)
    return {
        file: {device: registers.values(state, CHILD_SPECS) for device, state in states.items()}
        for file, states in found.items()
    }
