"""Referrals, the directory, an organisation's workspace and missing children on pages (REFERRALS)."""

import re
from typing import Any

import pytest
from django.test import Client

from backend.referrals import queries
from backend.referrals.models import Missing, Organisation, Referral
from sync.models import Attachment
from sync.ports import ports
from sync.protocol import ids
from sync.uploads import pieces
from tests.api.conftest import COUNTY, NOW
from tests.api.referred import DUE, TODAY, Office, make
from tests.api.test_escalations import open_one

pytestmark = pytest.mark.django_db
NOTICE = {
    "description": "红色外套", "last_seen_at": "昨天下午", "last_seen_place": "施洞集市",
    "contact": "王警官 13800000000", "names": ["name"],
}  # fmt: skip


@pytest.fixture
def office(db: Any) -> Office:
    return make()


def desk(office: Office, name: str) -> Client:
    client = Client(headers={"accept-language": "zh-hans"})
    backend = "django.contrib.auth.backends.ModelBackend"
    client.force_login(office.person(name), backend=backend)
    return client


def body(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content.decode()[-2000:]
    text: str = answer.content.decode()
    return text


def test_a_referral_is_looked_at_and_then_sent_from_its_page(office: Office) -> None:
    client, referral = desk(office, "officer"), office.draft(need="rehabilitation")
    address = f"/office/referrals/{referral}/"
    assert "康复" in body(client.get("/office/referrals/"))
    assert "县医院康复科" in body(client.get(address))
    typed = {
        "revision": "1", "organisation": office.clinic, "due_on": DUE, "purpose": "请安排康复训练",
        "kind": "referral", "fields": ["name", "age"],
    }  # fmt: skip
    seen = body(client.post(f"{address}send/", typed | {"do": "look"}))
    assert "机构将看到的全部内容" in seen
    found = re.search(r'name="digest" value="(\w+)"', seen)
    assert found
    # Another box was ticked after the preview: it is shown again and nothing is sent.
    digest = {"do": "send", "digest": found[1]}
    changed = typed | digest | {"fields": ["name", "age", "address"]}
    again = body(client.post(f"{address}send/", changed), 409)
    assert "三组12号" in again
    assert Referral.objects.get(id=referral).status == "draft"
    sent = client.post(f"{address}send/", typed | digest, follow=True)
    assert "已发出" in body(sent)
    assert "已提供给机构的内容" in body(sent)
    assert Referral.objects.get(id=referral).shared == ["name", "age"]


def test_what_is_wrong_with_a_referral_is_said_on_its_page_and_kept(office: Office) -> None:
    referral = office.draft()
    client = desk(office, "officer")
    typed = {"do": "send", "revision": "1", "purpose": "请安排", "fields": []}
    said = body(client.post(f"/office/referrals/{referral}/send/", typed), 400)
    assert "请填写：机构" in said
    assert ">请安排</textarea>" in said
    office.send(referral)
    lacking = client.post(f"/office/referrals/{referral}/refuse/", {"revision": "2"})
    assert "请填写：理由" in body(lacking, 400)


def test_a_referral_is_drafted_from_an_escalation_with_one_click(office: Office) -> None:
    row = open_one(office.child)
    client = desk(office, "officer")
    shown = body(client.get(f"/office/escalations/{row.id}/"))
    assert 'name="agency" value="police"' in shown
    given = {"child": str(office.child), "escalation": str(row.id), "agency": "police"}
    made = client.post("/office/referrals/new/", given)
    referral = Referral.objects.get()
    assert made["Location"] == f"/office/referrals/{referral.id}/"
    assert (referral.agency, referral.escalation) == ("police", row.id)
    assert made["Location"] in body(client.get(f"/office/escalations/{row.id}/"))


def test_a_refused_referral_is_taken_elsewhere_with_its_need(office: Office) -> None:
    referral = office.sent(need="medical")
    client = desk(office, "officer")
    client.post(f"/office/referrals/{referral}/refuse/", {"revision": "2", "reason": "没有床位"})
    assert "再次转介" in body(client.get(f"/office/referrals/{referral}/"))
    client.post("/office/referrals/new/", {"child": str(office.child), "need": "medical"})
    assert Referral.objects.get(status="draft").need == "medical"


def test_agencies_of_a_rule_are_those_a_referral_can_go_to() -> None:
    told = ["police_registration", "police", "township", "township_aid", "school"]
    assert queries.agencies(told) == ["police", "civil_affairs", "school"]


def test_a_sealed_referral_asks_for_a_reason_on_its_page(office: Office) -> None:
    row = open_one(office.child, sealed=True, rule="R5")
    referral = office.draft(by="lead", escalation=str(row.id))
    client = desk(office, "lead")
    address = f"/office/referrals/{referral}/"
    assert "龙小燕" not in body(client.get("/office/referrals/"))
    assert "打开的理由" in body(client.get(address))
    assert "龙小燕" in body(client.post(address, {"because": "办理"}))


def test_an_organisation_works_on_its_referrals_and_sees_no_other_page(office: Office) -> None:
    referral = office.sent("sex")
    client = desk(office, "clinic")
    assert client.get("/office/")["Location"] == "/office/partner/"
    listed = body(client.get("/office/partner/"))
    assert f"/office/partner/{referral}/" in listed
    shown = body(client.get(f"/office/partner/{referral}/"))
    assert "请安排康复训练" in shown
    for hidden in ("龙小燕", "三组12号", str(office.child)):
        assert hidden not in shown + listed
    for page in ("referrals", "queue", "children", "directory", "missing", "cases"):
        assert client.get(f"/office/{page}/").status_code == 403
    given = {"revision": "2", "outcome": "delivered", "report": ""}
    kept = body(client.post(f"/office/partner/{referral}/done/", given), 400)
    assert "请填写：办理情况" in kept
    done = client.post(f"/office/partner/{referral}/done/", given | {"report": "已就诊"})
    assert done.status_code == 302
    assert Referral.objects.get().status == "done"
    assert "没有待办的转介" in body(client.get("/office/partner/"))
    assert str(referral) in body(client.get("/office/partner/?ended=on"))


def test_the_directory_referrals_go_to_is_kept_on_its_page(office: Office) -> None:
    admin = desk(office, "admin")
    given = {"name": "县残联", "kind": "disabled_federation", "division": COUNTY}
    assert "服务目录已更新" in body(admin.post("/office/directory/new/", given, follow=True))
    assert "已有同名机构" in body(admin.post("/office/directory/new/", given), 409)
    row = Organisation.objects.get(name="县残联")
    person = office.person("nobody")
    changed = given | {"phone": "0855-1", "people": [str(person.id)]}
    shown = body(admin.post(f"/office/directory/{row.id}/", changed, follow=True))
    assert "已停用" in shown
    assert "吴nobody" in shown
    row.refresh_from_db()
    assert (row.phone, row.active, row.members.get().person) == ("0855-1", False, person.id)
    read = body(desk(office, "officer").get("/office/directory/"))
    assert "12309" in read
    assert "吴nobody" not in read


def photograph(office: Office) -> str:
    row = Attachment.objects.create(
        id=ids.uuid7(NOW), op=ids.uuid7(NOW), file=office.child, device=ids.uuid7(NOW), size=3,
        sha256=bytes(32), type="image/jpeg", status="complete", found="image/jpeg", has_view=True,
    )  # fmt: skip
    cipher = ports().keys([office.child])[office.child]
    for what in (pieces.ORIGINAL, pieces.VIEW, pieces.THUMBNAIL):
        pieces.write(pieces.object_name(row.id, what), b"jpg", cipher)
    return str(row.id)


def test_a_missing_childs_notice_is_drafted_confirmed_and_printed(
    office: Office, settings: Any
) -> None:
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    settings.STORAGES = settings.STORAGES | {"default": memory}
    officer, lead = desk(office, "officer"), desk(office, "lead")
    photo = photograph(office)
    assert "/office/missing/new/" in body(officer.get("/office/children/"))
    officer.post("/office/missing/new/", {"child": str(office.child)})
    row = Missing.objects.get()
    address = f"/office/missing/{row.id}/"
    assert "尚未登记报警" in body(officer.get("/office/missing/"))
    assert "寻人启事须先经" in body(officer.get(f"{address}notice/"), 409)
    call = {"revision": "1", "called_at": f"{TODAY}T08:00", "receipt": "警回18"}
    assert officer.post(f"{address}report/", call).status_code == 302
    given = NOTICE | {"revision": "2", "photo": photo}
    assert officer.post(f"{address}prepare/", given).status_code == 302
    waits = body(lead.get(address))
    assert "待负责人批准的寻人启事" in waits
    assert body(officer.post(f"{address}confirm/", {"revision": "3"}), 403)
    assert lead.post(f"{address}confirm/", {"revision": "3"}).status_code == 302
    paper = body(officer.get(f"{address}notice/"))
    for word in ("龙小燕", "红色外套", "王警官 13800000000", "data:image/jpeg;base64,"):
        assert word in paper
    assert "2018-03-07" not in paper
    clue = officer.post(f"{address}clue/", {"text": "车站有人见过"}, follow=True)
    assert "车站有人见过" in body(clue)
