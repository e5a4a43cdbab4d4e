"""A county's first three months, through the product's own doors and nothing else.

Administrators by the command that every installation starts with; people and phones through the API;
the roster through the import; visits through the sync; the queue through the office's steps. Each
step is done once and remembered, so a seed that was interrupted goes on.
"""

import datetime as dt
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy import casework, referring, rounds
from deploy.cast import (
    ADMINISTRATORS,
    DESKS,
    OTHER_COUNTY,
    OTHER_DESKS,
    PARTNERS,
    Account,
    township,
)
from deploy.demo_data import roster
from deploy.demo_data.people import COUNTY
from deploy.office import Office
from deploy.stack import Stack
from sync.client import Phone

VERSION = 1
# Supervisors who make rounds in a small seed.
FEW = 4
# Why a lead is made, for the second person who confirms it.
WHY = "建立示例县 setting the county up"
# Phones that sync at the same time; the server has as many processes.
TOGETHER = 3


class SeedOfOther(Exception):
    """The notes in the data directory belong to another database or to another version."""


@dataclass
class Notes:
    """What the seed has done so far, in `seed.json`."""

    file: Path
    done: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path, database_url: str) -> "Notes":
        """Raises `SeedOfOther`."""
        about = {"version": VERSION, "database": _digest(database_url)}
        notes = cls(file, {"about": about})
        if file.exists():
            notes.done = json.loads(file.read_text())
        if notes.done["about"] != about:
            raise SeedOfOther(
                f"{file} was written for another database or by another version of the demo."
                " Start anew with --reset."
            )
        return notes

    def once(self, name: str, step: Callable[[], Any]) -> Any:
        """What the step returned when it was done, now or earlier."""
        if name not in self.done:
            began = time.monotonic()
            result = step()
            self.done[name] = result
            self._write()
            print(f"  {name}: {_said(result)} ({time.monotonic() - began:.0f} s)", flush=True)
        return self.done[name]

    def _write(self) -> None:
        draft = self.file.with_suffix(".new")
        draft.write_text(json.dumps(self.done, ensure_ascii=False, default=str))
        draft.replace(self.file)


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _said(result: Any) -> str:
    return result["said"] if isinstance(result, dict) and "said" in result else "ok"


