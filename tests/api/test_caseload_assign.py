"""A child has at most one supervisor at a time, and only one who works in its village."""

from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import Person
from backend.caseload.models import Assignment
from backend.children.models import Child
from sync.entries import Draft
from sync.models import Operation
from sync.protocol import ids
from sync.protocol.messages import Receipt
from sync.push import submit

from .conftest import COUNTY, NOW, VILLAGE, HttpPhone, person
from .test_sync import register

OTHER_VILLAGE = "522630100202"


def draft(kind: str, target: UUID, file: UUID, by: Person, data: dict[str, Any]) -> Draft:
    return Draft(
        op=ids.uuid7(NOW), person=by.id, kind=kind, target=target, file=file, data=data, at=NOW
    )


def enrolled(children: list[UUID], by: Person) -> list[Draft]:
    """A registration by the office of each of the children, which assigns nobody."""
    home = {"v": {"division": VILLAGE}, "saw": []}
    return [draft("child.register", c, c, by, {"set": {"residence": home}}) for c in children]


def assign(child: UUID, to: UUID, by: Person, target: UUID | None = None) -> Draft:
    return draft("caseload.assign", target or ids.uuid7(NOW), child, by, {"person": str(to)})


def end(row: Assignment, by: Person) -> Draft:
    return draft("caseload.end", row.id, row.file, by, {"revision": row.revision})


def told(receipts: list[Receipt]) -> list[tuple[str, str | None]]:
    return [(receipt.outcome, receipt.code) for receipt in receipts]


def test_a_second_assignment_is_refused_in_words(administrator: Person, supervisor: Person) -> None:
    child = ids.uuid7(NOW)
    submit(enrolled([child], administrator), now=NOW)
    assert told(submit([assign(child, supervisor.id, administrator)], now=NOW)) == [
        ("applied", None)
    ]
    (receipt,) = submit([assign(child, administrator.id, administrator)], now=NOW, english=True)
    assert (receipt.outcome, receipt.code) == ("quarantined", "assignment.open")
    assert (
        receipt.message
        == "This child is assigned to somebody already; end that first, or hand over."
    )
    assert Assignment.objects.get(file=child).person == supervisor.id


def test_two_assignments_of_one_child_in_one_batch_leave_the_first(
    administrator: Person, supervisor: Person
) -> None:
    child = ids.uuid7(NOW)
    submit(enrolled([child], administrator), now=NOW)
    pair = [assign(child, p.id, administrator) for p in (supervisor, administrator)]
    assert told(submit(pair, now=NOW)) == [("applied", None), ("quarantined", "assignment.open")]
    assert Assignment.objects.get(file=child).person == supervisor.id


@pytest.mark.parametrize("last", [UUID(int=1), UUID("ffffffff-ffff-8fff-bfff-ffffffffffff")])
def test_an_end_and_an_assignment_in_one_batch_move_the_child(
    administrator: Person, supervisor: Person, last: UUID
) -> None:
    """Whatever the ids sort like: the constraint of the table must never see two open rows."""
    child = ids.uuid7(NOW)
    submit(
        [*enrolled([child], administrator), assign(child, supervisor.id, administrator)], now=NOW
    )
    first = Assignment.objects.get(file=child)
    moved = [end(first, administrator), assign(child, administrator.id, administrator, last)]
    assert told(submit(moved, now=NOW)) == [("applied", None)] * 2
    assert Assignment.objects.get(file=child, ends_on=None).id == last


def test_assigning_costs_the_same_for_one_child_and_for_fifty(
    administrator: Person, supervisor: Person
) -> None:
    counts = []
    for size in (1, 50):
        children = [ids.uuid7(NOW) for _ in range(size)]
        submit(enrolled(children, administrator), now=NOW)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            submit([assign(c, supervisor.id, administrator) for c in children], now=NOW)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_a_child_registered_in_another_village_stays_unassigned(
    http_phone: HttpPhone, supervisor: Person
) -> None:
    supervisor.grants.update(prefixes=[OTHER_VILLAGE])
    child = register(http_phone)
    page = http_phone.sync(*http_phone.log)
    assert [receipt["outcome"] for receipt in page["receipts"]] == ["applied", "applied"]
    assert Child.objects.filter(id=child).exists()
    assert not Assignment.objects.filter(file=child).exists()


def test_who_is_no_supervisor_covers_nobody(http_phone: HttpPhone, supervisor: Person) -> None:
    supervisor.grants.update(role="viewer", prefixes=[COUNTY])
    child = register(http_phone)
    http_phone.sync(*http_phone.log)
    assert not Assignment.objects.filter(file=child).exists()


def test_a_registration_after_the_office_assigned_the_child_asks_for_nothing(
    http_phone: HttpPhone, administrator: Person
) -> None:
    """The office may give an announced child to a colleague before the phone's lines arrive."""
    colleague = person("colleague", "village_supervisor", VILLAGE)
    child = register(http_phone)
    submit([*enrolled([child], administrator), assign(child, colleague.id, administrator)], now=NOW)
    http_phone.sync(*http_phone.log)
    assert Assignment.objects.get(file=child).person == colleague.id
    assert not Operation.objects.filter(code="assignment.open").exists()
