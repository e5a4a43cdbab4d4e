"""The round trip of a supervisor's phone over HTTP, with the project's own record types."""

import gzip
import json
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from backend.accounts import services
from backend.accounts.models import Person
from backend.caseload.models import Assignment
from backend.children.models import Child
from backend.visits.models import Visit, VisitPart
from sync import rebuild
from sync.models import Holding
from sync.protocol import ids

from .conftest import COUNTY, NOW, VILLAGE, HttpPhone, person


def new() -> UUID:
    return ids.uuid7(NOW)


def register(phone: HttpPhone, name: str = "龙小燕", number: str = "522630201803072467") -> UUID:
    child, household = new(), new()
    residence = {"v": {"division": VILLAGE, "address": "三组12号"}, "saw": []}
    card = {"name": name, "sex": "female", "birth_date": "2018-03-07", "id_number": number}
    phone.say("household.register", household, {"set": {"residence": residence}})
    phone.say(
        "child.register",
        child,
        {
            "set": {
                "identity": {"v": card, "saw": []},
                "residence": residence,
                "household": {"v": str(household), "saw": []},
                "risk_level": {"v": "BLUE", "saw": []},
            },
            "add": {"categories": {"LEFT_BEHIND": {"v": {"since": "2025-02-01"}, "saw": []}}},
        },
    )
    return child


def visit(phone: HttpPhone, child: UUID) -> UUID:
    household = Child.objects.get(id=child).household
    shared, part = new(), new()
    phone.say("visit.record", shared, {"mode": "home", "answers": {}}, file=household)
    answers = {"child_seen": "yes", "words": "奶奶住院了"}
    phone.say("visit.part", part, {"visit": str(shared), "answers": answers}, file=child)
    return part


def test_a_registered_child_is_assigned_and_comes_back_whole(http_phone: HttpPhone) -> None:
    child = register(http_phone)
    page = http_phone.sync(*http_phone.log)
    assert [receipt["outcome"] for receipt in page["receipts"]] == ["applied", "applied"]
    row = Child.objects.get(id=child)
    assert (row.categories, row.risk_level, row.shard) == (["LEFT_BEHIND"], "BLUE", COUNTY)
    assert Assignment.objects.get(file=child).person == UUID(http_phone.person)
    entered = {entry["file"]: entry["records"] for entry in page["enter"]}
    assert {record["type"] for record in entered[str(child)]} == {"child", "assignment"}


def test_a_visit_is_written_and_seen_on_a_colleagues_phone(
    http_phone: HttpPhone, administrator: Person, supervisor: Person
) -> None:
    child = register(http_phone)
    http_phone.sync(*http_phone.log)
    code = services.enrolment_code_create(people=[supervisor.id], actor=administrator.id, now=NOW)
    colleague = HttpPhone(code)
    first = colleague.sync()
    assert str(child) in {entry["file"] for entry in first["enter"]}
    part = visit(http_phone, child)
    http_phone.sync(*http_phone.log[2:], zipped=True)
    assert VisitPart.objects.get(id=part).child_seen is True
    assert Visit.objects.count() == 1
    changes = colleague.sync()["changes"]
    (seen,) = [record for record in changes if record["id"] == str(part)]
    assert seen["data"]["answers"]["words"] == "奶奶住院了"


def test_a_stranger_pulls_nothing(http_phone: HttpPhone, administrator: Person) -> None:
    register(http_phone)
    http_phone.sync(*http_phone.log)
    other = person("other", "village_supervisor", VILLAGE)
    stranger = HttpPhone(
        services.enrolment_code_create(people=[other.id], actor=administrator.id, now=NOW)
    )
    page = stranger.sync()
    assert page.keys().isdisjoint({"enter", "changes", "exit"})
    assert not Holding.objects.filter(device=stranger.device).exists()


def test_a_wrong_check_digit_is_told_and_the_child_is_kept(http_phone: HttpPhone) -> None:
    child = register(http_phone, number="522630201803072460")
    receipt = http_phone.sync(*http_phone.log)["receipts"][1]
    assert (receipt["outcome"], receipt["flags"]) == ("applied", ["problems"])
    assert receipt["problems"][0]["field"] == "identity.id_number"
    assert Child.objects.filter(id=child).exists()