@dataclass
class Seed:
    stack: Stack
    data: Path
    small: bool = False

    def run(self) -> dict[str, Any]:
        """Everything that is not done yet; what the steps have noted."""
        notes = Notes.read(self.data / "seed.json", self.stack.environment["DATABASE_URL"])
        if "cases" not in notes.done:
            print("A county is being made, once. 首次启动：正在建立示例县 …", flush=True)
        notes.once("administrators", self.administrators)
        notes.once("roster sheet", self.sheet)
        people = notes.once("people", self.people)
        notes.once("on call", self.on_call)
        notes.once("numbers to call", self.numbers)
        notes.once("the other county", self.other_county)
        notes.once("roster import", self.import_roster)
        supervisors = people["supervisors"][: FEW if self.small else None]
        notes.once("phones", lambda: self.enrol(supervisors))
        now = dt.datetime.fromisoformat(notes.once("rounds end at", _now))
        notes.once("home visits", lambda: self.visits(supervisors, now))
        notes.once("disagreements", lambda: self.disagreements(supervisors[0]))
        notes.once("the office's work", self.office_work)
        notes.once("service directory", self.directory)
        notes.once("referrals", self.referrals)
        notes.once("cases", lambda: casework.cases(self.office("officer2")))
        return notes.done

    def administrators(self) -> None:
        for account in ADMINISTRATORS:
            self.stack.manage(
                "create_administrator", "--username", account.username, "--name", account.name,
                "--division", account.prefix, "--password-from-env", "HUXING_DEMO_PASSWORD",
            )  # fmt: skip

    def sheet(self) -> dict[str, Any]:
        today = dt.datetime.now(rounds.CHINA).date()
        made = roster.write(self.roster, roster.divisions(), on=today)
        supervisors = [
            {"name": one.name, "phone": one.phone, "villages": list(one.villages)}
            for one in made.supervisors
        ]
        return {"said": f"{made.rows} rows in {self.roster}", "supervisors": supervisors}

    def people(self) -> dict[str, Any]:
        """Everybody of the county in one call; who is there already is left alone."""
        places = roster.divisions()
        townships = sorted(code for code in places if len(code) == 9)
        desks = [*DESKS]
        desks += [township(n, code, places[code]) for n, code in enumerate(townships, start=1)]
        wanted = [self._row(account) for account in desks]
        wanted += [
            {"name": one["name"], "phone": one["phone"], "role": "village_supervisor",
             "prefixes": one["villages"]}
            for one in self.sheet()["supervisors"]
        ]  # fmt: skip
        found = self._register("admin", wanted)
        supervisors = [row for row in found if row["role"] == "village_supervisor"]
        return {"said": f"{len(found)} people", "supervisors": supervisors}

    def other_county(self) -> None:
        village = min(code for code in roster.divisions(OTHER_COUNTY) if len(code) == 12)
        rows = [self._row(account) for account in OTHER_DESKS]
        rows += [{"name": "罗邻村", "phone": "19000001000", "role": "village_supervisor",
                  "prefixes": [village]}]  # fmt: skip
        self._register("admin2", rows)

    def _row(self, account: Account) -> dict[str, Any]:
        return {
            "name": account.name, "phone": account.phone, "username": account.username,
            "password": self.password, "role": account.role, "prefixes": [account.prefix],
        }  # fmt: skip

    def _register(self, administrator: str, wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The rows with the person of each."""
        office = self.office(administrator)
        known = {row["username"] or row["phone"]: row["id"] for row in office.every("people/")}
        missing = [row for row in wanted if _key(row) not in known]
        if missing:
            answer = office.result(office.post("people/bulk", {"rows": missing, "reason": WHY}))
            made = answer["people"]
            known |= {_key(row): id_ for row, id_ in zip(missing, made, strict=True)}
            self.second(answer["waiting"])
        return [
            {"id": known[_key(row)], **{k: row[k] for k in ("name", "role", "prefixes")}}
            for row in wanted
        ]

    def second(self, waiting: list[str]) -> None:
        """The province's administrator confirms what one person alone may not do."""
        for id_ in waiting:
            self.office("province").post(f"confirmations/{id_}/confirm")

    def on_call(self) -> dict[str, Any]:
        officers = [self.office("officer"), self.office("officer2")]
        return casework.on_call(self.office("lead"), officers)

    def numbers(self) -> dict[str, Any]:
        return referring.numbers(self.office("admin"), roster.divisions())

    def import_roster(self) -> dict[str, str]:
        said = self.stack.manage(
            "import_roster", str(self.roster), "--county", COUNTY, "--as", "admin", "--english",
            "--verbosity", "0", "--left", str(self.data / "roster-left.xlsx"),
        )  # fmt: skip
        counts = [line for line in said.splitlines() if not line[:1].isdigit()]
        return {"said": ", ".join(counts[-12:])}

    def enrol(self, supervisors: list[dict[str, Any]]) -> dict[str, str]:
        """A phone each, with its first load."""

        def one(supervisor: dict[str, Any]) -> int:
            with self.phone(supervisor) as phone:
                self._enrol(phone, supervisor)
                phone.sync()
                return len(phone.records(type="child"))

        held = self._each(supervisors, one)
        return {"said": f"{len(held)} phones hold {sum(held)} children"}

    def visits(self, supervisors: list[dict[str, Any]], now: dt.datetime) -> dict[str, Any]:
        own = self._each(supervisors, self._homes)
        scenes = rounds.cast_scenes([home for homes in own for home in homes], now.date())

        def one(supervisor: dict[str, Any]) -> dict[str, int]:
            with self.phone(supervisor) as phone:
                homes = rounds.homes(phone)
                visits = rounds.rounds(homes, scenes, now=now, seed=supervisor["name"])
                rounds.keep(phone, visits)
                phone.sync()
                operations: dict[str, int] = phone.status()["operations"]
                return operations

        sent = self._each(supervisors, one)
        total = {name: sum(counts[name] for counts in sent) for name in sent[0]}
        return {"said": ", ".join(f"{count} {name}" for name, count in total.items()), **total}

    def disagreements(self, supervisor: dict[str, Any]) -> dict[str, str]:
        """Two fields on which she and whoever works on her second phone say different things."""
        with self.phone(supervisor) as first, self.phone(supervisor, "-2") as second:
            self._enrol(second, supervisor)
            for phone in (first, second):
                phone.sync()
            one, other = [home.children[0].id for home in rounds.homes(first)[:2]]
            first.edit(one, set={"actual_carer": "relatives_friends"})
            second.edit(one, set={"actual_carer": "nobody"})
            first.edit(other, set={"risk_level": "YELLOW"})
            second.edit(other, set={"risk_level": "BLUE"})
            for phone in (first, second, first):
                phone.sync()
            return {"said": f"{len(first.conflicts())} open"}

    def office_work(self) -> dict[str, Any]:
        """Of five escalations one is left open, and one each goes one step further than the last."""
        officer, colleague = self.office("officer"), self.office("officer2")
        counts = dict.fromkeys(["open", "acknowledged", "assigned", "in_progress", "resolved"], 0)
        for number, row in enumerate(list(officer.every("escalations/", status="open"))):
            steps = ["acknowledge", "assign", "start", "resolve"][: number % 5]
            revision = row["revision"]
            for step in steps:
                who = colleague if step in ("start", "resolve") else officer
                asked = {"revision": revision, **_words(step, colleague)}
                revision = who.post(f"escalations/{row['id']}/{step}", asked)["revision"]
            counts[list(counts)[len(steps)]] += 1
        return {"said": ", ".join(f"{count} {name}" for name, count in counts.items())}

    def directory(self) -> dict[str, Any]:
        rows = [self._row(account) for account, _ in PARTNERS]
        made = self._register("admin", rows)
        people = {row["username"]: found["id"] for row, found in zip(rows, made, strict=True)}
        return referring.keep(self.office("admin"), people)

    def referrals(self) -> dict[str, Any]:
        partners = {agency: self.office(account.username) for account, agency in PARTNERS}
        return referring.refer(self.office("officer"), partners)

    def _homes(self, supervisor: dict[str, Any]) -> list[rounds.Home]:
        with self.phone(supervisor) as phone:
            return rounds.homes(phone)

    def _enrol(self, phone: Phone, supervisor: dict[str, Any]) -> None:
        if phone.store.get("token") is None:
            code = self.enrolment_code(supervisor["id"])
            phone.enrol(self.stack.address, code, label="村委会手机")

    @contextmanager
    def phone(self, supervisor: dict[str, Any], which: str = "") -> Iterator[Phone]:
        folder = self.data / "phones"
        folder.mkdir(exist_ok=True)
        phone = Phone(folder / f"{supervisor['id']}{which}.db", language="en")
        try:
            # The port may be another one than at the last start.
            with phone.store.transaction():
                phone.store.set(server=self.stack.address)
            yield phone
        finally:
            phone.close()

    def _each(
        self, supervisors: list[dict[str, Any]], what: Callable[[dict[str, Any]], Any]
    ) -> list[Any]:
        with ThreadPoolExecutor(TOGETHER) as pool:
            return list(pool.map(what, supervisors))

    def office(self, username: str) -> Office:
        return Office.login(self.stack.address, username, self.password)

    def enrolment_code(self, *people: str) -> str:
        asked = {"people": list(people)}
        code: str = self.office("admin").post("enrolment-codes", asked)["code"]
        return code

    @property
    def password(self) -> str:
        """Everybody's; made once for this installation."""
        return self.stack.environment["HUXING_DEMO_PASSWORD"]

    @property
    def first_village(self) -> str:
        return min(code for code in roster.divisions() if len(code) == 12)

    @property
    def roster(self) -> Path:
        return self.data / "roster.xlsx"


def _key(row: dict[str, Any]) -> str:
    return str(row.get("username") or row["phone"])


def _words(step: str, colleague: Office) -> dict[str, Any]:
    """What a step says besides the revision."""
    if step == "assign":
        return {"assigned_to": colleague.person}
    if step == "resolve":
        return {
            "outcome": "guardian_instructed",
            "reason": "已与监护人谈话并落实照料安排，村委会每周回访。",
            "feedback": "已上门谈过，家里答应有人照看，请您下周再去看一眼。",
        }
    return {}
