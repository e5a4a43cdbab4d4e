"""A copy of the database does not point at a child: ids that are keyed, and what still stands in clear."""

import datetime as dt
import json
import re
from collections.abc import Iterator
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from backend.accounts.models import Confirmation
from backend.accounts.services import Wish, confirmation_ask
from backend.caseload.models import RestrictedDanger
from backend.children import lookup
from backend.children.models import Child
from backend.common import concealing
from backend.common.keyed import InClear, conceal, reveal
from backend.concerns import open_danger
from backend.concerns.models import Escalation, EscalationClock, Finding, Gap
from backend.guardianship.models import Case
from backend.regions import queries as regions
from backend.regions import villages
from sync import salvage
from sync.protocol import ids, messages

from .conftest import COUNTY, NOW, VILLAGE, person
from .test_escalations import OfficeUser, open_one

pytestmark = pytest.mark.django_db(transaction=True)
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# What only the office works on. Nothing in these rows may be found beside a child's id elsewhere.
MATTERS = (
    "concerns_finding", "concerns_gap", "concerns_escalation", "concerns_escalationclock",
    "guardianship_case", "guardianship_protectionorder", "guardianship_assessment",
    "guardianship_guardianwarning", "guardianship_alertgiven", "referrals_referral",
    "caseload_restricteddanger", "accounts_confirmation",
)  # fmt: skip


@pytest.fixture
def lead(transactional_db: None) -> OfficeUser:
    return OfficeUser(person("lead", "county_lead", COUNTY))


def test_an_id_is_concealed_under_its_domain_and_comes_back() -> None:
    known = [ids.uuid7(NOW), uuid4(), ids.derived(uuid4(), "x")]
    for id_ in known:
        stored = conceal("a", id_)
        assert stored != id_
        assert reveal("a", stored) == id_
        assert conceal("a", id_) == stored == conceal("a", stored)
        assert conceal("b", id_) != stored
        assert reveal("a", id_) == id_
        assert isinstance(reveal("a", id_), InClear)
    assert len({conceal("a", one) for one in known}) == len(known)


@pytest.mark.parametrize("name", ["op", "target", "file"])
def test_no_operation_may_carry_an_id_of_the_form_that_is_the_servers(name: str) -> None:
    said = {
        "op": str(uuid4()), "person": str(uuid4()), "kind": "concern.raise", "data": {},
        "target": str(uuid4()), "file": str(uuid4()), "wall": NOW.isoformat(),
    }  # fmt: skip
    messages.read_operation(json.dumps(said).encode())
    said[name] = str(conceal("a", uuid4()))
    with pytest.raises(messages.Unreadable) as refusal:
        messages.read_operation(json.dumps(said).encode())
    assert refusal.value.fields == [name]
    # One that was taken before anybody asked for that can still be folded again.
    messages.read_stored(json.dumps(said).encode())


@pytest.mark.parametrize("layout", range(4))
def test_neither_is_what_an_unreadable_line_is_spoken_of_by(layout: int) -> None:
    hash_ = bytes(8) + bytes([layout << 6]) + bytes(23)
    assert ids.is_ours(salvage.line_id(hash_))


def test_another_index_key_conceals_otherwise(settings: Any) -> None:
    id_ = uuid4()
    before = conceal("a", id_)
    settings.HUXING_INDEX_KEY = b"\x01" * 32
    assert conceal("a", id_) != before


def test_villages_of_a_township_are_permuted_under_its_key() -> None:
    every = [f"{VILLAGE[:9]}{number:03}" for number in range(1000)]
    stored = [villages.conceal("a", code) for code in every]
    assert len({*stored}) == 1000
    assert all(code[:9] == VILLAGE[:9] and not code[9:].isdigit() for code in stored)
    assert [villages.reveal("a", code) for code in stored] == every
    assert [villages.conceal("b", code) for code in every] != stored
    beside = [villages.conceal("a", f"{COUNTY}999{number:03}") for number in range(1000)]
    assert [code[9:] for code in beside] != [code[9:] for code in stored]
    assert [villages.conceal("a", code) for code in ("", "52", VILLAGE[:9], "村" * 12)] == [
        "", "52", VILLAGE[:9], "村" * 12,
    ]  # fmt: skip


@pytest.mark.parametrize("length", [6, 9, 12])
def test_a_village_is_keyed_and_a_scope_finds_it_as_before(
    lead: OfficeUser, settings: Any, length: int
) -> None:
    settings.HUXING_IDS_IN_CLEAR = True
    older = open_one().file
    settings.HUXING_IDS_IN_CLEAR = False
    newer = open_one().file
    inside, beside = regions.inside("division", [VILLAGE[:length]]), VILLAGE[: length - 1] + "9"
    assert beside != VILLAGE[:length]
    standing = {row["id"]: row["division"] for row in rows()["children_child"]}
    assert (standing[str(older)], standing[str(newer)][:9]) == (VILLAGE, VILLAGE[:9])
    assert standing[str(newer)] != VILLAGE
    for _ in ("while some stand in clear", "when none does"):
        assert {*Child.objects.filter(inside).values_list("id", flat=True)} == {older, newer}
        assert Escalation.objects.filter(inside).count() == 2
        assert not Child.objects.filter(regions.inside("division", [beside])).exists()
        assert {*Child.objects.values_list("division", flat=True)} == {VILLAGE}
        call_command("conceal", stdout=StringIO())
    copy = rows()
    assert VILLAGE not in json.dumps([copy["children_child"], copy["concerns_escalation"]])
    kept = {row["division"] for row in copy["children_child"]}
    assert len(kept) == 1
    assert kept.isdisjoint(row["division"] for row in copy["concerns_escalation"])


