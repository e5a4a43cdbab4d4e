"""The pages of what guardians want corrected: from the child to the phone, and what they say on the way."""

import datetime as dt
import html
import re
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from backend.audit.models import AuditEntry
from backend.rights.models import Correction

from . import copies
from .conftest import COUNTY, OTHER_COUNTY, person
from .test_rights_corrections import changed, guardian
from .town import CAST, Town

pytestmark = pytest.mark.django_db
GROUND = "户口簿上是17日，已核对原件"
LIST = "/office/rights/corrections/"


@pytest.fixture
def town(db: None) -> Town:
    people = CAST | {"lead": ("county_lead", COUNTY), "far_lead": ("county_lead", OTHER_COUNTY)}
    return Town({n: person(n, role, prefix, None) for n, (role, prefix) in people.items()})


@pytest.fixture
def child(town: Town) -> UUID:
    return town.child("龙小燕", of="wu", guardian="13900001111")


def seated(town: Town, name: str) -> Client:
    client = Client()
    client.force_login(town.people[name], backend="django.contrib.auth.backends.ModelBackend")
    return client


def read(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content.decode()
    found: str = html.unescape(answer.content.decode())
    return found


def form(child: UUID) -> str:
    return f"/office/children/{child}/corrections/"


def typed(child: UUID, **more: str) -> dict[str, str]:
    return {
        "guardian": str(guardian(child)["id"]), "fact": "child.identity.birth_date",
        "wished": "2018-03-17", "ground": GROUND, **more,
    }  # fmt: skip


def filed(town: Town, child: UUID, *, by: str = "township", **more: str) -> str:
    answer = seated(town, by).post(form(child), typed(child, **more))
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


@pytest.mark.django_db(transaction=True)
def test_a_wish_goes_from_the_childs_page_to_the_supervisors_phone(town: Town, child: UUID) -> None:
    phone = copies.phone(town.wu.id, admin=town.admin.id)
    phone.sync()

    def born() -> str:
        (record,) = phone.records(type="child")
        return str(record.values["identity"]["birth_date"])

    assert born() == "2018-03-07"
    township, officer = seated(town, "township"), seated(town, "officer")
    assert form(child) in read(township.get(f"/office/children/{child}/"))
    empty = read(township.get(form(child)))
    assert "儿童：出生日期" in empty
    assert "2018-03-07" not in empty
    chosen = read(township.post(form(child), typed(child, show="1", wished="", ground="")))
    assert "<b>2018-03-07</b>" in chosen
    assert not Correction.objects.exists()
    page = filed(town, child)
    assert "由登记人以外的工作人员核实" in read(township.get(page))
    assert page in read(officer.get(LIST))
    shown = read(officer.get(page))
    assert re.findall(r"<dd>(.*?)</dd>", shown) == ["2018-03-07", "2018-03-17"]
    assert "将把“2018-03-07”改为“2018-03-17”" in shown
    assert GROUND in shown
    assert officer.post(page + "accept/").status_code == 302
    phone.sync()
    assert born() == "2018-03-17"
    assert "已更正" in read(township.get(page))
    assert page not in read(officer.get(LIST))
    assert page in read(officer.get(LIST + "?done"))
    assert AuditEntry.objects.filter(action="correction.accept", actor=town.officer.id).exists()
    assert AuditEntry.objects.filter(action="correction.read", actor=town.officer.id).exists()


@pytest.mark.parametrize(
    ("given", "status", "field", "why"),
    [
        ({"wished": "2018-03-07"}, 400, "wished", "档案里已经是这个内容"),
        ({"wished": ""}, 400, "wished", "不能留空"),
        ({"ground": " "}, 400, "ground", "请写明哪里不对"),
    ],
)
def test_a_refused_form_names_the_field_and_keeps_what_was_typed(
    town: Town, child: UUID, given: dict[str, str], status: int, field: str, why: str
) -> None:
    sent = typed(child, **given)
    shown = read(seated(town, "township").post(form(child), sent), status)
    assert why in shown
    assert f'href="#{field}"' in shown
    invalid = re.findall(r'id="(\w+)"[^>]*aria-invalid="true" aria-describedby="problem"', shown)
    assert invalid == [field]
    kept = re.search(r'name="wished"[^>]* value="([^"]*)"', shown)
    assert kept
    assert kept.group(1) == sent["wished"]
    assert f">{sent['ground']}</textarea>" in shown
    for name in ("guardian", "fact"):
        assert f'value="{sent[name]}" selected' in shown
    assert not Correction.objects.exists()


def test_a_wish_that_stands_is_refused_with_what_was_typed(town: Town, child: UUID) -> None:
    filed(town, child)
    shown = read(seated(town, "lead").post(form(child), typed(child, wished="2018-03-27")), 409)
    assert "这一项的更正申请正在处理" in shown
    assert 'value="2018-03-27"' in shown
    assert GROUND in shown


def test_another_fact_is_looked_at_without_losing_the_ground(town: Town, child: UUID) -> None:
    """A day is no name: what was wished for one fact is not carried over to another."""
    sent = typed(child, show="1", wished_for="child.identity.birth_date")
    same = read(seated(town, "township").post(form(child), sent))
    assert 'value="2018-03-17"' in same
    other = read(
        seated(town, "township").post(form(child), sent | {"fact": "guardian.contact.phone"})
    )
    assert "<b>13900001111</b>" in other
    assert "2018-03-17" not in other
    assert GROUND in other


def test_what_was_wished_for_one_fact_is_never_filed_for_another(town: Town, child: UUID) -> None:
    """Somebody chooses another fact and files before its field has come."""
    sent = typed(child, fact="child.identity.name", wished_for="child.identity.birth_date")
    shown = read(seated(town, "township").post(form(child), sent))
    assert "<b>龙小燕</b>" in shown
    assert "2018-03-17" not in shown
    assert GROUND in shown
    assert not Correction.objects.exists()


def test_a_coded_fact_is_wished_from_its_list_and_shown_in_words(town: Town, child: UUID) -> None:
    fact = {"fact": "child.identity.sex"}
    shown = read(seated(town, "township").post(form(child), typed(child, show="1", **fact)))
    assert "<b>女</b>" in shown
    assert re.search(r'<select[^>]* id="wished"', shown)
    assert re.search(r'<option value="male">\s*男</option>', shown)
    page = filed(town, child, wished="male", **fact)
    decided = read(seated(town, "officer").get(page))
    assert re.findall(r"<dd>(.*?)</dd>", decided) == ["女", "男"]


def test_what_was_changed_since_is_said_and_cannot_be_accepted(town: Town, child: UUID) -> None:
    page, officer = filed(town, child), seated(town, "officer")
    changed(town, child, "2018-03-27")
    shown = read(officer.get(page))
    assert "已被改为：2018-03-27" in shown
    assert "accept/" not in shown
    refused = read(officer.post(page + "accept/"), 409)
    assert "这一项已被更改" in refused
    changed(town, child, "2018-03-17")
    shown = read(officer.get(page))
    assert "档案已经是所申请的内容" in shown
    assert officer.post(page + "accept/").status_code == 302


def test_a_refusal_needs_its_reason_and_is_told(town: Town, child: UUID) -> None:
    page, officer = filed(town, child), seated(town, "officer")
    shown = read(officer.post(page + "refuse/", {"reason": " "}), 400)
    assert "要告知申请人" in shown
    assert 'href="#reason"' in shown
    assert officer.post(page + "refuse/", {"reason": "出生医学证明上是7日"}).status_code == 302
    told = read(seated(town, "township").get(page))
    assert "出生医学证明上是7日" in told
    assert "refuse/" not in read(officer.get(page))
    assert "已经处理" in read(officer.post(page + "refuse/", {"reason": "再次"}), 409)


def test_who_filed_it_withdraws_and_does_not_decide(town: Town, child: UUID) -> None:
    page, township = filed(town, child), seated(town, "township")
    shown = read(township.get(page))
    assert "withdraw/" in shown
    assert "accept/" not in shown
    assert "须由登记人以外的工作人员核实" in read(township.post(page + "accept/"), 403)
    assert seated(town, "officer").post(page + "withdraw/").status_code == 404
    assert seated(town, "officer").post(page + "vanish/").status_code == 404
    assert township.post(page + "withdraw/").status_code == 302
    assert "已撤回" in read(township.get(page))


def test_pages_are_for_those_who_file_where_the_child_lives(town: Town, child: UUID) -> None:
    page = filed(town, child)
    for name, status in (("far_lead", 404), ("admin", 403), ("viewer", 403), ("wu", 403)):
        client = seated(town, name)
        assert client.get(page).status_code == status, name
        assert client.get(form(child)).status_code == status, name
    assert page not in read(seated(town, "far_lead").get(LIST))


@pytest.mark.parametrize(
    "given",
    [{"guardian": "nobody"}, {"guardian": str(UUID(int=1))}, {"fact": "child.risk_level.x"}],
)
def test_what_the_page_does_not_offer_is_not_found(
    town: Town, child: UUID, given: dict[str, str]
) -> None:
    for more in ({}, {"show": "1"}):
        sent = typed(child, **given, **more)
        assert seated(town, "township").post(form(child), sent).status_code == 404


def test_the_last_day_is_the_one_on_which_an_answer_is_still_in_time(
    town: Town, child: UUID
) -> None:
    page, officer = filed(town, child), seated(town, "officer")
    midnight = dt.datetime(2026, 6, 8, 16, tzinfo=dt.UTC)
    Correction.objects.update(due_at=midnight)
    for address in (page, LIST):
        shown = read(officer.get(address))
        assert "2026-06-08" in shown, address
        assert "2026-06-09" not in shown, address
        assert "已逾期" in shown, address


def test_the_pages_of_corrections_are_complete_in_english(town: Town, child: UUID) -> None:
    page = filed(town, child)
    for name, address in (("officer", page), ("officer", LIST), ("township", form(child))):
        answer = seated(town, name).get(address, headers={"accept-language": "en"})
        main = read(answer).partition("<main")[2]
        words = re.sub(r"<[^>]+>|龙小燕|龙阿公|吴\w+|" + GROUND, " ", main)
        assert not re.search(r"[\u4e00-\u9fff]", words), address
