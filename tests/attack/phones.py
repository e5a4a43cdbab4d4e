"""A phone that names what is not hers: in lines, in what it says it holds, in what it asks for.

Whatever it sends about another county's child is answered as if there were no such child, brings no word of
that child's file, and writes to none of its registers.
"""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import connection

from backend.accounts import services
from sync.protocol import ids
from sync.registry import Policy, registry
from tests import cast as everyone
from tests.api.conftest import HttpPhone
from tests.api.test_contract import SAMPLES
from tests.cast import Cast, Member

from .doors import marks_in
from .findings import Row

CARD = {"v": {"name": "别人的孩子", "sex": "female"}, "saw": []}


def enrolled(member: Member, cast: Cast, client: Any = None) -> HttpPhone:
    """A new phone of somebody of the near county."""
    now = dt.datetime.now(dt.UTC)
    assert member.person
    administrator = cast["administrator"].person
    assert administrator
    code = services.enrolment_code_create(
        people=[member.person.id], actor=administrator.id, now=now
    )
    return HttpPhone(code, client)


def attack(cast: Cast, client: Any = None) -> Row:
    """As the supervisor of one county, about the child of the other."""
    found = Row("doors: phones")
    foreign = cast.there.ids["child"]
    # Somebody of her own: the far county may see who has written about its child.
    stranger = everyone.newcomer("stranger", *everyone.PEOPLE["village_a"])
    known, unknown = (enrolled(stranger, cast, client) for _ in range(2))
    before = registers(foreign)
    for phone, child in ((known, foreign), (unknown, ids.uuid7(dt.datetime.now(dt.UTC)))):
        phone.sync()
        for kind, target, data in lines(child, cast.there.ids["visit"]):
            phone.say(kind, target, data, file=child)
    told = [[_told(r) for r in phone.sync(*phone.log)["receipts"]] for phone in (known, unknown)]
    found.tried = 2 * len(known.log)
    for line, here, there in zip(known.log, *told, strict=True):
        if here != there:
            kind = json.loads(line)["kind"]
            found.hits.append(f"{kind} of a foreign child: {here}, of none: {there}")
    for asked, answer in claims(known, foreign):
        found.tried += 1
        shown = marks_in(answer, cast.there.marks, asked)
        found.hits += [f"after {asked[:80]}: shows {mark}" for mark in shown]
    if registers(foreign) != before:
        found.hits.append("a phone that does not hold the file wrote to its registers")
    found.where = f"{len(SAMPLES)} record types, {len(CLAIMS)} claims"
    return found


def lines(child: UUID, visit: UUID) -> Iterator[tuple[str, UUID, dict[str, Any]]]:
    """Everything that a phone writes into a file, and an edit of each register with the child's own id.

    Whoever opens a file makes its id: that one is taken is told to everybody who tries.
    """
    now = dt.datetime.now(dt.UTC)
    for sample in SAMPLES.values():
        named = {"visit": str(visit)} if sample.kind == "visit.part" else {}
        if not sample.opens:
            yield sample.kind, ids.uuid7(now), {**sample.data, **named}
        if sample.edit:
            yield (
                sample.edit,
                child,
                {"set": {"identity": CARD, "risk_level": {"v": "BLUE", "saw": []}}},
            )


CLAIMS = ("digests", "purged", "older", "offer", "recovered", "cursor")


def claims(phone: HttpPhone, child: UUID) -> Iterator[tuple[str, Any]]:
    """What each says it holds of the child, and the whole answer."""
    for claim in CLAIMS:
        said: Any = {
            "digests": {str(child): 1}, "purged": {"generation": 1, "files": [str(child)]},
            "older": [str(child)], "offer": [["child", str(child), str(child), 1]],
            "recovered": [{"type": "child", "id": str(child), "file": str(child), "rev": 1, "data": {}}],
            "cursor": None,
        }[claim]  # fmt: skip
        header = {"protocol": 1, "device": str(phone.device), "wall": _now(), claim: said}
        asked = json.dumps(header)
        yield asked, phone.post(asked.encode())


def registers(child: UUID) -> list[Any]:
    """The rows of the child's registers, whoever wrote them."""
    found: list[Any] = []
    for record_type in registry.types.values():
        if record_type.policy is Policy.REGISTER:
            table = record_type.model._meta.db_table
            with connection.cursor() as cursor:
                cursor.execute(
                    f'SELECT t::text FROM "{table}" t WHERE id = %s OR file = %s ORDER BY 1',
                    [child, child],
                )
                found += cursor.fetchall()
    return found


def _told(receipt: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(receipt.get(name) for name in ("outcome", "code", "fields", "message", "flags"))


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat()