def test_a_revoked_phone_is_received_but_gets_nothing(
    http_phone: HttpPhone, administrator: Person
) -> None:
    child = register(http_phone)
    http_phone.sync(*http_phone.log)
    part = visit(http_phone, child)
    services.device_revoke(device=http_phone.device, reason="lost", actor=administrator.id, now=NOW)
    page = http_phone.sync(*http_phone.log[2:])
    assert [receipt["outcome"] for receipt in page["receipts"]] == ["applied", "applied"]
    assert page["refused"] == "device.revoked"
    assert "changes" not in page
    assert VisitPart.objects.filter(id=part).exists()


def test_both_copies_of_a_phone_may_push_and_neither_pulls(http_phone: HttpPhone) -> None:
    child = register(http_phone)
    http_phone.sync(*http_phone.log)
    visit(http_phone, child)
    original = http_phone.log[2:]
    del http_phone.log[2:]
    visit(http_phone, child)
    http_phone.sync(*http_phone.log[2:])
    page = http_phone.sync(*original)
    assert {receipt["outcome"] for receipt in page["receipts"]} == {"applied"}
    assert page["refused"] == "device.cloned"
    assert VisitPart.objects.count() == 2


def test_names_ids_and_words_stand_nowhere_in_the_database(http_phone: HttpPhone) -> None:
    child = register(http_phone)
    http_phone.sync(*http_phone.log)
    visit(http_phone, child)
    http_phone.sync(*http_phone.log[2:])
    dump = ""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM \"{table}\" t")
            dump += cursor.fetchone()[0]
    assert str(child) in dump
    for secret in ("龙小燕", "522630201803072467", "奶奶住院了", "三组12号", "13900000000"):
        assert secret not in dump
        assert secret.encode().hex() not in dump


def test_state_equals_the_refolded_operations(http_phone: HttpPhone) -> None:
    child = register(http_phone)
    http_phone.sync(*http_phone.log)
    visit(http_phone, child)
    http_phone.sync(*http_phone.log[2:])
    assert list(rebuild.differences()) == []
    Child.objects.update(risk_level="GREEN")
    assert [difference.column for difference in rebuild.differences()] == ["risk_level"]


def test_both_ways_are_gzipped_for_a_phone_that_asks(http_phone: HttpPhone) -> None:
    register(http_phone)
    header = {"protocol": 1, "device": str(http_phone.device), "wall": NOW.isoformat()}
    body = gzip.compress(b"\n".join([json.dumps(header).encode(), *http_phone.log]))
    answer = http_phone.post(body, **{"content-encoding": "gzip", "accept-encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    page = json.loads(gzip.decompress(answer.content))
    assert [receipt["outcome"] for receipt in page["receipts"]] == ["applied", "applied"]


def test_a_phone_learns_which_forms_and_rules_are_in_force_and_is_not_told_twice(
    http_phone: HttpPhone,
) -> None:
    call_command("publish_forms")
    call_command("publish_rules")

    def config(known: dict[str, str]) -> Any:
        header = {"protocol": 1, "device": str(http_phone.device), "wall": NOW.isoformat()}
        body = json.dumps({**header, "config": known}).encode()
        return http_phone.post(body).json().get("config")

    told = config({})
    assert told["forms"]["value"]["household_visit"].keys() == {"version", "sha256"}
    assert told["rules"]["value"]["sha256"]
    assert config({part: news["hash"] for part, news in told.items()}) is None
    assert "config" not in http_phone.sync()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "sync.unusable"),
        (b"not json\n", 400, "sync.unusable"),
        (b"{}\n" + b"{}\n" * 501, 413, "sync.too_large"),
        (b"x" * (1024 * 1024 + 1), 413, "sync.too_large"),
    ],
)
def test_a_body_that_cannot_be_taken_says_why(
    http_phone: HttpPhone, body: bytes, status: int, code: str
) -> None:
    answer = http_phone.post(body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"]


def test_only_a_phone_may_sync(http_phone: HttpPhone) -> None:
    http_phone.token = "0" * 64
    assert http_phone.post(b"").status_code == 401


def test_the_rebuild_command_passes_and_fails_by_exit(http_phone: HttpPhone) -> None:
    child = register(http_phone)
    http_phone.sync(*http_phone.log)
    call_command("rebuild", "--check")
    Child.objects.filter(id=child).update(sex="male")
    with pytest.raises(CommandError, match="1 differences"):
        call_command("rebuild", "--check")
