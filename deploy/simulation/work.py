"""What a supervisor does with her phone, and what she knows must come of it."""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any
from uuid import UUID

from deploy import rounds
from deploy.demo_data.scenes import Scene
from fieldforms.compile import compile_form
from sync.client import New, Phone
from sync.client.errors import Closed, Unknown
from sync.client.log import Saved, line_at
from sync.protocol import ids

from . import events
from .cast import START, Child, Family, Handset
from .covers import Registration
from .dangers import Danger
from .ledger import Ledger, Operation
from .papers import Paper, paper

# What the household's part alone tells is found with every child of the visit.
OF_HOUSEHOLD = {"R4", "R12", "R16", "R17"}
# What an edit of the file alone tells: it is a danger at once, before any visit.
NOBODY_CARES = ("actual_carer", "nobody")
REPORTED = {"concern_kinds": ["other"], "facts_observed": "邻居说孩子晚上一个人在外面。"}


class Aged(rounds.Child):
    """As old as at the start, whatever a wrong clock says."""

    def age(self, day: dt.date) -> int:
        return super().age(START.date())


@dataclass(slots=True)
class Work:
    """`people` are the server's ids by number of the cast. The ledger hears of all before any network."""

    ledger: Ledger
    people: Mapping[int, str]

    def do(self, phone: Phone, handset: Handset, action: events.Action, random: Random) -> None:
        with self.ledger.writing():
            _DO[type(action)](self, phone, handset, action, random)

    def _save(
        self, phone: Phone, handset: Handset, person: int, news: Sequence[New], *,
        together: bool = False,
    ) -> list[Saved]:  # fmt: skip
        own = [replace(new, person=UUID(self.people[person])) for new in news]
        wall = phone.clock()
        saved = phone.append(*own, together=together)
        closed = not phone.store.vault.is_open
        said = [_said(new, one, wall) for new, one in zip(own, saved, strict=True)]
        self._note(phone, handset, saved, said if closed else None)
        for new, one in zip(own, saved, strict=True):
            for attached in new.attach:
                sealed = new.kind == "visit.sealed"
                paper = Paper(str(one.op), attached.sha256, str(one.file), sealed)
                self.ledger.papers.declared[paper.key] = paper
        return saved

    def _note(
        self, phone: Phone, handset: Handset, saved: Sequence[Saved],
        said: Sequence[dict[str, Any]] | None = None,
    ) -> None:  # fmt: skip
        """The ledger gets the hash of what was written, not of what is sent. A phone that is closed cannot
        read what it has just written: `said` is what it was told then.
        """
        rows = phone.store.db.execute(
            "SELECT seq, op, kind, target, file, hash FROM log WHERE seq BETWEEN ? AND ?",
            [saved[0].seq, saved[-1].seq],
        ).fetchall()
        self.ledger.wrote(
            [
                Operation(handset.number, seq, op, kind, target, file, hash_.hex())
                for seq, op, kind, target, file, hash_ in rows
            ],
            said or [json.loads(line_at(phone.store, one.seq)) for one in saved],
        )

    def register(
        self, phone: Phone, handset: Handset, action: events.Register, random: Random
    ) -> None:
        family = action.family
        saved = self._save(phone, handset, action.person, list(_family(family)), together=True)
        ops = {str(one.op) for one in saved}
        children = [str(child.id) for child in family.children]
        self.ledger.covers.written(
            Registration(action.person, str(family.household), children, ops)
        )

    def visit(self, phone: Phone, handset: Handset, action: events.Visit, random: Random) -> None:
        family, found = action.family, action.scene
        own = [family.children[place] for place in action.children]
        scene = found[1] if found else None
        told = {family.children[found[0]].id: found[1]} if found else {}
        home = rounds.Home(family.household, tuple(_aged(child, family) for child in own))
        # A visit that met nobody is judged by what the file says of the carer at that moment, which the
        # ledger does not follow.
        news = rounds.visit(
            home, at=phone.clock(), random=random, scenes=told, scene=scene, met=True
        )
        news = _with_papers(news, action.papers, random)
        saved = self._save(phone, handset, action.person, news)
        if found:
            about = str(family.children[found[0]].id)
            for danger in self._dangers(about, found[1], news, saved):
                self.ledger.dangers.written(danger)

    def _dangers(
        self, about: str, scene: Scene, news: Sequence[New], saved: Sequence[Saved]
    ) -> Iterator[Danger]:
        """For whom something is found, and the operations without which it is not."""
        sealed = bool(scene.sealed)
        kind = "visit.sealed" if sealed else "visit.part"
        for new, one in zip(news, saved, strict=True):
            child = str(new.file)
            if new.kind == kind and (child == about or scene.rule in OF_HOUSEHOLD):
                needs = {str(one.op)}
                needs |= {str(saved[0].op)} if scene.household else set()
                yield Danger(child, sealed, str(one.op), needs)

    def report(self, phone: Phone, handset: Handset, action: events.Report, random: Random) -> None:
        child = action.family.children[action.child].id
        new = New(
            kind="concern.raise", target=ids.uuid7(phone.clock()), file=child,
            data={"answers": REPORTED, "skipped": []}, form="concern_report",
            form_version=compile_form("concern_report")["version"],
        )  # fmt: skip
        (saved,) = self._save(phone, handset, action.person, [new])
        op = str(saved.op)
        self.ledger.dangers.written(Danger(str(child), False, op, {op}))

    def edit(self, phone: Phone, handset: Handset, action: events.Edit, random: Random) -> None:
        """Left out where the phone has not the child, or was too long without signal to show it:
        nobody edits what she does not see.
        """
        try:
            saved = phone.edit(
                action.family.children[action.child].id,
                set=dict([action.set]) if action.set else None,
                add={"aid": {action.add: {}}} if action.add else None,
                remove={"aid": [action.remove]} if action.remove else None,
                kind="child.edit",
                person=UUID(self.people[action.person]),
            )
        except (Unknown, Closed):
            return
        self._note(phone, handset, [saved])
        self._cared_for(saved, action.set)

    def _cared_for(self, saved: Saved, said: tuple[str, Any] | None) -> None:
        """That nobody cares for a child is a danger whenever it is written, an answer to a conflict too."""
        if said == NOBODY_CARES:
            op, child = str(saved.op), str(saved.file)
            self.ledger.dangers.written(Danger(child, False, op, {op}))

    def settle(self, phone: Phone, handset: Handset, action: events.Settle, random: Random) -> None:
        """She takes what is shown."""
        author = UUID(self.people[action.person])
        try:
            disputed = phone.conflicts()
        except Closed:
            return
        for found in disputed:
            record, name = UUID(found["record"]), found["field"]
            saved = phone.edit(
                record, set={name: found["shown"]}, kind=f"{found['type']}.edit", person=author
            )
            self._note(phone, handset, [saved])
            self._cared_for(saved, (name, found["shown"]))

    def close(self, phone: Phone, handset: Handset, action: events.Close, random: Random) -> None:
        phone.lock()
        self.ledger.closings += 1


