"""What the acts share: the people's phones, the office's desks, and what one step hands on to the next."""

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from deploy.demo_data import answers
from deploy.office import Office
from deploy.seed import Seed
from deploy.stack import ROOT, Stack
from fieldforms.vocabulary import codes

Json = dict[str, Any]
# The people of the story: registered in the first run, found in the next.
PEOPLE = {
    "A": ("石秀英", "19000002001"),
    "B": ("王桂花", "19000002002"),
    "C": ("周玉兰", "19000002003"),
}


class StepFailed(Exception):
    """What was expected and what was there instead."""


def check(holds: object, said: str) -> None:
    if not holds:
        raise StepFailed(said)


@dataclass
class Handset:
    """A phone in somebody's hand: the reference client on a store of its own."""

    store: Path

    def do(self, *command: str, say: str | None = None) -> Json:
        """Runs one command. Raises `StepFailed` with the client's own words."""
        done = subprocess.run(
            [sys.executable, "-m", "sync.client", *command, "--store", str(self.store), "--json",
             "--language", "en"],
            cwd=ROOT, input=say, capture_output=True, text=True, check=False,
        )  # fmt: skip
        check(done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}")
        answer: Json = json.loads(done.stdout)
        return answer

    def record(self, *lines: Json, together: bool = False) -> list[Json]:
        saved: list[Json] = self.say(*lines, together=together)["saved"]
        return saved

    def say(self, *lines: Json, together: bool = False) -> Json:
        """Records them; the answer holds what the phone itself makes of them too."""
        said = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
        return self.do("register" if together else "record", "-", say=said)

    def sync(self) -> Json:
        return self.do("sync", "--tries", "3")

    def applied(self) -> Json:
        """Syncs; everything sent must have been applied."""
        report = self.sync()
        outcomes = [receipt["outcome"] for receipt in report["receipts"]]
        check(set(outcomes) <= {"applied"}, f"receipts {report['receipts']}")
        return report

    def records(self, *, type: str, file: str) -> list[Json]:
        found: list[Json] = self.do("show", "--type", type, "--file", file)["records"]
        return found


@dataclass
class Story:
    """What the steps hand on. `folder` holds the phones of this run."""

    stack: Stack
    seed: Seed
    folder: Path
    started: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    sessions: dict[str, Office] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    phones: dict[str, Handset] = field(default_factory=dict)
    child: str = ""
    household: str = ""
    child_name: str = ""
    escalation: Json = field(default_factory=dict)
    extra: Json = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.stack.address

    @property
    def village(self) -> str:
        return self.seed.first_village

    def desk(self, username: str) -> Office:
        if username not in self.sessions:
            self.sessions[username] = self.seed.office(username)
        return self.sessions[username]

    def hand(self, name: str, *people: str, administrator: str = "admin") -> Handset:
        """A new phone for these people."""
        wanted = [self.people[person] for person in people]
        code = self.desk(administrator).post("enrolment-codes", {"people": wanted})["code"]
        handset = Handset(self.folder / f"{name}.db")
        handset.do("enrol", "--server", self.address, "--code", code, "--label", f"story {name}")
        self.phones[name] = handset
        return handset

    def queue(self, username: str = "officer") -> list[Json]:
        """The escalations of the story's child, ended ones too."""
        statuses = codes("escalation_status")
        rows = self.desk(username).every("escalations/", status=statuses, division=self.village)
        return [row for row in rows if row["child"] == self.child]

    def step(self, name: str, **body: Any) -> Json:
        """A step of the office on the escalation, with the revision last seen."""
        username = body.pop("by", "officer")
        body["revision"] = self.escalation["revision"]
        done: Json = self.desk(username).post(f"escalations/{self.escalation['id']}/{name}", body)
        self.escalation = {**self.escalation, **done}
        return done


def first(**values: Any) -> Json:
    """Registers written for the first time: nobody's value was seen."""
    return {name: {"v": value, "saw": []} for name, value in values.items()}


def visit(story: Story, household: Json, child: Json, *, at: dt.datetime) -> Iterable[Json]:
    """The lines of one home visit to the story's child."""
    shared = answers.household({"met_who": "孩子", **household})
    part = answers.child(shared, child, age=6, random=Random(1))
    return lines_of(shared, part, household=story.household, child=story.child, at=at)


def lines_of(
    shared: answers.Part, part: answers.Part, *, household: str, child: str, at: dt.datetime
) -> list[Json]:
    base = {"at": at.isoformat(), "form": answers.FORM, "form_version": answers.VERSION}
    mode = shared.answers["visit_mode"]
    return [
        {**base, "kind": "visit.record", "target": "@visit", "file": household,
         "data": shared.data(mode=mode)},
        {**base, "kind": "visit.part", "target": "@part", "file": child,
         "data": part.data(visit="@visit")},
        {**base, "kind": "visit.sealed", "target": "@sealed", "file": child,
         "data": answers.sealed(shared).data(part="@part")},
    ]  # fmt: skip
