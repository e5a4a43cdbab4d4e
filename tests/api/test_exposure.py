"""Every file that leaves for a phone is on the log, and a lost phone's children are one question."""

import json
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from backend.audit.models import AuditEntry
from sync import ports
from sync.protocol import ids

from .conftest import NOW, OTHER_COUNTY
from .test_sync import register
from .town import NEXT_VILLAGE, Town


def sent_to(phone: Any) -> set[UUID]:
    rows = AuditEntry.objects.filter(device=phone.device, action="file.sent")
    return set(rows.values_list("subject", flat=True))


def exposed(town: Town, phone: Any, who: str = "admin") -> dict[str, Any]:
    answer = town.desk(who).get(f"devices/{phone.device}/children/")
    assert answer.status_code == 200, answer.content
    return {row["id"]: row for row in answer.json()["results"]}


def test_a_file_that_enters_is_on_the_log_with_its_county_before_the_answer_leaves(
    town: Town,
) -> None:
    child = town.child("龙小燕", of="wu")
    phone = town.phone("wu")
    entered = {UUID(entry["file"]) for entry in phone.sync()["enter"]}
    assert child in entered
    assert sent_to(phone) == entered
    line = AuditEntry.objects.get(device=phone.device, subject=child, action="file.sent")
    assert (line.county, line.subject_type, line.actor) == ("522630", "file", None)
    phone.sync()
    assert AuditEntry.objects.filter(action="file.sent").count() == len(entered)


def test_however_many_files_are_sent_it_is_one_statement(town: Town) -> None:
    files = {ids.uuid7(NOW): "522630" for _ in range(50)}
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        ports.ports().on_sent(ids.uuid7(NOW), files, NOW)
    assert len(queries) == 1
    assert AuditEntry.objects.filter(action="file.sent").count() == 50


def test_older_history_that_is_asked_for_is_on_the_log_too(town: Town) -> None:
    child = town.child("龙小燕", of="wu")
    device = town.phone("wu")
    device.sync()
    before = AuditEntry.objects.filter(action="file.sent", subject=child).count()
    header = {"protocol": 1, "device": str(device.device), "wall": NOW.isoformat(),
              "cursor": device.cursor, "older": [str(child)]}  # fmt: skip
    assert device.post(json.dumps(header).encode()).status_code == 200
    assert AuditEntry.objects.filter(action="file.sent", subject=child).count() == before + 1


def test_the_children_of_a_lost_phone_with_those_it_gave_back_and_those_it_registered(
    town: Town,
) -> None:
    kept, given_back = town.child("龙小燕", of="wu"), town.child("石阿朵", of="wu")
    never = town.child("别人", village=NEXT_VILLAGE, of="yang")
    phone = town.phone("wu")
    phone.sync()
    phone.sync()
    to = {"to": str(town.people["yang"].id), "children": [str(given_back)]}
    town.people["yang"].grants.update(prefixes=["522630100201", NEXT_VILLAGE])
    assert town.desk("admin").post("caseload/assignments/", **to).status_code == 201
    (left,) = [f for f in phone.sync()["exit"] if f == str(given_back)]
    assert exposed(town, phone)[left]["held"] is True
    purged = {"generation": phone.generation, "files": phone.sync()["exit"]}
    header = {"protocol": 1, "device": str(phone.device), "wall": NOW.isoformat(),
              "cursor": phone.cursor, "purged": purged}  # fmt: skip
    phone.post(json.dumps(header).encode())
    own = register(phone, name="吴小梅", number="")
    phone.sync(*phone.log)
    children = exposed(town, phone)
    assert children.keys() == {str(kept), str(given_back), str(own)}
    assert str(never) not in children
    assert {c: row["held"] for c, row in children.items()} == {
        str(kept): True, str(given_back): False, str(own): True,
    }  # fmt: skip
    assert children[str(own)]["written"]
    assert not children[str(kept)]["written"]
    assert children[str(given_back)]["first_sent"]
    assert children[str(kept)]["name"] == "龙小燕"
    named = AuditEntry.objects.filter(action="child.exposed").values_list("subject", flat=True)
    assert set(named) == {kept, given_back, own}


def test_what_a_phone_wrote_and_never_got_back_is_known_to_it_too(town: Town) -> None:
    phone = town.phone("wu")
    own = register(phone)
    header = json.dumps(
        {"protocol": 1, "device": str(phone.device), "wall": NOW.isoformat(), "pull": False}
    ).encode()
    phone.post(b"\n".join([header, *phone.log]))
    row = exposed(town, phone)[str(own)]
    assert (row["first_sent"], row["held"], row["written"]) == (None, True, True)


def test_only_the_areas_administrator_is_told(town: Town) -> None:
    town.child("龙小燕", of="wu")
    phone = town.phone("wu")
    phone.sync()
    for who, status in (("officer", 403), ("township", 403), ("auditor", 403)):
        assert town.desk(who).get(f"devices/{phone.device}/children/").status_code == status
    town.people["stranger"].grants.update(role="administrator", prefixes=[OTHER_COUNTY])
    assert town.desk("stranger").get(f"devices/{phone.device}/children/").status_code == 404


def test_a_page_of_a_lost_phones_children_costs_the_same_however_many_there_are(
    town: Town,
) -> None:
    counts = []
    desk = town.desk("admin")
    for number in range(2):
        for _ in range(1 + number * 8):
            town.child("龙小燕", of="wu")
        phone = town.phone("wu")
        phone.sync()
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(f"devices/{phone.device}/children/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
