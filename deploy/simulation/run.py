"""The days of a run: phones at work side by side, the office in the evening, rest at the end."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psycopg

from sync.client import Report

from .cast import Handset, Team, teams
from .desk import Desk
from .events import Decision, HalfDay, Lose, Turn
from .field import Field
from .inspection import Inspection
from .ledger import Ledger
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


class NotQuiet(Exception):
    """Phones and server go on having something to say to each other."""


@dataclass(frozen=True, slots=True)
class Options:
    phones: int
    days: int
    seed: int
    chaos: bool

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
        if not isinstance(decision, Lose):
            self.desk.decide(decision)
            return
        lost = decision.handset
        # A registration that nobody has received would be of children that nobody covers.
        if self.ledger.unsent_of(lost) & self.ledger.covers.coming.keys():
            self.field.calm_sync(lost)
        self.desk.decide(decision, self.field.device(lost))
        self._enrol(decision.team, decision.instead)

    def _come_to_rest(self, half_day: int) -> dict[int, Report]:
        """Everything that is under way arrives, and all sync until nothing moves; their last reports."""
        hands = [hand.handset for _, hand in sorted(self.field.hands.items())]
        last: dict[int, Report] = {}

        def rest(handset: Handset) -> None:
            self.field.deliver(handset, half_day)
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
            "revoked phones": len(self.ledger.revoked),
            "errors in the server's log": len(self.errors()),
        }

    def errors(self) -> list[str]:
        """The lines of the server's log that somebody would have to look at."""
        log = self.server.processes.log("web").read_text(encoding="utf-8", errors="replace")
        return [line for line in log.splitlines() if "[error" in line]

    def _all(self, hands: Iterable[Handset], work: Callable[[Handset], None]) -> None:
        with ThreadPoolExecutor(TOGETHER) as pool:
            for _ in pool.map(work, hands):
                pass


def _moves(report: Report) -> bool:
    return bool(report.sent or report.entered or report.changed or report.left or report.later)