_DO: Mapping[type, Callable[[Work, Phone, Handset, Any, Random], None]] = {
    events.Register: Work.register,
    events.Visit: Work.visit,
    events.Report: Work.report,
    events.Edit: Work.edit,
    events.Settle: Work.settle,
    events.Close: Work.close,
}


def _with_papers(news: Sequence[New], count: int, random: Random) -> list[New]:
    """Attached to any part of a visit, the sealed ones too."""
    made = list(news)
    for _ in range(count):
        place = random.randrange(len(made))
        made[place] = replace(made[place], attach=[*made[place].attach, paper(random)])
    return made


def _said(new: New, saved: Saved, wall: dt.datetime) -> dict[str, Any]:
    """What a line says of what the ledger looks at."""
    return {
        "op": str(saved.op), "kind": new.kind, "target": str(saved.target), "data": new.data,
        "wall": (new.at or wall).isoformat(),
    }  # fmt: skip


def _aged(child: Child, family: Family) -> Aged:
    return Aged(
        id=child.id, household=family.household, name=child.name, born=child.born, risk="BLUE",
        left_behind=True,
    )  # fmt: skip


def _family(family: Family) -> Iterator[New]:
    """A household, who cares for the children, and each child."""
    residence = {"division": family.village, "address": f"{family.number}号"}
    carer = {
        "identity": {"name": family.guardian_name}, "contact": {"phone": family.guardian_phone},
    }  # fmt: skip
    home, household = family.household, str(family.household)
    yield New(kind="household.register", target=home, data=_first(residence=residence))
    yield New(
        kind="guardian.register", target=family.guardian, file=home,
        data=_first(**carer, household=household),
    )  # fmt: skip
    for child in family.children:
        card = {"name": child.name, "sex": child.sex, "birth_date": child.born.isoformat()}
        data = _first(
            identity=card, residence=residence, household=household, risk_level="BLUE",
            actual_carer="grandparents",
        )  # fmt: skip
        data["add"] = {"categories": {"LEFT_BEHIND": {"v": {}, "saw": []}}}
        yield New(kind="child.register", target=child.id, data=data)


def _first(**values: Any) -> dict[str, Any]:
    """Registers written for the first time: nobody's value was seen."""
    return {"set": {name: {"v": value, "saw": []} for name, value in values.items()}}
