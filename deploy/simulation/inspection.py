"""Looks at everything once all is quiet: the database itself, each phone, and the API as others use it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

import psycopg

from deploy.stack import CannotStart
from sync.client import Phone, Report
from sync.merge import registers

from . import values, verdict
from .cast import Handset, Team
from .desk import COUNTIES, EVERYTHING, Desk
from .field import Field
from .ledger import Ledger
from .verdict import Row, Verdict

# Children whose file is read through the API, as their county and as the other one.
READ = 60
EVIDENCE = {
    "visit.record": "visits_visit",
    "visit.part": "visits_visitpart",
    "visit.sealed": "visits_visitsealed",
    "concern.raise": "concerns_concern",
}
Disputed = set[tuple[str, str]]


class Inspection:
    """`last` are the phones' last reports."""

    def __init__(
        self, ledger: Ledger, field: Field, desk: Desk, teams: Sequence[Team], url: str,
        last: dict[int, Report],
    ) -> None:  # fmt: skip
        self.ledger, self.field, self.desk = ledger, field, desk
        self.teams, self.url, self.last = teams, url, last
        self.found = Verdict()
        self.outcomes: dict[str, str] = {}
        self.applied: set[str] = set()

    def run(self) -> Verdict:
        with psycopg.connect(self.url) as db:
            self._operations(db)
            self._evidence(db)
        self._phones()
        rows = [row for county in COUNTIES for row in self.desk.escalations(county, *EVERYTHING)]
        verdict.judge_escalations(self.ledger.dangers, rows, self.found)
        self._api()
        self._rebuild()
        return self.found

    def _operations(self, db: psycopg.Connection) -> None:
        rows = db.execute(
            "SELECT op::text, device::text, seq, encode(hash, 'hex'), outcome FROM sync_operation"
            " WHERE device IS NOT NULL"
        ).fetchall()
        self.outcomes = verdict.judge_operations(
            self.ledger.operations, (Row(*row) for row in rows), self.found
        )
        self.applied = {op for op, outcome in self.outcomes.items() if outcome == "applied"}

    def _evidence(self, db: psycopg.Connection) -> None:
        for kind, table in EVIDENCE.items():
            made = Counter(op for (op,) in db.execute(f"SELECT op::text FROM {table}").fetchall())
            wanted = {op: o for op, o in self.ledger.operations.items() if o.kind == kind}
            verdict.judge_evidence(kind, wanted, made, self.outcomes, self.found)
        twice = db.execute(
            "SELECT cause::text, rule, severity, count(*) FROM concerns_finding"
            " GROUP BY 1, 2, 3 HAVING count(*) > 1"
        ).fetchall()
        self.found.doubled += [f"{n} findings {rule} of {cause}" for cause, rule, _, n in twice]

    def _phones(self) -> None:
        self.found.out_of_scope += self.ledger.trespasses
        disputed: Disputed = set()
        expected: Disputed = set()
        for number, hand in sorted(self.field.hands.items()):
            with self.field.opened(hand.handset) as phone:
                self._receipts(phone)
                if number in self.ledger.revoked:
                    self._revoked(number)
                else:
                    self._holdings(hand.handset, phone)
                    self._values(number, phone, disputed, expected)
        self.found.conflicts, self.found.conflicts_expected = len(disputed), len(expected)
        if disputed != expected:
            self.found.differing.append(f"conflicts: {sorted(disputed ^ expected)[:5]}")

    def _receipts(self, phone: Phone) -> None:
        rows = phone.store.db.execute("SELECT op, outcome FROM log").fetchall()
        for op, told in rows:
            operation = self.ledger.operations[op]
            verdict.judge_receipt(operation, told, self.outcomes.get(op), self.found)

    def _revoked(self, number: int) -> None:
        if self.last[number].refused != "device.revoked":
            self.found.out_of_scope.append(f"phone {number} is revoked and may pull")

    def _holdings(self, handset: Handset, phone: Phone) -> None:
        rows = phone.store.db.execute("SELECT DISTINCT file FROM record").fetchall()
        verdict.judge_holdings(
            handset.number, [file for (file,) in rows], self.ledger.covers.files(handset.people),
            digest_agrees=self.last[handset.number].digest_agrees is True, verdict=self.found,
        )  # fmt: skip

    def _values(self, number: int, phone: Phone, disputed: Disputed, expected: Disputed) -> None:
        for seen in phone.records(type="child"):
            must = self.ledger.values.live(seen.id, self.applied)
            there = {name: own.live for name, own in seen.state.items() if own.live}
            verdict.judge_values(f"phone {number} child {seen.id}", there, must, self.found)
            disputed |= {(seen.id, name) for name in registers.conflicts(seen.state)}
            expected |= {(seen.id, name) for name in values.conflicts(must)}

    def _api(self) -> None:
        """What phones sent is read by somebody else, and by nobody of the other county."""
        parts = Counter(
            operation.file
            for op, operation in self.ledger.operations.items()
            if operation.kind == "visit.part" and op in self.applied
        )
        for county, child in self._sample():
            file = self.desk.file(county, child)
            count = file["visits"]["count"] if file else None
            if count != parts[child]:
                self.found.lost.append(
                    f"the county reads {count} visits to child {child}, not {parts[child]}"
                )
            (other,) = set(COUNTIES) - {county}
            if self.desk.file(other, child) is not None:
                self.found.out_of_scope.append(f"county {other} reads the file of child {child}")

    def _sample(self) -> Iterator[tuple[str, str]]:
        everybody = [
            (team.county, str(child.id))
            for team in self.teams
            for family in team.families
            for child in family.children
            if str(child.id) in self.ledger.covers.of
        ]
        random = Random(f"{self.desk.seed}/read")
        yield from random.sample(everybody, min(READ, len(everybody)))

    def _rebuild(self) -> None:
        """The tables are what the operations make of them."""
        try:
            self.desk.server.manage("rebuild", "--check")
        except CannotStart as error:
            self.found.differing.append(str(error))
