"""The last release's office and its phones, by its own code alone: `released.py` starts this.

It fills a database, then works on it without a pause: phones visit and sync, somebody logs in and reads.
It is told what to do by lines, and answers each with a line of JSON.
"""

import json
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from random import Random
from typing import Any

from deploy import rounds
from deploy.demo_data.people import COUNTY, People
from deploy.office import Office
from deploy.simulation import cast
from deploy.simulation.work import _aged, _family
from deploy.stack import Stack
from sync.client import New, Phone
from sync.client.errors import TryLater

PHONES, FAMILIES = 3, 30  # each
# Who confirms what one administrator alone may not do is the province's.
ADMIN, SECOND, LEAD = "admin", "admin-above", "lead"


class Loop(threading.Thread):
    """One thing, done again and again. Whatever is not as on a quiet day is in `events`."""

    def __init__(self, name: str, once: Callable[[], str]) -> None:
        super().__init__(name=name, daemon=True)
        self.once = once
        self.rounds = 0
        self.events: list[tuple[int, str]] = []
        self.may, self.ended = threading.Event(), threading.Event()
        self.resting = threading.Event()

    def run(self) -> None:
        while not self.ended.is_set():
            if not self.may.is_set():
                self.resting.set()
                self.may.wait()
                self.resting.clear()
            try:
                said = self.once()
            except Exception as error:  # noqa: BLE001 - whatever it is: the test has to hear of it
                said = f"{type(error).__name__}: {error}"
            self.rounds += 1
            if said:
                self.events.append((self.rounds, said))
            time.sleep(0.2)  # the machine is not to be measured


