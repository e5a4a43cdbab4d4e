"""Phones of two counties write real records in any order over a bad line (SYNC, "What proves it", 2).

The machine of `tests/sync` strikes harder, with toy records. This one has few moves: it proves that
children, households, visits, concerns and their escalations keep what sync promises for any type.
"""

import json
from collections import Counter
from random import Random
from typing import Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)  # fmt: skip

from backend.accounts import services as accounts
from backend.accounts.models import Person
from backend.common import clock
from backend.concerns import rulesets
from backend.concerns import services as concerns
from backend.concerns.models import Concern, Escalation, Finding
from backend.visits.models import Visit, VisitPart
from sync import rebuild
from sync.models import Operation
from sync.ports import ports
from sync.protocol import messages
from sync.push import push

from .conftest import NOW, OTHER_COUNTY, VILLAGE, HttpPhone, person
from .copies import phone as load
from .test_judging import ALONE, RULES, Phone, child_of_six
from .town import Town

FAR_VILLAGE = OTHER_COUNTY + "100201"
VILLAGES = {"near": VILLAGE, "far": FAR_VILLAGE}
names = st.sampled_from(sorted(VILLAGES))
some = st.integers(0, 5)
WELL = {"adult_with_child_now": "yes", "child_seen": "yes"}
AWAY = {"adult_in_home_now": "no", "guardian_event": "hospital"}