def rows() -> dict[str, list[dict[str, Any]]]:
    """Everything the database holds, as its text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        names = [name for (name,) in cursor.fetchall()]
        found = {}
        for name in names:
            cursor.execute(f'SELECT to_jsonb(t) FROM "{name}" t')
            found[name] = [json.loads(r) if isinstance(r, str) else r for (r,) in cursor.fetchall()]
    return found


def in_(value: Any) -> Iterator[str]:
    yield from _ID.findall(json.dumps(value))


def matters_of(copy: dict[str, list[dict[str, Any]]]) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((table, row) for table in MATTERS for row in copy[table])


def a_story(lead: OfficeUser) -> UUID:
    """A child with something open, something sealed, feedback, a case, a request to erase it."""
    plain = open_one(rule="R10")
    sealed = open_one(plain.file, sealed=True, rule="R5", skips="township")
    assert lead.post(f"{sealed.id}/open", reason="because").status_code == 200
    assert lead.post(f"{sealed.id}/acknowledge", revision=1).status_code == 200
    assert lead.post(f"{plain.id}/acknowledge", revision=1).status_code == 200
    body = {"revision": 2, "reason": "a", "feedback": "b"}
    assert lead.post(f"{plain.id}/unfounded", **body).status_code == 200
    wish = Wish(
        kind="file.erase", subject=plain.file, subject_type="child", divisions=[VILLAGE],
        key_of=plain.file,
    )  # fmt: skip
    confirmation_ask(wish=wish, reason="because", actor=lead.id, now=NOW)
    return plain.file


def test_no_id_in_a_sealed_matter_leads_to_its_child(lead: OfficeUser) -> None:
    """Not by one step and not by many: ids are followed through every row of every table."""
    child = a_story(lead)
    copy = rows()
    assert len(copy["concerns_escalation"]) == len(copy["concerns_finding"]) == 2
    assert copy["caseload_restricteddanger"]
    assert copy["concerns_feedback"]
    people = {row["id"] for row in copy["accounts_person"]} | {str(UUID(int=0))}
    holders: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for table, every in copy.items():
        for row in every:
            for id_ in {*in_(row)} - people:
                holders.setdefault(id_, []).append((table, row))
    for table, row in matters_of(copy):
        seen, ahead = set[str](), {*in_(row)} - people
        while ahead:
            id_ = ahead.pop()
            seen.add(id_)
            assert id_ != str(child), f"a row of {table} leads to its child"
            for _, other in holders[id_]:
                ahead |= {*in_(other)} - people - seen


def test_what_was_there_before_is_read_worked_on_and_then_concealed(
    lead: OfficeUser, settings: Any
) -> None:
    settings.HUXING_IDS_IN_CLEAR = True
    plain = open_one(rule="R10")
    open_one(plain.file, sealed=True, rule="R5")
    with connection.cursor() as cursor:
        cursor.execute("SELECT file FROM concerns_escalation")
        assert {file for (file,) in cursor.fetchall()} == {plain.file}
    with pytest.raises(CommandError, match="HUXING_IDS_IN_CLEAR"):
        call_command("conceal")

    settings.HUXING_IDS_IN_CLEAR = False
    assert lead.post(f"{plain.id}/acknowledge", revision=1).status_code == 200
    newer = open_one(plain.file, rule="R11")
    assert newer.id == plain.id
    assert len(newer.findings) == 2
    before = snapshot()
    call_command("conceal", stdout=StringIO())
    assert snapshot() == before
    assert len(before["Escalation"]) == len(before["EscalationClock"]) == 2
    assert all(not _standing_in_clear(table) for table in concealing.tables())
    call_command("rebuild", "--check")
    out = StringIO()
    call_command("conceal", stdout=out)
    assert out.getvalue().startswith("0 rows")
    assert lead.post(f"{plain.id}/acknowledge", revision=2).status_code in (200, 409)


def snapshot() -> dict[str, list[dict[str, Any]]]:
    """What the models say, whatever form the ids stand in."""
    models = (Escalation, EscalationClock, Finding, Gap, RestrictedDanger, Confirmation, Case)
    return {
        model.__name__: sorted(model.objects.values(), key=str)
        for model in models
    }  # fmt: skip


def _standing_in_clear(table: concealing.Table) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table.name} WHERE {table.is_clear}")
        return int(cursor.fetchone()[0])


def test_what_is_open_is_found_again_by_whoever_mends(lead: OfficeUser) -> None:
    row = open_one(sealed=True, rule="R5")
    before = list(RestrictedDanger.objects.values())
    assert [one["child"] for one in before] == [row.file]
    open_danger.mend(now=NOW + dt.timedelta(days=1))
    assert list(RestrictedDanger.objects.values()) == before


def test_of_a_birth_date_the_year_is_clear_and_the_day_is_found_all_the_same(
    lead: OfficeUser,
) -> None:
    child = open_one().file
    assert "2019-05-01" not in json.dumps(rows()["children_child"])
    assert Child.objects.get(id=child).birth_year == 2019
    like = lookup.children_like(births=[dt.date(2019, 5, 1)], phones=[], prefixes=[COUNTY])
    assert [(one.id, one.birth_date) for one in like] == [(child, dt.date(2019, 5, 1))]
    other = lookup.children_like(births=[dt.date(2019, 5, 2)], phones=[], prefixes=[COUNTY])
    assert other == []


def test_a_birth_date_that_the_code_before_has_written_is_taken_out_of_the_clear(
    lead: OfficeUser,
) -> None:
    child = open_one().file
    found = Child.objects.filter(id=child)
    before = list(found.values())
    found.update(birth_year=None, search=[])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE children_child SET birth_date = '2019-05-01'")
    call_command("conceal", stdout=StringIO())
    assert "2019-05-01" not in json.dumps(rows()["children_child"])
    assert list(found.values()) == before