class Before:
    def __init__(self, folder: Path, url: str, port: int) -> None:
        self.folder = folder
        self.stack = Stack(folder, url, port)
        self.address = self.stack.address
        self.password = self.stack.environment["HUXING_DEMO_PASSWORD"]
        self.homes: list[list[rounds.Home]] = []
        self.cookies = CookieJar()
        self.desk = self.admin = Office(self.address)
        self.loops: list[Loop] = []

    def start(self) -> dict[str, Any]:
        self.stack.prepare()
        self.stack.start()
        self._people()
        for number in range(PHONES):
            self.loops.append(Loop(f"phone {number}", lambda number=number: self._visits(number)))
        self.loops += [Loop("API", self._reads), Loop("page", self._looks)]
        self._enters()
        for loop in self.loops:
            loop.start()
        return {"operations": sum(len(told) for told in self._told())}

    def _people(self) -> None:
        for username, area in ((ADMIN, COUNTY), (SECOND, COUNTY[:2])):
            self.stack.manage(
                "create_administrator", "--username", username, "--name", "管理员", "--division", area,
                "--password-from-env", "HUXING_DEMO_PASSWORD",
            )  # fmt: skip
        admin, second = (Office.login(self.address, who, self.password) for who in (ADMIN, SECOND))
        random, villages = Random(1), cast._villages(COUNTY)
        own = [
            {"name": f"主任{n}", "phone": f"1900000000{n}", "role": "village_supervisor",
             "prefixes": [villages[n]]}
            for n in range(PHONES)
        ]  # fmt: skip
        lead = {
            "name": "科室负责人", "phone": "", "username": LEAD, "password": self.password,
            "role": "county_lead", "prefixes": [COUNTY],
        }  # fmt: skip
        asked = {"rows": [lead, *own], "reason": "建立示例县"}
        answer = admin.result(admin.post("people/bulk", asked))
        for id_ in answer["waiting"]:
            second.post(f"confirmations/{id_}/confirm")
        _, *ids = answer["people"]
        people = People(random)
        for number, id_ in enumerate(ids):
            code = admin.post("enrolment-codes", {"people": [id_]})["code"]
            families = [
                cast._family(number * 1000 + n, villages[number], people, random)
                for n in range(FAMILIES)
            ]
            with self._phone(number) as phone:
                phone.enrol(self.address, code)
                self._register(phone, families)

    @contextmanager
    def _phone(self, number: int) -> Iterator[Phone]:
        """The app as long as somebody looks at it."""
        phone = Phone(self.folder / f"phone-{number}.db")
        try:
            phone.store.db.execute("PRAGMA synchronous = OFF")
            if phone.store.get("server"):
                with phone.store.transaction():
                    phone.store.set(server=self.address)
            yield phone
        finally:
            phone.close()

    def _register(self, phone: Phone, families: list[cast.Family]) -> None:
        """Whole families, and the first visit to each."""
        for family in families:
            phone.append(*_family(family), together=True)
        own = [
            rounds.Home(f.household, tuple(_aged(child, f) for child in f.children))
            for f in families
        ]
        self.homes.append(own)
        phone.append(*[new for home in own for new in self._visit(home, phone, Random(2))])
        phone.sync()

    def _visit(self, home: rounds.Home, phone: Phone, random: Random) -> list[New]:
        return rounds.visit(home, at=phone.clock(), random=random, scenes={}, scene=None)

    def _visits(self, number: int) -> str:
        """A visit, written and sent; what came of it, if not all of it was applied at once."""
        with self._phone(number) as phone:
            random = Random()
            phone.append(*self._visit(random.choice(self.homes[number]), phone, random))
            try:
                report = phone.sync()
            except TryLater as later:
                return "later" if later.retry_after is not None else f"no answer: {later}"
        told = {
            f"{receipt['outcome']} {receipt.get('code', '')}"
            for receipt in report.receipts
            if receipt["outcome"] != "applied"
        }
        if report.refused or told:
            return " ".join(sorted({report.refused or "", *told} - {""}))
        return "the digest differs" if report.digest_agrees is False else ""

    def _reads(self) -> str:
        """By a new log-in, and by tokens that were given out before anything was changed."""
        Office.login(self.address, LEAD, self.password)
        for path in ("me", "children/", "escalations/"):
            self.desk.get(path)
        self.admin.get("people/", size=5)
        return ""

    def _enters(self) -> None:
        self.desk = Office.login(self.address, LEAD, self.password)
        self.admin = Office.login(self.address, ADMIN, self.password)
        self._page("/login/")
        (token,) = [cookie.value for cookie in self.cookies if "csrf" in cookie.name]
        form = {"username": LEAD, "password": self.password, "csrfmiddlewaretoken": token}
        self._page("/login/", urllib.parse.urlencode(form).encode())
        assert self._looks() == ""

    def _looks(self) -> str:
        """The page by a session of before; `log in` where it is none any more."""
        landed = self._page("/office/children/")
        return "" if landed.endswith("/office/children/") else "log in"

    def _page(self, path: str, form: bytes | None = None) -> str:
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        asked = urllib.request.Request(f"{self.address}{path}", form, {"Referer": self.address})
        with opener.open(asked, timeout=120) as answer:
            answer.read()
            return urllib.parse.urlsplit(answer.url).path

    def go(self) -> dict[str, Any]:
        for loop in self.loops:
            loop.may.set()
        return {}

    def rest(self) -> dict[str, Any]:
        for loop in self.loops:
            loop.may.clear()
        for loop in self.loops:
            loop.resting.wait()
        return {}

    def round(self) -> dict[str, Any]:
        """Waits until each has begun and ended something; what was not as ever in it, and before it."""
        began = {loop: loop.rounds for loop in self.loops}
        while any(loop.rounds < began[loop] + 2 and loop.is_alive() for loop in self.loops):
            time.sleep(0.02)
        earlier: dict[str, list[str]] = {}
        now: dict[str, list[str]] = {}
        for loop in self.loops:
            events, loop.events[:] = list(loop.events), []
            for number, said in events:
                # The round under way when it was asked may have met with what is over.
                kept = now if number > began[loop] + 1 else earlier
                kept.setdefault(loop.name, []).append(said)
        return {"earlier": earlier, "now": now, "rounds": sum(loop.rounds for loop in self.loops)}

    def stop(self) -> dict[str, Any]:
        """The server of before is gone; phones and office wait for another."""
        self.rest()
        self.stack.processes.stop()
        return {}

    def move(self, address: str) -> dict[str, Any]:
        self.address = address
        for office in (self.desk, self.admin):
            office.address = address
        return {}

    def told(self) -> dict[str, Any]:
        """Every operation ever written, with what its phone was told of it."""
        self.rest()
        return {op: outcome for told in self._told() for op, outcome in told}

    def _told(self) -> list[list[tuple[str, str]]]:
        told = []
        for number in range(PHONES):
            with self._phone(number) as phone:
                told.append(phone.store.db.execute("SELECT op, outcome FROM log").fetchall())
        return told


def main(folder: str, url: str, port: str) -> None:
    before = Before(Path(folder), url, int(port))
    try:
        for line in sys.stdin:
            name, *arguments = line.split()
            answer = getattr(before, name)(*arguments)
            sys.stdout.write(json.dumps(answer, default=str) + "\n")
            sys.stdout.flush()
    finally:
        before.stack.processes.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
