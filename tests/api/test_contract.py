"""The contract of record types, with the project's own (SYNC, "What proves it", 6)."""

from typing import Any
from uuid import UUID

import pytest

from backend.accounts import services
from backend.accounts.models import Person
from sync.protocol import ids, messages
from sync.registry import registry
from tests.sync import contract
from tests.sync.contract import Bench, Sample

from .conftest import NOW, VILLAGE, HttpPhone, person
from .test_sync import new, register

_RESIDENCE = {"residence": {"v": {"division": VILLAGE, "address": "三组12号"}, "saw": []}}
_CARD = {
    "identity": {"v": {"name": "龙小燕", "sex": "female", "birth_date": "2018-03-07"}, "saw": []}
}
SAMPLES = {
    "household": Sample("household.register", {"set": _RESIDENCE}, "household.edit", opens=True),
    "guardian": Sample("guardian.register", {"set": _CARD}, "guardian.edit"),
    "child": Sample("child.register", {"set": _CARD | _RESIDENCE}, "child.edit", opens=True),
    "delegation": Sample("delegation.confirm", {"answers": {}}),
    "delegation_revocation": Sample(
        "delegation.revoke", {"delegation": str(UUID(int=5)), "reason": "父亲回来了"}
    ),
    "visit": Sample("visit.record", {"mode": "home", "answers": {}}),
    "visit_part": Sample("visit.part", {"answers": {"child_seen": "yes"}}),
    "visit_sealed": Sample("visit.sealed", {"part": str(UUID(int=7)), "answers": {}}),
    "guardian_warning": Sample(
        "guardian_warning.give", {"kind": "education", "by": "supervisor", "text": "不得再打孩子"}
    ),
    "missing_clue": Sample("missing.clue", {"text": "车站有人见过"}),
    "concern": Sample("concern.raise", {"kind": "violence", "text": "邻居听到哭声"}),
    "resolution": Sample("concern.resolve", {"concerns": [str(UUID(int=8))]}, by="township"),
}  # fmt: skip

# What the samples name: a reference comes back only where its record is there.
NAMED = {
    "delegation.confirm": UUID(int=5), "visit.part": UUID(int=7), "concern.raise": UUID(int=8),
}  # fmt: skip


@pytest.fixture
def bench(http_phone: HttpPhone, administrator: Person, supervisor: Person) -> Bench:
    """A phone of a supervisor and her township; the stranger works in the same village."""
    township = person("township", "township_supervisor", VILLAGE[:9])
    both = [supervisor.id, township.id]
    phone = _phone(administrator, both)
    other = person("stranger", "village_supervisor", VILLAGE)
    stranger = _phone(administrator, [other.id])
    people = {"supervisor": str(supervisor.id), "township": str(township.id)}
    phone.person = people["supervisor"]
    child = register(phone)
    for kind, named in NAMED.items():
        phone.say(kind, named, SAMPLES[registry.by_kind[kind].name].data, child)
    phone.sync(*phone.log)

    def says(phone: HttpPhone, people: dict[str, str]) -> Any:
        def say(
            kind: str, target: UUID, data: dict[str, Any], *, file: UUID, by: str = ""
        ) -> bytes:
            phone.person = people.get(by, phone.person)
            phone.say(kind, target, data, file=file)
            return phone.log[-1]

        return say

    def sends(phone: HttpPhone) -> Any:
        return lambda *lines: _push(phone, *lines)

    return Bench(says(phone, people), sends(phone), says(stranger, {}), sends(stranger), new, child)


def _phone(administrator: Person, people: list[UUID]) -> HttpPhone:
    code = services.enrolment_code_create(people=people, actor=administrator.id, now=NOW)
    return HttpPhone(code)


def _push(phone: HttpPhone, *lines: bytes) -> list[dict[str, Any]]:
    header = {"protocol": 1, "device": str(phone.device), "wall": NOW.isoformat(), "pull": False}
    answer = phone.post(b"\n".join([messages.write(header), *lines]))
    assert answer.status_code == 200, answer.content
    receipts: list[dict[str, Any]] = answer.json()["receipts"]
    return receipts


def test_every_type_has_contract_data() -> None:
    """A new record type that phones write needs a sample here."""
    assert {t.name for t in contract.written_by_devices()} == SAMPLES.keys()


@pytest.mark.parametrize("clause", contract.CLAUSES, ids=lambda clause: clause.__name__)
@pytest.mark.parametrize("name", SAMPLES)
def test_a_record_type(bench: Bench, name: str, clause: Any) -> None:
    clause(bench, SAMPLES[name])


def test_what_the_office_decides_no_phone_can_write(bench: Bench) -> None:
    kinds = [
        kind
        for record_type in registry.types.values()
        if not contract.devices_write(record_type)
        for kind in record_type.kinds
    ]
    lines = [bench.say(kind, ids.uuid7(NOW), {}, file=bench.file) for kind in kinds]
    codes = {receipt.get("code") for receipt in bench.send(*lines)}
    assert codes == {"kind.office_only"}
