"""The queue of what waits for a person: who sees what, what is opened for whom, what is decided."""

import json
from typing import Any
from uuid import UUID

import pytest

from backend.accounts import services as accounts
from backend.accounts.models import Person
from backend.audit.models import AuditEntry
from backend.children.models import Child
from backend.concerns import rulesets
from sync import rebuild
from sync.models import Operation

from .conftest import COUNTY, NOW, OTHER_COUNTY, VILLAGE, HttpPhone, person
from .test_escalations import OfficeUser
from .test_sync import new, register

SECRET = "她说叔叔"


class Desk(OfficeUser):
    def get(self, path: str = "", **query: Any) -> Any:
        return self.client.get(f"/api/v1/quarantine/{path}", query, headers=self.headers)

    def post(self, path: str, **body: Any) -> Any:
        return self.client.post(
            f"/api/v1/quarantine/{path}", body, content_type="application/json",
            headers=self.headers,
        )  # fmt: skip

    def items(self, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(**query).json()["results"]
        return found


@pytest.fixture
def desk(administrator: Person) -> Desk:
    rulesets.publish_rules([], actor=None, now=NOW)
    return Desk(administrator)


@pytest.fixture
def lead(transactional_db: None) -> Desk:
    return Desk(person("lead", "county_lead", COUNTY))


@pytest.fixture
def child(http_phone: HttpPhone) -> UUID:
    made = register(http_phone)
    http_phone.sync(*http_phone.log)
    return made


def send(phone: HttpPhone, kind: str, file: UUID, data: dict[str, Any], **more: Any) -> UUID:
    """The operation's id."""
    phone.say(kind, more.pop("target", None) or new(), data, file=file)
    line = {**json.loads(phone.log[-1]), **more}
    phone.log[-1] = json.dumps(line, ensure_ascii=False).encode()
    phone.sync(phone.log[-1])
    return UUID(line["op"])


def actions() -> list[str]:
    return list(
        AuditEntry.objects.filter(action__regex="^(quarantine|operation)")
        .order_by("id")
        .values_list("action", flat=True)
    )


def test_a_row_is_an_envelope_and_says_nothing_of_the_contents(
    desk: Desk, http_phone: HttpPhone, child: UUID, supervisor: Person
) -> None:
    op = send(http_phone, "visit.new", child, {"words": SECRET})
    answer = desk.get()
    (item,) = answer.json()["results"]
    assert item["id"] == item["op"] == str(op)
    assert (item["what"], item["kind"], item["code"], item["outcome"]) == (
        "operation", "unknown", "kind.unknown", "quarantined",
    )  # fmt: skip
    assert (item["county"], item["person"], item["name"]) == (
        COUNTY, str(supervisor.id), "吴supervisor",
    )  # fmt: skip
    assert (item["fields"], item["revision"], item["decided"]) == (["kind"], 0, "")
    assert SECRET not in answer.content.decode()
    assert desk.get(f"{op}/").json() == item
    assert actions() == []


def test_contents_open_for_a_reason_that_stands_on_the_log(
    desk: Desk, http_phone: HttpPhone, child: UUID
) -> None:
    op = send(http_phone, "visit.new", child, {"words": SECRET})
    for reason in ("", "   "):
        refused = desk.post(f"{op}/contents", reason=reason)
        assert refused.status_code == 400
    assert actions() == []
    opened = desk.post(f"{op}/contents", reason="升级后核对").json()
    assert opened["line"]["data"] == {"words": SECRET}
    entry = AuditEntry.objects.get(action="quarantine.read")
    assert (entry.actor, entry.subject, entry.county) == (desk.id, op, COUNTY)
    assert entry.detail == {"reason": "升级后核对"}


def test_a_repair_is_applied_and_both_it_and_what_came_are_kept(
    desk: Desk, http_phone: HttpPhone, child: UUID
) -> None:
    op = send(http_phone, "child.edit", child, {"set": {"school": "primary"}}, target=str(child))
    assert [item["code"] for item in desk.items()] == ["data.malformed"]
    data = {"set": {"school": {"v": "primary", "saw": []}}}
    answer = desk.post(f"{op}/repair", reason="格式", revision=0, members={"data": data})
    said = answer.json()
    assert (answer.status_code, said["outcome"], said["decided"]) == (200, "applied", "repaired")
    assert said["decided_by"] == "吴admin"
    assert desk.items() == []
    assert actions() == ["operation.repair"]
    (told,) = http_phone.sync()["later"]
    assert (told["op"], told["outcome"], told["flags"]) == (str(op), "applied", ["repaired"])
    opened = desk.post(f"{op}/contents", reason="核对").json()
    assert opened["line"]["data"] == {"set": {"school": "primary"}}
    assert [step["reason"] for step in opened["decisions"]] == ["格式"]
    assert list(rebuild.differences()) == []


@pytest.mark.parametrize(
    ("members", "field"), [({}, "members.members"), ({"person": "x"}, "members.person")]
)
def test_a_repair_that_cannot_be_used_says_why(
    desk: Desk, http_phone: HttpPhone, child: UUID, members: dict[str, Any], field: str
) -> None:
    op = send(http_phone, "child.edit", child, {"set": 7}, target=str(child))
    answer = desk.post(f"{op}/repair", reason="格式", revision=0, members=members)
    said = answer.json()
    assert (answer.status_code, said["code"], said["fields"]) == (409, "repair.unusable", [field])
    assert "correct the fields" in said["message"]


def test_a_revoked_phones_edit_waits_and_an_approval_lets_it_in(
    desk: Desk, http_phone: HttpPhone, child: UUID, administrator: Person
) -> None:
    accounts.device_revoke(device=http_phone.device, reason="lost", actor=administrator.id, now=NOW)
    edit = {"set": {"risk_level": {"v": "RED", "saw": []}}}
    op = send(http_phone, "child.edit", child, edit, target=str(child))
    visit = send(http_phone, "visit.part", child, {"answers": {"child_seen": "yes"}})
    assert {item["id"]: item["code"] for item in desk.items()} == {
        str(op): "device.revoked", str(visit): "",
    }  # fmt: skip
    assert "danger" in desk.get(f"{op}/").json()["flags"]
    assert Child.objects.get(id=child).risk_level == "BLUE"
    said = desk.post(f"{op}/approve", reason="本人确认", revision=0).json()
    assert (said["outcome"], set(said["flags"]) >= {"revoked", "reviewed"}) == ("applied", True)
    assert Child.objects.get(id=child).risk_level == "RED"
    desk.post(f"{visit}/approve", reason="本人确认", revision=0)
    assert desk.items() == []
    assert list(rebuild.differences()) == []


def test_set_aside_ends_it_and_whoever_comes_second_is_told(
    desk: Desk, lead: Desk, http_phone: HttpPhone, child: UUID
) -> None:
    op = send(http_phone, "visit.new", child, {})
    assert desk.post(f"{op}/set_aside", reason="测试数据", revision=0).status_code == 200
    second = lead.post(f"{op}/replay", reason="再试", revision=0)
    assert (second.status_code, second.json()["code"]) == (409, "stale")
    assert desk.items() == []
    assert [item["decided"] for item in desk.items(state="set_aside")] == ["set_aside"]
    again = lead.post(f"{op}/replay", reason="再试", revision=1).json()
    assert (again["code"], again["revision"]) == ("kind.unknown", 2)
    applied = send(http_phone, "visit.part", child, {"answers": {}})
    settled = desk.post(f"{applied}/set_aside", reason="?", revision=0)
    assert (settled.status_code, settled.json()["code"]) == (409, "operation.settled")


def test_lines_and_clones_can_be_ended_and_nothing_else(
    desk: Desk, http_phone: HttpPhone, child: UUID
) -> None:
    http_phone.sync(b'{"op": 1')
    http_phone.post(b"no header")
    copy = json.loads(http_phone.log[0])
    copy["op"] = str(new())
    http_phone.sync(json.dumps(copy).encode())
    what = {item["what"]: item for item in desk.items()}
    assert {"line", "body", "clone"} <= what.keys()
    for name in ("line", "body", "clone"):
        item = what[name]["id"]
        no = desk.post(f"{item}/approve", reason="?", revision=0)
        assert (no.status_code, no.json()["code"]) == (409, "quarantine.no_operation")
        assert desk.post(f"{item}/set_aside", reason="已核实", revision=0).status_code == 200
    assert {item["what"] for item in desk.items()}.isdisjoint({"line", "body", "clone"})
    opened = desk.post(f"{what['body']['id']}/contents", reason="核对").json()
    assert (opened["text"], opened["line"]) == ("no header", None)


def test_the_other_county_and_other_roles_see_nothing(
    desk: Desk, http_phone: HttpPhone, child: UUID
) -> None:
    op = send(http_phone, "visit.new", child, {})
    far = Desk(person("far", "administrator", OTHER_COUNTY))
    assert (far.get().json()["count"], far.get(f"{op}/").status_code) == (0, 404)
    absent = far.get(f"{new()}/").json()
    assert far.post(f"{op}/contents", reason="?").json() == absent
    for role in ("county_officer", "township_supervisor", "auditor"):
        assert Desk(person(role, role, COUNTY)).get().status_code == 403


# ---- sealed


def test_a_sealed_operation_is_nowhere_for_anybody_but_a_lead(
    desk: Desk, lead: Desk, http_phone: HttpPhone, child: UUID
) -> None:
    taken = new()
    send(http_phone, "visit.sealed", child, {"answers": {}}, target=str(taken))
    op = send(
        http_phone, "visit.sealed", child, {"answers": {"sealed_words": SECRET}},
        target=str(taken),
    )  # fmt: skip
    assert (desk.get().json()["count"], desk.items()) == (0, [])
    for path in (f"{op}/contents", f"{op}/set_aside", f"{op}/repair", f"{op}/approve"):
        body = {"reason": "?", "revision": 0, "members": {"data": {}}}
        assert desk.post(path, **body).status_code == 404
    assert [item["id"] for item in lead.items()] == [str(op)]
    opened = lead.post(f"{op}/contents", reason="核实").json()
    assert opened["line"]["data"]["answers"] == {"sealed_words": SECRET}


def test_sealed_answers_in_an_open_operation_are_left_out_for_an_administrator(
    desk: Desk, lead: Desk, http_phone: HttpPhone, child: UUID
) -> None:
    data = {"answers": {"mood": "low", "sealed_words": SECRET}, "deep": [{"sealed_words": SECRET}]}
    op = send(http_phone, "visit.new", child, data)
    seen = desk.post(f"{op}/contents", reason="核对")
    assert seen.json()["line"]["data"] == {"answers": {"mood": "low"}, "deep": [{}]}
    assert SECRET not in seen.content.decode()
    assert SECRET in lead.post(f"{op}/contents", reason="核对").content.decode()


@pytest.mark.parametrize(
    "data", [{"kind": "sexual"}, {"answers": {"concern_kinds": ["sexual"], "words": SECRET}}]
)
def test_a_report_of_a_sealed_kind_is_closed_to_an_administrator(
    desk: Desk, lead: Desk, http_phone: HttpPhone, child: UUID, data: dict[str, Any]
) -> None:
    op = send(http_phone, "concern.raise2", child, data)
    for path in ("contents", "repair"):
        body = {"reason": "核对", "revision": 0, "members": {"data": {}}}
        refused = desk.post(f"{op}/{path}", **body)
        assert (refused.status_code, refused.json()["code"]) == (403, "quarantine.sealed")
    assert actions() == []
    assert lead.post(f"{op}/contents", reason="核对").status_code == 200


def test_an_unreadable_line_that_mentions_something_sealed_is_closed_to_an_administrator(
    desk: Desk, lead: Desk, http_phone: HttpPhone
) -> None:
    http_phone.sync(('{"op": 1, "sealed_words": "' + SECRET).encode())
    (item,) = desk.items()
    assert desk.post(f"{item['id']}/contents", reason="核对").status_code == 403
    assert SECRET in lead.post(f"{item['id']}/contents", reason="核对").json()["text"]


def test_reasons_stand_nowhere_readable(desk: Desk, http_phone: HttpPhone, child: UUID) -> None:
    op = send(http_phone, "visit.new", child, {})
    desk.post(f"{op}/set_aside", reason="小燕自己说的", revision=0)
    decision = Operation.objects.get(kind="operation.set_aside")
    assert "小燕".encode() not in bytes(decision.body)
    assert all("小燕" not in str(entry.detail) for entry in AuditEntry.objects.all())


def test_an_administrator_of_a_township_sees_what_the_phones_of_its_people_sent(
    desk: Desk, http_phone: HttpPhone, child: UUID, supervisor: Person
) -> None:
    """Operations, lines that are none, and what is decided about them; nothing of the next township."""
    op = send(http_phone, "visit.new", child, {})
    http_phone.sync(b'{"op": 1')
    taken = str(new())
    send(http_phone, "visit.sealed", child, {"answers": {}}, target=taken)
    sealed = send(http_phone, "visit.sealed", child, {"answers": {"x": 1}}, target=taken)
    assert Operation.objects.get(op=sealed).outcome == "quarantined"
    here = Desk(person("town_admin", "administrator", VILLAGE[:9]))
    next_door = Desk(person("next_admin", "administrator", COUNTY + "200"))
    assert {item["id"] for item in here.items()} == {item["id"] for item in desk.items()}
    assert str(op) in {item["id"] for item in here.items()}
    assert str(sealed) not in {item["id"] for item in here.items()}
    assert next_door.items() == []
    assert here.post(f"{op}/set_aside", reason="查过", revision=0).status_code == 200
    assert [item["id"] for item in here.items(state="set_aside")] == [str(op)]
    assert here.get(f"{sealed}/").status_code == 404
    assert next_door.get(f"{op}/").status_code == 404