class Records(RuleBasedStateMachine):
    """Each run has phones and children of its own; the people and the database stay."""

    people: ClassVar[dict[str, Person]]

    @initialize(seed=st.integers(0, 1000))
    def phones_are_enrolled(self, seed: int) -> None:
        self.dice = Random(seed)
        self.phones = {name: self._phone(name) for name in VILLAGES}
        self.township = load(self.people["township"].id, admin=self.people["near_admin"].id)
        self.homes: list[tuple[str, UUID, UUID]] = []
        self.sent: dict[UUID, bytes] = {}
        self.dangerous: dict[UUID, UUID] = {}
        for name in VILLAGES:
            self.registers(name)

    def _phone(self, name: str) -> Phone:
        code = accounts.enrolment_code_create(
            people=[self.people[name].id], actor=self.people[f"{name}_admin"].id, now=NOW
        )
        return Phone(HttpPhone(code))

    @rule(name=names)
    def registers(self, name: str) -> None:
        child, home = child_of_six(self.phones[name], VILLAGES[name])
        self.homes.append((name, child, home))

    def _known(self, name: str, number: int) -> tuple[str, UUID, UUID]:
        """A child of her own, or one that the server knows: nobody else can have its id."""
        arrived = {json.loads(line)["target"] for line in self.sent.values()}
        known = [home for home in self.homes if home[0] == name or {*map(str, home[1:])} <= arrived]
        return known[number % len(known)]

    @rule(name=names, number=some, alone=st.booleans(), back=st.integers(0, 9))
    def visits(self, name: str, number: int, alone: bool, back: int) -> None:
        """Also a child of the other county: evidence is never refused."""
        _, child, home = self._known(name, number)
        phone = self.phones[name]
        answers, shared = (ALONE, AWAY) if alone else (WELL, {})
        phone.visit(child, home, shared=shared, back=back, answers=answers)
        if alone:
            self.dangerous[_op(phone.http.log[-1])] = child

    @rule(name=names, number=some)
    def raises_a_concern(self, name: str, number: int) -> None:
        _, child, _ = self._known(name, number)
        phone = self.phones[name]
        phone.say("concern.raise", child, {"kind": "other", "answers": {}})
        self.dangerous[_op(phone.http.log[-1])] = child

    @rule(number=some, risk=st.sampled_from(["RED", "GREEN"]))
    def rates(self, number: int, risk: str) -> None:
        name, child, _ = self.homes[number % len(self.homes)]
        self.phones[name].http.say(
            "child.edit", child, {"set": {"risk_level": {"v": risk, "saw": []}}}
        )

    @rule(name=names, share=st.integers(1, 4), jumbled=st.booleans(), lost=st.booleans())
    def sends(self, name: str, share: int, jumbled: bool, lost: bool) -> None:
        """Some of its lines, known ones among them; whose answer is lost sends them all again."""
        phone = self.phones[name].http
        lines = [line for line in phone.log if self.dice.randrange(4) < share]
        if jumbled:
            self.dice.shuffle(lines)
        for _ in range(1 + lost):
            self._pushed(phone, lines)

    def _pushed(self, phone: HttpPhone, lines: list[bytes]) -> None:
        sender, now = ports().sender_of_device(phone.device), clock.now()
        assert sender
        receipts, _ = push(lines, sender=sender, wall=now, now=now)
        assert len(receipts) == len(lines)
        self.sent |= {_op(line): line for line in lines}

    @rule()
    def the_township_syncs(self) -> None:
        self.township.sync()

    @precondition(lambda self: self.dangerous)
    @rule(number=some)
    def the_office_ends_an_escalation(self, number: int) -> None:
        rows = Escalation.objects.filter(file__in=self.dangerous.values(), resolved_at=None)
        row = rows.order_by("id")[number % len(rows)] if rows else None
        if row is None:
            return
        near = row.division.startswith(VILLAGE[:6])
        concerns.escalation_mark_unfounded(
            escalation=row.id, reason="已核实", feedback="谢谢", revision=row.revision,
            actor=self.people["lead" if near else "far_lead"].id, now=clock.now(),
        )  # fmt: skip

    @invariant()
    def nothing_is_lost_doubled_or_invented(self) -> None:
        devices = [phone.http.device for phone in self.phones.values()]
        rows = Operation.objects.filter(device__in=devices).values_list("op", "hash")
        assert {op: bytes(hash_) for op, hash_ in rows} == {
            op: messages.line_hash(line) for op, line in self.sent.items()
        }

    @invariant()
    def each_danger_is_in_one_escalation_of_its_childs_episode(self) -> None:
        arrived = {op: child for op, child in self.dangerous.items() if op in self.sent}
        found = Finding.objects.filter(cause__in=self.dangerous)
        assert Counter(found.values_list("cause", "file")) == Counter(arrived.items())
        escalations = Escalation.objects.filter(file__in=arrived.values())
        inside = [finding for row in escalations for finding in row.findings]
        assert sorted(inside) == sorted(found.values_list("id", flat=True))
        episodes = Counter((row.file, row.episode) for row in escalations)
        assert set(episodes.values()) <= {1}
        still_open = Counter(row.file for row in escalations if row.resolved_at is None)
        assert set(still_open.values()) <= {1}

    def teardown(self) -> None:
        for phone in self.phones.values():
            self._pushed(phone.http, phone.http.log)
        self.nothing_is_lost_doubled_or_invented()
        self.each_danger_is_in_one_escalation_of_its_childs_episode()
        self._evidence_is_applied()
        for name, phone in self.phones.items():
            self._holds_its_scope(name)
            phone.http.client.logout()
        self._the_townships_phone_has_followed()
        assert list(rebuild.differences()) == []

    def _the_townships_phone_has_followed(self) -> None:
        """It was loaded at the start; what came and went since is what its scope is now."""
        assert self.township.sync().digest_agrees
        scope = ports().files_of([self.township.device])[self.township.device]
        assert {UUID(seen.file) for seen in self.township.records()} == scope.keys()
        self.township.close()

    def _evidence_is_applied(self) -> None:
        for model, kind in (
            (Visit, "visit.record"),
            (VisitPart, "visit.part"),
            (Concern, "concern.raise"),
        ):
            written = {op for op, line in self.sent.items() if json.loads(line)["kind"] == kind}
            rows: Any = model
            assert set(rows.objects.filter(op__in=written).values_list("op", flat=True)) == written

    def _holds_its_scope(self, name: str) -> None:
        """A fresh load brings what her caseload covers, and of the other county nothing."""
        phone = self._phone(name)
        held: set[str] = set()
        while entered := phone.http.sync().get("enter"):
            held |= {card["file"] for card in entered}
        covered = ports().files_of([phone.http.device])[phone.http.device]
        assert held == {str(file) for file in covered}
        own = {str(id_) for of, *ids_ in self.homes for id_ in ids_ if of == name}
        others = {str(id_) for of, *ids_ in self.homes for id_ in ids_ if of != name}
        assert (own - held, held & others) == (set(), set())


def _op(line: bytes) -> UUID:
    return UUID(json.loads(line)["op"])


@pytest.fixture
def two_counties(town: Town) -> None:
    rulesets.publish_rules(RULES, actor=None, now=NOW)
    Records.people = {
        "near": town.wu, "near_admin": town.admin,
        "far_admin": person("far_admin", "administrator", OTHER_COUNTY, None),
        "far": person("far_shi", "village_supervisor", FAR_VILLAGE, None),
        "township": town.township,
        "lead": person("lead", "county_lead", VILLAGE[:6], None),
        "far_lead": person("far_lead", "county_lead", OTHER_COUNTY, None),
    }  # fmt: skip


def test_real_records_of_two_counties_are_neither_lost_nor_doubled_nor_shown_to_the_other(
    two_counties: None,
) -> None:
    few = settings(
        max_examples=max(4, settings.default.max_examples // 20), stateful_step_count=8,
        deadline=None, suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(Records, settings=few)
