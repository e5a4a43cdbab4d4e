"""The days of a run: phones at work side by side, the office in the evening, rest at the end."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psycopg

from sync.client import Report

from .cast import Handset, Team, teams
from .desk import Desk
from .events import Copy, Decision, HalfDay, Lock, Lose, Move, Replace, Restore, Turn
from .fates import WHOLE
from .field import Field
from .inspection import Inspection
from .ledger import Ledger, Operation
from .network import UPLOAD
from .plan import plan
from .server import Server
from .table import Progress
from .verdict import Verdict

# Phones at work at the same time.
TOGETHER = 6
# Rounds of syncs after the last day until nothing moves any more.
ROUNDS = 12
# Half days after the last one when everything that is under way has arrived.
AFTERWARDS = 10


# What must have happened in a run with chaos: else it has proved nothing of it.
NEEDED = (
    "attachments", "faults of attachments", "moves to another county", "revoked phones", "locked phones",
    "wiped phones", "reset phones", "phones in two", "phones restored from a copy",
)  # fmt: skip


class NotQuiet(Exception):
    """Phones and server go on having something to say to each other."""


@dataclass(frozen=True, slots=True)
class Options:
    phones: int
    days: int
    seed: int
    chaos: bool

    @property
    def is_whole(self) -> bool:
        """Large enough for everything to happen in it."""
        return self.phones >= WHOLE[0] and self.days >= WHOLE[1]

    @property
    def command(self) -> str:
        """What repeats the run."""
        size = f"--phones {self.phones} --days {self.days} --seed {self.seed}"
        return f"manage.py simulate {size}{' --chaos' if self.chaos else ''}"


class Run:
    """`url` is the server's database, `folder` where the phones keep their stores."""

    def __init__(self, options: Options, server: Server, url: str, folder: Path) -> None:
        self.options, self.server, self.url = options, server, url
        self.teams: list[Team] = teams(phones=options.phones, seed=options.seed)
        self.ledger = Ledger()
        self.desk = Desk(server, self.ledger, options.seed)
        self.field = Field(
            folder, server, self.ledger, self.desk.ids, options.seed, chaos=options.chaos
        )

    def play(self) -> Verdict:
        half_days = plan(
            self.teams, days=self.options.days, seed=self.options.seed, chaos=self.options.chaos
        )
        progress = Progress(len(half_days) + 3)
        progress.show("starting")
        self._set_up()
        for half_day in half_days:
            progress.show(self._said(half_day))
            self._pass(half_day)
        progress.show("everybody finds signal")
        last = self._come_to_rest(half_days[-1].number + AFTERWARDS)
        progress.show("comparing")
        found = Inspection(self.ledger, self.field, self.desk, self.teams, self.url, last).run()
        found.played = self.played()
        if self.options.chaos and self.options.is_whole:
            found.unplayed = [kind for kind in NEEDED if not found.played[kind]]
        progress.show("done")
        return found

    def _said(self, half_day: HalfDay) -> str:
        day = half_day.number // 2 + 1
        return f"day {day} of {self.options.days}, {len(self.ledger.operations):,} operations"

    def _set_up(self) -> None:
        self.server.prepare()
        self.server.start()
        self.desk.open(self.teams)
        for team in self.teams:
            for handset in team.handsets:
                self._enrol(team, handset)

    def _enrol(self, team: Team, handset: Handset) -> None:
        self.field.take(handset, self.desk.enrolment_code(team.county, handset))

    def _pass(self, half_day: HalfDay) -> None:
        self.server.clock.set(half_day.at)
        self.server.will_die(half_day.kills)
        turns = {turn.handset.number: turn for turn in half_day.turns}

        def work(handset: Handset) -> None:
            self.field.deliver(handset, half_day.number)
            if handset.number in turns:
                self.field.turn(turns[handset.number], half_day.number)

        self._all(self._at_work(turns), work)
        self.server.settle()
        if half_day.kills_worker:
            self.server.kill_worker()
        if half_day.evening:
            self._evening(half_day)

    def _at_work(self, turns: dict[int, Turn]) -> list[Handset]:
        """Those with a turn and those for whom something is still under way."""
        return [
            hand.handset
            for number, hand in sorted(self.field.hands.items())
            if number in turns or hand.network.late
        ]

    def _evening(self, half_day: HalfDay) -> None:
        """Nobody is on the line: what the office decides is before or after each push, never amid."""
        for decision in half_day.decisions:
            self._decide(decision)
        self.desk.end_escalations(half_day.number)

    def _decide(self, decision: Decision) -> None:
        """What somebody decides or does about phones and children."""
        match decision:
            case Lose(handset=lost):
                self._sends_registrations(lost)
                self.desk.decide(decision, self.field.device(lost))
                if decision.how == "reset":
                    self.field.destroy(lost)
                self._enrol(decision.team, decision.instead)
            case Lock(handset=handset):
                self.desk.decide(decision, self.field.device(handset))
            case Copy(handset=handset, copy=copy):
                self.field.copy(handset, copy)
            case Restore(handset=handset, copy=copy):
                self._sends_registrations(handset)
                self.field.destroy(handset)
                self.ledger.copies.restored.add(copy.number)
            case Replace():
                self._enrol(decision.team, decision.instead)
            case Move():
                self._sends_registrations_of(decision)
                self.desk.decide(decision)
            case _:
                self.desk.decide(decision)

    def _sends_registrations(self, handset: Handset) -> None:
        """A registration that nobody has received would be of children that nobody covers."""
        if self.ledger.unsent_of(handset) & self.ledger.covers.coming.keys():
            self.field.calm_sync(handset)

    def _sends_registrations_of(self, move: Move) -> None:
        children = {str(move.family.children[place].id) for place in move.children}
        coming = [op for op, r in self.ledger.covers.coming.items() if children & set(r.children)]
        for number in {self.ledger.operations[op].handset for op in coming}:
            self.field.calm_sync(self.field.hands[number].handset)

    def _come_to_rest(self, half_day: int) -> dict[int, Report]:
        """Everything that is under way arrives, and all sync until nothing moves; their last reports."""
        hands = [hand.handset for _, hand in sorted(self.field.hands.items())]
        last: dict[int, Report] = {}
        self._all(hands, lambda handset: self.field.deliver(handset, half_day))
        hands = [handset for handset in hands if handset.number not in self.ledger.gone]

        def rest(handset: Handset) -> None:
            last[handset.number] = self.field.calm_sync(handset)

        for _ in range(ROUNDS):
            self._all(hands, rest)
            if not any(map(_moves, last.values())) and self._server_is_done():
                return last
        raise NotQuiet(f"after {ROUNDS} rounds of syncs something still moves")

    def _server_is_done(self) -> bool:
        """What it has put off is applied by its worker."""
        with psycopg.connect(self.url) as db:
            rows = db.execute(
                "SELECT count(*) FROM sync_operation WHERE outcome = 'received'"
                " OR (outcome = 'held' AND code = 'server.retry')"
            ).fetchone()
        return rows == (0,)

    def befell(self) -> dict[str, int]:
        """What went wrong on the way."""
        met: dict[str, int] = {}
        for hand in self.field.hands.values():
            for name, count in hand.network.met.items():
                met[name] = met.get(name, 0) + count
        met.pop("none", None)
        return {
            **{name.replace("_", " "): count for name, count in sorted(met.items())},
            "kills": self.server.kills,
            "errors in the server's log": len(self.errors()),
        }

    def played(self) -> dict[str, int]:
        """What phones and children went through, by kind."""
        ledger, orders = self.ledger, self.ledger.orders
        torn = ledger.copies.forked(self._arrived())
        restored = {ledger.copies.device(copy) for copy in ledger.copies.restored}
        broken = sum(
            count
            for hand in self.field.hands.values()
            for name, count in hand.network.met.items()
            if name.startswith(UPLOAD)
        )
        return {
            "attachments": len(ledger.papers.declared),
            "faults of attachments": broken,
            "moves to another county": self.desk.ends.get("accept", 0),
            "offers that came to nothing": self.desk.ends.get("refuse", 0)
            + self.desk.ends.get("withdraw", 0),
            "revoked phones": len(ledger.revoked),
            "locked phones": orders.confirmed("lock"),
            "unlocked phones": orders.confirmed("unlock"),
            "wiped phones": orders.confirmed("wipe"),
            "reset phones": len(ledger.gone - set(ledger.copies.of.values())),
            "phones in two": len(torn - restored),
            "phones restored from a copy": len(torn & restored),
            "phones closed by PIN": ledger.closings,
        }

    def _arrived(self) -> list[Operation]:
        operations = self.ledger.operations
        return [operations[op] for op in operations if self.ledger.has_arrived(op)]

    def errors(self) -> list[str]:
        """The lines of the server's log that somebody would have to look at."""
        log = self.server.processes.log("web").read_text(encoding="utf-8", errors="replace")
        return [line for line in log.splitlines() if "[error" in line]

    def _all(self, hands: Iterable[Handset], work: Callable[[Handset], None]) -> None:
        with ThreadPoolExecutor(TOGETHER) as pool:
            for _ in pool.map(work, hands):
                pass


def _moves(report: Report) -> bool:
    came = report.entered or report.changed or report.left or report.later or report.orders
    return bool(report.sent or report.brought or report.stopped or came)
