"""The vectors any client can run, against the merge, the wire shapes and the reference client (SYNC-1)."""

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from sync.client import copy, log, view
from sync.client.store import Store
from sync.merge import registers
from sync.merge.clock import Corrected, Reading, correct, drifts, in_order
from sync.merge.edits import edits
from sync.protocol import ids, messages

VECTORS = Path(__file__).parent / "vectors"
RECORD = UUID("0190aaaa-0000-7000-8000-0000000000b0")
DEVICE = UUID("0190aaaa-0000-7000-8000-00000000000a")


def read(name: str) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads((VECTORS / f"{name}.json").read_text("utf-8"))
    return parsed


REGISTERS = read("registers")
SPECS = {
    name: registers.Spec(said["kind"], tuple(said.get("order", ())))
    for name, said in REGISTERS["fields"].items()
}
CASES = [pytest.param(case, id=case["name"]) for case in REGISTERS["cases"]]


@pytest.fixture
def store() -> Iterator[Store]:
    made = Store(":memory:")
    made.set(
        config={
            "records": {"value": {"box": {"policy": "register", "fields": REGISTERS["fields"]}}}
        }
    )
    yield made
    made.close()


def edits_of(operations: Any) -> list[registers.Edit]:
    return [edit for o in operations for edit in edits(o["op"], o["at"], o["data"])]


@pytest.mark.parametrize("case", CASES)
def test_every_order_of_operations_gives_the_same_values(case: dict[str, Any]) -> None:
    kept = edits_of(case.get("kept", []))
    for order in itertools.permutations(case["operations"]):
        state = registers.supersede(registers.fold({}, edits_of(order)), kept)
        assert registers.values(state, SPECS) == case["values"]
        assert registers.conflicts(state) == case["conflicts"]
        assert registers.load(registers.dump(state)) == state


@pytest.mark.parametrize("case", [case for case in CASES if "kept" not in case.values[0]])
def test_the_client_shows_the_same_however_much_of_it_is_its_own(
    case: dict[str, Any], store: Store
) -> None:
    operations = case["operations"]
    for own in range(len(operations) + 1):
        store.db.execute("DELETE FROM log")
        theirs = operations[: len(operations) - own]
        state = registers.fold({}, edits_of(theirs))
        record = {"registers": registers.dump(state), "conflicts": []}
        place = {"id": str(RECORD), "type": "box", "file": str(RECORD), "rev": 1}
        copy.change(store, [place | record])
        for operation in operations[len(theirs) :]:
            _write(store, operation)
        seen = view.one(store, str(RECORD))
        assert seen
        assert (seen.values, seen.conflicts) == (case["values"], case["conflicts"])


def _write(store: Store, operation: dict[str, Any]) -> None:
    """An operation of this phone with a given id and time."""
    at = datetime.fromtimestamp(operation["at"] / 1000, tz=UTC)
    author = log.Author(DEVICE, ids.uuid7(at), at, 0, "session", 0)
    log.append(
        store, [log.New(kind="box.paint", target=RECORD, data=operation["data"])], author=author
    )
    *_, (line, _) = log.lines_of(store)
    said = json.loads(line) | {"op": operation["op"]}
    sealed = store.vault.seal(json.dumps(said).encode(), operation["op"])
    store.db.execute(
        "UPDATE log SET op = ?, line = ? WHERE seq = ?", [operation["op"], sealed, said["seq"]]
    )


def test_the_hash_of_a_line_is_over_its_bytes_and_the_next_line_names_it() -> None:
    before = None
    for vector in read("hash_chain")["lines"]:
        line = vector["line"].encode()
        assert messages.line_hash(line).hex() == vector["hash"]
        assert messages.read_operation(line).prev == before
        before = vector["hash"]


def test_the_client_chains_its_own_log(store: Store) -> None:
    author = log.Author(DEVICE, DEVICE, datetime(2026, 5, 4, tzinfo=UTC), 0, "session", 0)
    for text in ("一", "two", "three"):
        log.append(store, [log.New(kind="note.write", data={"text": text})], author=author)
    hashes = [hash_ for (hash_,) in store.db.execute("SELECT hash FROM log ORDER BY seq")]
    lines = [line for line, _ in log.lines_of(store)]
    before = None
    for number, (line, hash_) in enumerate(zip(lines, hashes, strict=True), 1):
        operation = messages.read_operation(line)
        assert (operation.seq, operation.prev) == (number, before)
        assert messages.line_hash(line) == hash_
        before = hash_.hex()


def test_digests(store: Store) -> None:
    vectors = read("digest")
    for vector in vectors["weights"]:
        assert copy.weight(*vector["record"]) == vector["weight"]
    for vector in vectors["sums"]:
        store.db.execute("DELETE FROM record")
        file = str(RECORD)
        copy.change(
            store,
            [{"type": t, "id": i, "file": file, "rev": rev} for t, i, rev in vector["records"]],
        )
        assert copy.digests(store).get(file, 0) == vector["digest"]


@pytest.mark.parametrize("case", [pytest.param(c, id=c["name"]) for c in read("time")["cases"]])
def test_corrected_time(case: dict[str, Any]) -> None:
    given = ("wall", "offset", "previous_offset", "drift", "received")
    corrected = correct(**{name: case[name] for name in given})
    assert (corrected.at, corrected.uncertainty) == (case["at"], case["uncertainty"])


@pytest.mark.parametrize("case", [pytest.param(c, id=c["name"]) for c in read("time")["drifts"]])
def test_drift_within_a_session(case: dict[str, Any]) -> None:
    readings, neighbours = ([Reading(*r) for r in case[n]] for n in ("readings", "neighbours"))
    assert drifts(readings, neighbours) == case["drifts"]


@pytest.mark.parametrize("case", [pytest.param(c, id=c["name"]) for c in read("time")["orders"]])
def test_the_order_of_seq(case: dict[str, Any]) -> None:
    after = Corrected(*case["after"]) if case["after"] else None
    ordered = in_order([Corrected(*time) for time in case["times"]], after=after)
    assert ordered == [Corrected(*time) for time in case["ordered"]]


def test_what_nobody_can_hold_is_read_mended_and_what_is_no_json_is_not_read() -> None:
    said = read("mended")
    for case in said["lines"]:
        assert messages.members(case["line"].encode()) == case["read"], case["says"]
    for line in said["unreadable"]:
        with pytest.raises(ValueError, match=r"\w"):
            messages.members(line.encode())
