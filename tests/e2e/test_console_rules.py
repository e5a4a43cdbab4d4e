"""The page of the rules: seen, rehearsed, approved by a second person and published, in words."""

import copy
import datetime as dt

import pytest
import yaml
from django.test import Client

from backend.concerns import rulesets
from backend.concerns.models import RulesEdition

from . import cases
from .cases import COUNTY, VILLAGE, Case
from .test_console_login import log_in

pytestmark = pytest.mark.django_db
NOW = dt.datetime.now(dt.UTC)
SINCE = {"since": str(NOW.date() - dt.timedelta(days=30))}


@pytest.fixture
def desks() -> dict[str, Client]:
    cases.county(NOW)
    desks = {}
    for username, role, area in (
        ("one", "administrator", "52"), ("two", "administrator", "52"),
        ("here", "administrator", COUNTY), ("lead", "county_lead", COUNTY),
        ("officer", "county_officer", COUNTY),
    ):  # fmt: skip
        cases.somebody(username, "吴" + username, role, area, NOW)
        desks[username] = Client()
        log_in(desks[username], username)
    worker = cases.somebody("worker", "吴大姐", "village_supervisor", VILLAGE, NOW)
    born = str(NOW.date() - dt.timedelta(days=6 * 365 + 60))
    alone = {"child_seen": "yes", "adult_with_child_now": "no"}
    seen = Case("龙小燕", born, VILLAGE, alone, {"adult_in_home_now": "no"})
    cases.happened(seen, by=worker.id, now=NOW)
    return desks


def milder() -> str:
    documents = copy.deepcopy(rulesets.shipped())
    documents[9]["version"] += 1
    documents[9]["branches"][0]["when"] = "facts.no_adult_now && facts.age_years < 5"
    return yaml.safe_dump(documents, allow_unicode=True)


def drafted(desk: Client) -> str:
    answer = desk.post("/office/rules/new/", {"division": "", "content": milder()})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def test_rules_go_through_the_page_by_two_people(desks: dict[str, Client]) -> None:
    one, two = desks["one"], desks["two"]
    assert "全国规则" in one.get("/office/rules/").content.decode()
    page = drafted(one)
    said = one.get(page).content.decode()
    assert "branches.0.when" in said
    assert "尚未试运行" in said
    one.post(f"{page}rehearse/", SINCE)
    said = one.get(page).content.decode()
    assert "已试运行" in said
    assert "台江县" in said
    assert "消失 R10 第 1 行 紧急" in said
    assert "龙小燕" not in said
    assert f"{page}approve/" not in said
    refused = one.post(f"{page}approve/")
    assert refused.status_code == 403
    assert "吴two" in refused.content.decode()
    assert f"{page}approve/" in two.get(page).content.decode()
    two.post(f"{page}approve/")
    said = two.post(f"{page}publish/", follow=True).content.decode()
    assert "已发布，立即生效" in said
    assert rulesets.current().version == 2


def test_a_county_s_people_see_the_rules_and_no_button_that_is_not_theirs(
    desks: dict[str, Client],
) -> None:
    page = drafted(desks["one"])
    desks["one"].post(f"{page}rehearse/", SINCE)
    for who, sees in (("here", "消失 R10"), ("lead", "R10")):
        said = desks[who].get(page).content.decode()
        assert sees in said
        assert "您在这里没有可进行的操作" in said
    assert "消失 R10" not in desks["lead"].get(page).content.decode()
    assert desks["officer"].get(page).status_code == 403


def test_faulty_rules_come_back_with_each_fault_and_what_was_typed(
    desks: dict[str, Client],
) -> None:
    for typed, said in (
        ("- id: R1\n- id: R2", "rule R2"),
        ("a: [", "no YAML"),
        ("- &x {id: R1}\n- *x", "write it out"),
        ("- id: 2026-01-01", "quote what is a text"),
        ('- {id: "a\\0"}', "NUL"),
    ):
        answer = desks["one"].post("/office/rules/new/", {"division": "", "content": typed})
        assert answer.status_code == 400
        assert said in answer.content.decode()
        assert 'id="content"' in answer.content.decode()
    assert not RulesEdition.objects.filter(status="draft").exists()
    page = drafted(desks["one"])
    assert desks["one"].post(f"{page}revise/", {"content": "[]"}).status_code == 400
    assert desks["one"].post(f"{page}rehearse/", {"since": "soon"}).status_code == 409
    assert desks["one"].post(f"{page}burn/").status_code == 404


def test_the_page_of_the_rules_is_whole_in_english(desks: dict[str, Client]) -> None:
    page = drafted(desks["one"])
    desks["one"].post(f"{page}rehearse/", SINCE)
    said = desks["one"].get(page, headers={"accept-language": "en"}).content.decode()
    for words in ("What the rehearsal showed", "Disappears R10, row 1", "Found then", "Rehearse"):
        assert words in said
