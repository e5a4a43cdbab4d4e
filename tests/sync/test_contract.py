"""The contract of record types, with the toys (SYNC, "What proves it", 6)."""

from typing import Any
from uuid import UUID

import pytest

from sync.protocol import messages

from . import contract
from .conftest import Phone, World
from .contract import Bench, Sample
from .test_push import make_box, new

SAMPLES = {
    "box": Sample(
        "box.make", {"set": {"colour": {"v": "red", "saw": []}}}, edit="box.paint", opens=True
    ),
    "note": Sample("note.write", {"text": "help"}),
    "secret": Sample("secret.tell", {"text": "for named people"}),
}


@pytest.fixture
def bench(world: World, phone: Phone, other: Phone) -> Bench:
    file = make_box(phone)
    phone.push()

    def says(phone: Phone) -> Any:
        def say(
            kind: str, target: UUID, data: dict[str, Any], *, file: UUID, by: str = ""
        ) -> bytes:
            return phone.say(kind, target, data, file=file)

        return say

    def sends(phone: Phone) -> Any:
        return lambda *lines: messages.plain(phone.push(*lines))

    return Bench(says(phone), sends(phone), says(other), sends(other), new, file)


def test_every_type_has_contract_data(world: World) -> None:
    assert {t.name for t in contract.written_by_devices()} - {"recovered"} == SAMPLES.keys()


@pytest.mark.parametrize("clause", contract.CLAUSES, ids=lambda clause: clause.__name__)
@pytest.mark.parametrize("name", SAMPLES)
def test_a_toy(bench: Bench, name: str, clause: Any) -> None:
    clause(bench, SAMPLES[name])
