"""What must be true, in plain dicts: what was sent, what was promised, what follows from both.

Nothing here uses the server's own code for merging: registers are folded again, naively.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

Said = dict[str, Any]


def digest(line: bytes) -> bytes:
    return hashlib.sha256(line).digest()


@dataclass
class Oracle:
    """`places` are hashes by operation; `sent` and `promised` by the hash of the line; `must_apply` are operations the server has no reason to hold."""

    sent: dict[bytes, Said] = field(default_factory=dict)
    places: dict[str, bytes] = field(default_factory=dict)
    promised: set[bytes] = field(default_factory=set)
    must_apply: dict[str, Said] = field(default_factory=dict)

    def writes(self, lines: Iterable[bytes]) -> None:
        """A phone wrote these; from now on they may arrive, open or sealed."""
        for line in lines:
            said = json.loads(line)
            self.sent[digest(line)] = said
            self.places[said["op"]] = digest(line)

    def promises(self, lines: Sequence[bytes], receipts: Sequence[Said]) -> None:
        assert len(lines) == len(receipts)
        for line, receipt in zip(lines, receipts, strict=True):
            said = json.loads(line)
            assert receipt["op"] == said.get("op", receipt["op"])
            self.promised.add(self.places[receipt["op"]])

    def expects(self, line: bytes) -> None:
        said = json.loads(line)
        self.must_apply[said["op"]] = said

    def forgives(self, *, device: UUID | None = None, file: UUID | None = None) -> None:
        """From now on the server may hold what this device says, or what is said of this file."""
        self.must_apply = {
            op: said
            for op, said in self.must_apply.items()
            if said["device"] != str(device) and said.get("file", said["target"]) != str(file)
        }


def live(applied: Iterable[Said], kept: Sequence[Said]) -> dict[str, dict[str, Any]]:
    """The unsuperseded writes of one record: `{key: {op: value}}`.

    A write is gone when an applied operation saw it, or a kept one did that is gone itself.
    """
    writes: dict[str, dict[str, Any]] = {}
    gone: dict[str, set[str]] = {}
    for said in applied:
        for key, saw, *value in edits(said["data"]):
            gone.setdefault(key, set()).update(set(saw) - {said["op"]})
            if value:
                writes.setdefault(key, {})[said["op"]] = value[0]
    through = [(said["op"], key, saw) for said in kept for key, saw, *_ in edits(said["data"])]
    while more := [(op, key, saw) for op, key, saw in through if op in gone.get(key, ())]:
        through = [item for item in through if item not in more]
        for op, key, saw in more:
            gone[key].update(set(saw) - {op})
    return {
        key: {op: value for op, value in by_op.items() if op not in gone.get(key, ())}
        for key, by_op in writes.items()
    }


def edits(data: Said) -> list[tuple[Any, ...]]:
    """`(key, saw, value)` of each write, `(key, saw)` of each removal."""
    made: list[tuple[Any, ...]] = [
        (key, write["saw"], write["v"]) for key, write in data.get("set", {}).items()
    ]
    for name, elements in data.get("add", {}).items():
        made += [(f"{name}/{e}", write["saw"], write["v"]) for e, write in elements.items()]
    for name, elements in data.get("remove", {}).items():
        made += [(f"{name}/{e}", saw) for e, saw in elements.items()]
    return made


def may_be_shown(writes: Mapping[str, Any]) -> list[Any]:
    """Of a danger: high before low, low before what nobody has heard of."""
    known = [level for level in ("high", "low") if level in writes.values()]
    return known[:1] or list(writes.values()) or [None]
