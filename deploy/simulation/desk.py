"""The office: sets a county up, enrols and revokes phones, hands children over, ends escalations."""

import datetime as dt
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from deploy.cast import OTHER_COUNTY
from deploy.demo_data.people import COUNTY
from deploy.office import Office, Refusal

from .cast import Handset, Person, Team
from .events import Copy, Decision, Handover, Lock, Lose, Move, Reassign, Replace, Restore
from .ledger import Ledger
from .server import Server

COUNTIES = (COUNTY, OTHER_COUNTY)
# Its administrator is the second person for what one alone may not do.
PROVINCE = COUNTY[:2]
ENDS = 35  # of a hundred evenings on which an open escalation is ended
SESSION = dt.timedelta(hours=9)
WORDS = "已核实并处理，村委会每周回访。"
EVERYTHING = (
    "open", "acknowledged", "assigned", "in_progress", "referred", "case_opened", "resolved",
    "unfounded",
)  # fmt: skip


class Desk:
    """`ids` are the server's ids of the people in the cast, by number; `ends` counts what came of offers
    of children to the other county.
    """

    def __init__(self, server: Server, ledger: Ledger, seed: int) -> None:
        self.server, self.ledger, self.seed = server, ledger, seed
        self.ids: dict[int, str] = {}
        self.ends: dict[str, int] = {}
        self._sessions: dict[str, tuple[Office, dt.datetime]] = {}
        self._sealed: dict[str, str] = {}

    @property
    def password(self) -> str:
        return self.server.environment["HUXING_DEMO_PASSWORD"]

    def open(self, teams: Sequence[Team]) -> None:
        """Administrators by the command every installation starts with, everybody else by the API: the
        leads as two people decide."""
        for area in (PROVINCE, *COUNTIES):
            self.server.manage(
                "create_administrator", "--username", f"admin-{area}", "--name", "管理员",
                "--division", area, "--password-from-env", "HUXING_DEMO_PASSWORD",
            )  # fmt: skip
        for county in COUNTIES:
            own = [p for team in teams if team.county == county for p in team.people]
            lead = {
                "name": "科室负责人", "phone": "", "username": f"lead-{county}",
                "password": self.password, "role": "county_lead", "prefixes": [county],
            }  # fmt: skip
            rows = [lead, *map(_row, own)]
            asked = {"rows": rows, "reason": "建立示例县"}
            admin = self._admin(county)
            answer = admin.result(admin.post("people/bulk", asked))
            for id_ in answer["waiting"]:
                self._admin(PROVINCE).post(f"confirmations/{id_}/confirm")
            made = answer["people"]
            self.ids |= {p.number: id_ for p, id_ in zip(own, made[1:], strict=True)}

    def enrolment_code(self, county: str, handset: Handset) -> str:
        people = [self.ids[number] for number in handset.people]
        code: str = self._admin(county).post("enrolment-codes", {"people": people})["code"]
        return code

    def decide(self, decision: Decision, device: str = "") -> None:
        """`device` is the server's id of the phone that it is about."""
        match decision:
            case Lose(handset=handset, how="revoked"):
                self._admin(decision.team.county).post(
                    f"devices/{device}/revoke", {"reason": "手机丢失"}
                )
                self.ledger.revoked.add(handset.number)
            case Lose(handset=handset):
                self._order(decision.team, handset, device, "wipe")
            case Lock(handset=handset, do=do):
                self._order(decision.team, handset, device, do)
            case Handover():
                self._hand_over(decision)
            case Reassign():
                self._reassign(decision)
            case Move():
                self._move(decision)
            case Copy() | Restore() | Replace():
                pass

    def _order(self, team: Team, handset: Handset, device: str, do: str) -> None:
        asked = {"do": do, "reason": "手机丢失"}
        order = self._admin(team.county).post(f"devices/{device}/orders/", asked)
        self.ledger.orders.gave(order["id"], handset.number, do)

    def _hand_over(self, decision: Handover) -> None:
        children = self.ledger.covers.caseload(decision.from_person)
        if children:
            asked = {"from_person": self.ids[decision.from_person], "to": self.ids[decision.to]}
            self._admin(decision.team.county).post("caseload/handover/", asked)
            self.ledger.covers.handed_over(children, decision.to)

    def _move(self, decision: Move) -> None:
        """One county offers, the other takes over or not; who took over says who covers the child."""
        here, there = decision.team.county, decision.to_team.county
        village = decision.to_team.village
        for place in decision.children:
            child = str(decision.family.children[place].id)
            asked = {"to": there, "reason": WORDS}
            offer = self.lead(here).post(f"children/{child}/transfer", asked)
            self.ends[decision.end] = self.ends.get(decision.end, 0) + 1
            path, step = f"transfers/{offer['id']}", {"revision": offer["revision"]}
            if decision.end == "withdraw":
                self.lead(here).post(f"{path}/withdraw", step)
            elif decision.end == "refuse":
                self.lead(there).post(f"{path}/refuse", {**step, "reason": WORDS})
            else:
                self.lead(there).post(f"{path}/accept", {**step, "division": village})
                self.ledger.covers.moved_to(child, village)
                given = {"children": [child], "to": self.ids[decision.to]}
                self._admin(there).post("caseload/assignments/", given)
                self.ledger.covers.handed_over([child], decision.to)

    def _reassign(self, decision: Reassign) -> None:
        covers, child = self.ledger.covers, str(decision.family.children[decision.child].id)
        if child in covers.of:
            asked = {"children": [child], "to": self.ids[decision.to]}
            self._admin(decision.team.county).post("caseload/assignments/", asked)
            covers.handed_over([child], decision.to)

    def end_escalations(self, day: int) -> None:
        """Some of what is open is ended; by the seed, so that each run ends the same ones."""
        for county in COUNTIES:
            for row in list(self.escalations(county, "open")):
                if Random(f"{self.seed}/end/{row['child']}/{day}").randrange(100) < ENDS:
                    self._end(county, row)

    def _end(self, county: str, row: dict[str, Any]) -> None:
        self._step(county, row["id"], "acknowledge")
        self.ledger.dangers.ended((row["child"], row["sealed"]), self.server.clock.now())
        words = {"reason": WORDS, "feedback": "" if row["sealed"] else WORDS}
        self._step(county, row["id"], "resolve", outcome="settled", **words)

    def _step(self, county: str, escalation: str, name: str, **words: str) -> None:
        """Reads it and takes the step; does so again where the system, a climb, came between."""
        lead = self.lead(county)
        while True:
            rows = lead.every("escalations/", status=["open", "acknowledged"])
            (revision,) = [row["revision"] for row in rows if row["id"] == escalation]
            body = {"revision": revision, **words}
            answer = lead.ask("POST", f"escalations/{escalation}/{name}", body)
            if answer.status == 200:
                return
            if answer.body["code"] != "stale":
                raise Refusal("POST", f"escalations/{escalation}/{name}", answer)

    def escalations(self, county: str, *statuses: str) -> Iterator[dict[str, Any]]:
        """As the county's lead sees them, sealed ones too."""
        for row in list(self.lead(county).every("escalations/", status=list(statuses))):
            yield {**row, "child": self._opened(county, row["id"])} if row["sealed"] else row

    def _opened(self, county: str, escalation: str) -> str:
        """Whom a sealed one is about: the queue does not say, and opening it needs a reason."""
        if escalation not in self._sealed:
            asked = {"reason": "核查"}
            opened = self.lead(county).post(f"escalations/{escalation}/open", asked)
            self._sealed[escalation] = opened["child"]
        return self._sealed[escalation]

    def file(self, county: str, child: str) -> dict[str, Any] | None:
        """A child's file as the lead of a county reads it; None where the answer is 404."""
        answer = self.lead(county).ask("GET", f"children/{child}/")
        return answer.body if answer.status == 200 else None

    def _admin(self, county: str) -> Office:
        return self._session(f"admin-{county}")

    def lead(self, county: str) -> Office:
        return self._session(f"lead-{county}")

    def _session(self, username: str) -> Office:
        now = self.server.clock.now()
        session, since = self._sessions.get(username, (None, now))
        if session is None or now - since > SESSION:
            session, since = Office.login(self.server.address, username, self.password), now
            self._sessions[username] = session, since
        return session


def _row(person: Person) -> dict[str, Any]:
    return {
        "name": person.name, "phone": person.phone, "role": "village_supervisor",
        "prefixes": [person.village],
    }  # fmt: skip
