"""What sync promises of every record type that a device may write, as functions of a sample of it.

`tests/sync/test_contract.py` runs them with the toys, `tests/api/test_contract.py` with the project's own.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.test.utils import CaptureQueriesContext

from sync import oplog, ports, rebuild
from sync.models import Operation
from sync.registry import Policy, RecordType, registry

Data = dict[str, Any]


@dataclass(frozen=True)
class Sample:
    """A first operation, and for a register an edit; `opens` when its record is its own file."""

    kind: str
    data: Data
    edit: str = ""
    opens: bool = False
    by: str = "supervisor"


@dataclass
class Bench:
    """A phone that holds `file`, and how it writes and sends; `stranger` holds nothing."""

    say: Callable[..., bytes]
    send: Callable[..., list[Data]]
    stranger_says: Callable[..., bytes]
    stranger_sends: Callable[..., list[Data]]
    new: Callable[[], UUID]
    file: UUID

    def first(self, sample: Sample, data: Data | None = None) -> tuple[UUID, bytes]:
        target = self.new()
        file = target if sample.opens else self.file
        written = sample.data if data is None else data
        line = self.say(sample.kind, target, written, file=file, by=sample.by)
        return target, line


def devices_write(record_type: RecordType) -> bool:
    return not record_type.server_only and record_type.policy is not Policy.SERIALISED


def written_by_devices() -> list[RecordType]:
    return [t for t in registry.types.values() if devices_write(t)]


def type_of(sample: Sample) -> RecordType:
    return registry.by_kind[sample.kind]


def nothing_differs() -> None:
    assert list(rebuild.differences()) == []


def comes_back_as_it_was_written(bench: Bench, sample: Sample) -> None:
    target, line = bench.first(sample)
    (receipt,) = bench.send(line)
    assert receipt["outcome"] == "applied", receipt
    row = type_of(sample).model.objects.get(id=target)
    assert row.feed > 0
    op = UUID(json.loads(line)["op"])
    assert oplog.contents([op])[op] == sample.data
    nothing_differs()


def twice_is_once(bench: Bench, sample: Sample) -> None:
    target, line = bench.first(sample)
    bench.send(line)
    model = type_of(sample).model
    before = (model.objects.count(), model.objects.get(id=target).feed, Operation.objects.count())
    (receipt,) = bench.send(line)
    assert (receipt["outcome"], receipt["again"]) == ("applied", True)
    after = (model.objects.count(), model.objects.get(id=target).feed, Operation.objects.count())
    assert after == before


def order_does_not_matter(bench: Bench, sample: Sample) -> None:
    """Two records, or a record and its edit, sent one way round and the other."""
    record_type, rows = type_of(sample), []
    for backwards in (False, True):
        target, line = bench.first(sample)
        file = target if sample.opens else bench.file
        if sample.edit:
            edit = {"set": {"unheard_of": {"v": 7, "saw": []}}}
            second = bench.say(sample.edit, target, edit, file=file, by=sample.by)
        else:
            _, second = bench.first(sample)
        for sent in (second, line) if backwards else (line, second):
            bench.send(sent)
        row = record_type.model.objects.get(id=target)
        columns = [name for name in record_type.columns if name not in TIMES]
        rows.append([getattr(row, name) for name in columns])
    assert rows[0] == rows[1]
    assert not Operation.objects.exclude(outcome="applied").exists()
    nothing_differs()


# When each of two operations was written; everything else has to be the same.
TIMES = {"observed", "written"}


def what_a_newer_client_says_is_kept(bench: Bench, sample: Sample) -> None:
    """An unknown member in the data and an unknown field of a register."""
    newer = {**sample.data, "unheard_of": {"x": [1]}}
    if sample.edit:
        newer = {**sample.data, "set": {**sample.data["set"], "unheard_of": {"v": 1, "saw": []}}}
    target, line = bench.first(sample, newer)
    (receipt,) = bench.send(line)
    assert receipt["outcome"] == "applied"
    op = UUID(json.loads(line)["op"])
    assert oplog.contents([op])[op] == newer
    if sample.edit:
        row = type_of(sample).model.objects.get(id=target)
        cipher = ports.ports().keys([row.file])[row.file]
        assert "unheard_of" in json.loads(cipher.open(row.state))
    nothing_differs()


def a_stranger_cannot_tell_what_exists(bench: Bench, sample: Sample) -> None:
    """The same answer for a record of somebody else's file and for one that is nowhere."""
    target, line = bench.first(sample)
    bench.send(line)
    file = target if sample.opens else bench.file
    answers = []
    for on, of in ((target, file), (bench.new(), bench.new())):
        if sample.edit:
            edit = {"set": {"unheard_of": {"v": 7, "saw": []}}}
            written = bench.stranger_says(sample.edit, on, edit, file=of)
        else:
            written = bench.stranger_says(sample.kind, bench.new(), sample.data, file=of)
        (receipt,) = bench.stranger_sends(written)
        answers.append({name: part for name, part in receipt.items() if name != "op"})
    assert answers[0] == answers[1]


def on_an_erased_file_it_is_kept_and_never_read(bench: Bench, sample: Sample) -> None:
    target, line = bench.first(sample)
    file = target if sample.opens else bench.file
    with erased(file):
        (receipt,) = bench.send(line)
    # Who does not hold the file hears no more than of one that is not there.
    assert receipt["outcome"] != "applied"
    assert not type_of(sample).model.objects.filter(id=target).exists()
    stored = Operation.objects.get(op=json.loads(line)["op"])
    assert (stored.outcome, stored.code) == ("quarantined", "file.erased")


@contextmanager
def erased(file: UUID) -> Iterator[None]:
    """The file has no key any more."""
    installed = ports.ports()
    keys = installed.keys

    def without(owners: Any, *, create: bool = False) -> Any:
        return keys(set(owners) - {file}, create=create)

    installed.keys = without
    try:
        yield
    finally:
        installed.keys = keys


def statements_do_not_grow(bench: Bench, sample: Sample) -> None:
    """50 and 500 operations of a kind cost the same number of statements, and no more than one does."""
    counts = []
    # The first fills what is read once a process.
    bench.send(bench.first(sample)[1])
    for size in (1, 50, 500):
        lines = [bench.first(sample)[1] for _ in range(size)]
        with CaptureQueriesContext(connection) as queries:
            receipts = bench.send(*lines)
        assert {receipt["outcome"] for receipt in receipts} == {"applied"}
        counts.append(len(queries))
    one, fifty, five_hundred = counts
    assert five_hundred == fifty <= one, counts


CLAUSES = [
    comes_back_as_it_was_written,
    twice_is_once,
    order_does_not_matter,
    what_a_newer_client_says_is_kept,
    a_stranger_cannot_tell_what_exists,
    on_an_erased_file_it_is_kept_and_never_read,
    statements_do_not_grow,
]
