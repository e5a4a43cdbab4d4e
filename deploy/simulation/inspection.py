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
from .proofs import copies, papers
from .proofs.closed import WHY, inspect_closed
from .proofs.moved import inspect_left, judge_residence
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
        # Devices that are told to be one of two, and those that are.
        self.told: set[str] = set()
        self.torn: set[int] = set()

    def run(self) -> Verdict:
        with psycopg.connect(self.url) as db:
            self._operations(db)
            self._evidence(db)
        self._waiting()
        self._phones()
        papers.inspect_brought(self.ledger, self.desk, self.found)
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
        ledger = self.ledger
        went = [op for op in ledger.operations if ledger.went_with_its_phone(op)]
        self.outcomes = verdict.judge_operations(
            ledger.operations, (Row(*row) for row in rows), self.found, went=went,
            copies=ledger.copies,
        )  # fmt: skip
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

    def _waiting(self) -> None:
        """What is not applied lies before a person, and so do two phones that are one device."""
        ops, self.told = copies.on_lists(self.desk)
        copies.judge_waiting(self.ledger.operations, self.outcomes, ops, self.found)
        arrived = [o for op, o in self.ledger.operations.items() if self.ledger.has_arrived(op)]
        self.torn = self.ledger.copies.forked(arrived)

    def _phones(self) -> None:
        self.found.out_of_scope += self.ledger.trespasses
        disputed: Disputed = set()
        expected: Disputed = set()
        asking = papers.Asking(self.ledger, self.desk.server.address, self.desk.seed)
        for number, hand in sorted(self.field.hands.items()):
            if number in self.ledger.gone:
                continue
            with self.field.opened(hand.handset) as phone:
                self._receipts(number, phone)
                holds = self._may_hold(hand.handset, phone)
                if holds is not None:
                    self._holdings(hand.handset, phone, holds)
                    self._values(number, phone, disputed, expected)
                if self.ledger.orders.state(number) not in WHY:
                    asking.inspect(hand.handset, phone, holds=holds or (), verdict=self.found)
        self.found.conflicts, self.found.conflicts_expected = len(disputed), len(expected)
        if disputed != expected:
            self.found.differing.append(f"conflicts: {sorted(disputed ^ expected)[:5]}")

    def _may_hold(self, handset: Handset, phone: Phone) -> set[str] | None:
        """The files that it has to hold; None where it is shown nothing any more."""
        number, ledger = handset.number, self.ledger
        if ledger.copies.is_one_of_two(number):
            torn = ledger.copies.device(number) in self.torn
            copies.judge_copy(
                number, self.last[number].refused, torn=torn,
                told=str(phone.device) in self.told, verdict=self.found,
            )  # fmt: skip
            if torn:
                return None
        if number in ledger.revoked or ledger.orders.state(number) in WHY:
            inspect_closed(number, phone, ledger, self.found)
            return None
        return ledger.covers.files(handset.people)

    def _receipts(self, number: int, phone: Phone) -> None:
        rows = phone.store.db.execute("SELECT op, outcome FROM log").fetchall()
        for op, told in rows:
            operation = self.ledger.operations[op]
            # What two phones have is counted with the one that wrote it.
            counts = operation.handset == number
            verdict.judge_receipt(operation, told, self.outcomes.get(op), self.found, counts=counts)

    def _holdings(self, handset: Handset, phone: Phone, holds: set[str]) -> None:
        number = handset.number
        rows = phone.store.db.execute("SELECT DISTINCT file FROM record").fetchall()
        verdict.judge_holdings(
            number, [file for (file,) in rows], holds,
            digest_agrees=self.last[number].digest_agrees is True, verdict=self.found,
        )  # fmt: skip
        inspect_left(number, phone, self.ledger.covers.moved, holds, self.found)

    def _values(self, number: int, phone: Phone, disputed: Disputed, expected: Disputed) -> None:
        for seen in phone.records(type="child"):
            must = self.ledger.values.live(seen.id, self.applied)
            there = {name: own.live for name, own in seen.state.items() if own.live}
            place = f"phone {number} child {seen.id}"
            if village := self.ledger.covers.moved.get(seen.id):
                # The server writes it, with the step that takes the child over.
                must.pop("residence", None)
                live = there.pop("residence", {}).values()
                judge_residence(place, [write.value for write in live], village, self.found)
            verdict.judge_values(place, there, must, self.found)
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
            (self._county(team, str(child.id)), str(child.id))
            for team in self.teams
            for family in team.families
            for child in family.children
            if str(child.id) in self.ledger.covers.of
        ]
        random = Random(f"{self.desk.seed}/read")
        yield from random.sample(everybody, min(READ, len(everybody)))

    def _county(self, team: Team, child: str) -> str:
        return self.ledger.covers.moved.get(child, team.county)[:6]

    def _rebuild(self) -> None:
        """The tables are what the operations make of them."""
        try:
            self.desk.server.manage("rebuild", "--check")
        except CannotStart as error:
            self.found.differing.append(str(error))
