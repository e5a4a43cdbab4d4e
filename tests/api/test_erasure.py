"""Erasing a child's file: the key is destroyed, `(id, erased_at)` stays (SYNC, "Scope and holdings")."""

import datetime as dt
import json
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from backend.accounts import confirmation_cards, queries
from backend.accounts import services as accounts
from backend.accounts.errors import ConfirmationClosed
from backend.accounts.models import AccessToken, Confirmation
from backend.audit.models import AuditEntry
from backend.caseload.models import RosterImport, VisitDue
from backend.caseload.roster.services import import_roster, read
from backend.children.models import Child, Household
from backend.common import encrypted, ledger
from backend.common.models import DataKey
from backend.concerns.models import Concern, Escalation
from backend.erasure import services
from backend.erasure.models import Erasure
from backend.notifications.models import Notice
from backend.regions.services import divisions_load
from backend.regions.sources import Row
from backend.visits.models import VisitPart
from sync import erase as erasing
from sync import inbox, oplog
from sync.models import File, Holding, Operation
from sync.protocol import ids

from .conftest import COUNTY, NOW, OTHER_COUNTY, VILLAGE, HttpPhone, person

REASON = "监护人依法申请删除"


def register(phone: HttpPhone, name: str, household: UUID | None = None) -> tuple[UUID, UUID]:
    child, home = ids.uuid7(NOW), household or ids.uuid7(NOW)
    residence = {"v": {"division": VILLAGE, "address": "三组12号"}, "saw": []}
    card = {"name": name, "sex": "female", "birth_date": "2018-03-07"}
    if household is None:
        phone.say("household.register", home, {"set": {"residence": residence}})
    registers = {
        "identity": {"v": card, "saw": []},
        "residence": residence,
        "household": {"v": str(home), "saw": []},
    }
    phone.say("child.register", child, {"set": registers})
    return child, home


def visit(phone: HttpPhone, child: UUID, home: UUID) -> UUID:
    record, part = ids.uuid7(NOW), ids.uuid7(NOW)
    phone.say("visit.record", record, {"mode": "home", "answers": {}}, home)
    said = {"visit": str(record), "answers": {"child_seen": "yes", "words": "奶奶住院了"}}
    phone.say("visit.part", part, said, child)
    return part


@pytest.fixture
def lead(transactional_db: None) -> Any:
    return person("lead", "county_lead", COUNTY)


def erase(child: UUID, lead: Any) -> list[UUID]:
    """As two people decided."""
    second = queries.covering(COUNTY, roles=["administrator"], on=timezone.localdate(NOW))
    return services.child_erase(
        child=child, reason=REASON, actor=lead.id, confirmed_by=min(second), now=NOW
    )


def ask(by: Any, child: UUID, reason: str = REASON) -> Any:
    token = AccessToken.objects.create(user=by)[1]
    return Client().post(
        f"/api/v1/children/{child}/erase", json.dumps({"reason": reason}),
        content_type="application/json",
        headers={"authorization": f"Token {token}", "accept-language": "en"},
    )  # fmt: skip


def every_table_says(*words: str) -> list[str]:
    """The tables in which one of the words stands in clear."""
    found = []
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            text = "\n".join(row for (row,) in cursor.fetchall())
        found += [f"{table}: {word}" for word in words if word in text]
    return found


def test_an_erased_file_is_gone_everywhere_but_its_mark(http_phone: HttpPhone, lead: Any) -> None:
    child, home = register(http_phone, "龙小燕")
    visit(http_phone, child, home)
    entered = http_phone.sync(*http_phone.log)["enter"]
    assert {one["file"] for one in entered} == {str(child), str(home)}
    assert set(erase(child, lead)) == {child, home}
    for model in (Child, Household, VisitPart, VisitDue):
        assert not model.objects.exists()
    assert encrypted.keys([child, home], create=True) == {}
    assert DataKey.objects.filter(wrapped=None, erased_at__isnull=False).count() == 2
    assert File.objects.filter(id__in=[child, home], erased_at__isnull=False).count() == 2
    assert oplog.load("file = ANY(%s)", [[child, home]]) == []
    # A hash of a name is as good as the name to whoever can try them all.
    assert every_table_says("2018-03-07", "三组12号", "龙小燕") == []
    assert Operation.objects.filter(file=child, device=http_phone.device).exists()
    call_command("rebuild", check=True)


def test_the_phone_purges_it_and_what_it_sends_later_is_sealed_away(
    http_phone: HttpPhone, lead: Any
) -> None:
    child, home = register(http_phone, "龙小燕")
    http_phone.sync(*http_phone.log)
    http_phone.sync()
    erase(child, lead)
    assert set(http_phone.sync()["exit"]) == {str(child), str(home)}
    sent = len(http_phone.log)
    visit(http_phone, child, home)
    receipts = http_phone.sync(*http_phone.log[sent:])["receipts"]
    assert {(r["outcome"], r["code"]) for r in receipts} == {("quarantined", "file.erased")}
    assert not VisitPart.objects.exists()
    http_phone.cursor = None
    assert "enter" not in http_phone.sync()


def test_a_household_stays_while_a_sibling_lives_there(http_phone: HttpPhone, lead: Any) -> None:
    first, home = register(http_phone, "龙小燕")
    second, _ = register(http_phone, "龙小明", home)
    http_phone.sync(*http_phone.log)
    assert erase(first, lead) == [first]
    assert Household.objects.filter(id=home).exists()
    assert erase(second, lead) == [
        second,
        home,
    ]


def test_who_when_and_why_stay_and_the_ledger_and_the_audit_log_say_so(
    http_phone: HttpPhone, lead: Any
) -> None:
    child, home = register(http_phone, "龙小燕")
    http_phone.sync(*http_phone.log)
    erase(child, lead)
    row = Erasure.objects.get()
    assert (row.person, set(row.files)) == (lead.id, {child, home})
    assert oplog.contents([row.op])[row.op]["reason"] == REASON
    entry = ledger.read()[-1]
    assert (entry.fact.kind, entry.fact.subject, entry.fact.by) == ("file.erase", row.id, lead.id)
    second = queries.covering(COUNTY, roles=["administrator"], on=timezone.localdate(NOW))
    assert entry.fact.detail["confirmed_by"] == str(min(second))
    assert set(entry.fact.detail["files"]) == {str(child), str(home)}
    assert REASON not in ledger.settings.HUXING_LEDGER.read_text()
    lines = AuditEntry.objects.filter(action="file.erase")
    assert {(line.subject, line.actor, line.county) for line in lines} == {
        (child, lead.id, COUNTY),
        (home, lead.id, COUNTY),
    }


def test_a_child_with_an_open_concern_cannot_be_erased(http_phone: HttpPhone, lead: Any) -> None:
    child, _ = register(http_phone, "龙小燕")
    http_phone.say("concern.raise", ids.uuid7(NOW), {"answers": {}}, child)
    http_phone.sync(*http_phone.log)
    answer = ask(lead, child)
    assert (answer.status_code, answer.json()["code"]) == (409, "erasure.open")
    assert Child.objects.filter(id=child).exists()
    assert Concern.objects.exists()


def test_a_secure_erasure_takes_two_people_and_seven_days(
    http_phone: HttpPhone, lead: Any, administrator: Any
) -> None:
    """Withdrawn by either it does not happen; what opened meanwhile stops it; at the end it is done once."""
    day, seven = dt.timedelta(days=1), NOW + services.WAITS
    child, home = register(http_phone, "龙小燕")
    http_phone.sync(*http_phone.log)

    def asked() -> UUID:
        answer = ask(lead, child)
        assert (answer.status_code, answer.json()["state"]) == (202, "asked"), answer.content
        return UUID(answer.json()["id"])

    def confirmed() -> UUID:
        id_ = asked()
        assert ask(lead, child).json()["code"] == "confirmation.stands"
        row = accounts.confirmation_confirm(confirmation=id_, actor=administrator.id, now=NOW)
        assert (row.state, row.due_at) == ("confirmed", seven)
        return id_

    for by in (lead, administrator):
        id_ = confirmed()
        accounts.confirmation_withdraw(confirmation=id_, actor=by.id, now=NOW + 6 * day)
        assert accounts.confirmations_carry_out(now=seven) == 0
        told = Notice.objects.filter(key=f"confirmation {id_} withdrawn").values_list("person")
        assert {(lead.id,), (administrator.id,)} <= set(told)
    asked()
    assert accounts.confirmations_carry_out(now=seven + day) == 1, "nobody confirmed it: it lapses"
    assert Child.objects.filter(id=child).exists()

    id_ = confirmed()
    sent = len(http_phone.log)
    http_phone.say("concern.raise", ids.uuid7(NOW), {"answers": {}}, child)
    http_phone.sync(*http_phone.log[sent:])
    assert accounts.confirmations_carry_out(now=seven) == 1
    row = Confirmation.objects.get(id=id_)
    assert (row.state, row.stopped_by) == ("stopped", "erasure.open")
    # Whoever only confirmed does not learn that something, which may be sealed, is open.
    shown = [confirmation_cards.one(id_, viewer=who.id, now=NOW) for who in (lead, administrator)]
    assert [card["stopped_by"] for card in shown] == ["erasure.open", ""]
    Concern.objects.all().delete()
    Escalation.objects.all().delete()

    id_ = confirmed()
    assert accounts.confirmations_carry_out(now=seven - day / 24) == 0
    assert Child.objects.filter(id=child).exists()
    assert accounts.confirmations_carry_out(now=seven) == 1
    assert not Child.objects.exists()
    row = Confirmation.objects.get(id=id_)
    assert (row.state, set(Erasure.objects.get().files)) == ("done", {child, home})
    # A database that has forgotten the end of it, and to which the ledger has told it again.
    Confirmation.objects.filter(id=id_).update(state="confirmed")
    assert accounts.confirmations_carry_out(now=seven + day) == 1
    assert Erasure.objects.count() == 1
    with pytest.raises(ConfirmationClosed):
        accounts.confirmation_withdraw(confirmation=id_, actor=lead.id, now=seven)


def test_another_countys_lead_is_told_that_there_is_no_such_child(
    http_phone: HttpPhone, lead: Any
) -> None:
    child, _ = register(http_phone, "龙小燕")
    http_phone.sync(*http_phone.log)
    other = person("far", "county_lead", OTHER_COUNTY)
    hidden, absent = ask(other, child), ask(other, ids.uuid7(NOW))
    assert hidden.status_code == absent.status_code == 404
    assert hidden.json() == absent.json()
    assert ask(lead, child, reason=" ").status_code == 400


def test_a_writer_that_opened_the_file_before_finds_it_erased_under_the_lock(
    http_phone: HttpPhone, lead: Any, monkeypatch: Any
) -> None:
    """The key is in the writer's hands when the file is erased; nothing may come back by it."""
    child, home = register(http_phone, "龙小燕")
    http_phone.sync(*http_phone.log)
    sent = len(http_phone.log)
    visit(http_phone, child, home)
    store = inbox.store

    def erased_in_between(*args: Any, **kwargs: Any) -> inbox.Stored:
        stored = store(*args, **kwargs)
        monkeypatch.undo()
        erase(child, lead)
        return stored

    monkeypatch.setattr(inbox, "store", erased_in_between)
    receipts = http_phone.sync(*http_phone.log[sent:])["receipts"]
    assert {receipt["code"] for receipt in receipts} == {"file.erased"}
    assert not VisitPart.objects.exists()


def test_what_waited_for_the_file_is_settled_and_told(http_phone: HttpPhone, lead: Any) -> None:
    child, home = register(http_phone, "龙小燕")
    http_phone.sync(*http_phone.log)
    Operation.objects.filter(kind="household.register").update(outcome="held", code="server.retry")
    erase(child, lead)
    (later,) = http_phone.sync()["later"]
    assert (later["outcome"], later["code"]) == ("quarantined", "file.erased")
    assert Holding.objects.filter(file=home, wanted=False).exists()


def test_erasing_twice_changes_nothing(http_phone: HttpPhone, lead: Any) -> None:
    child, home = register(http_phone, "龙小燕")
    http_phone.sync(*http_phone.log)
    erase(child, lead)
    before = list(DataKey.objects.order_by("owner").values())
    erasing.erase([child, home], now=NOW + dt.timedelta(days=1))
    assert list(DataKey.objects.order_by("owner").values()) == before


def test_the_import_report_forgets_the_row(administrator: Any, lead: Any) -> None:
    names = {"52": "贵州省", "5226": "黔东南", COUNTY: "台江县"}
    names |= {VILLAGE[:9]: "台拱街道", VILLAGE: "台拱村民委员会"}
    divisions_load(rows=[Row(code, name, code) for code, name in names.items()])
    table = [
        ["乡镇", "村", "姓名", "身份证号", "出生日期", "现居住地"],
        ["台拱街道", "台拱村", "龙小燕", "", "2018-03-07", "3组"],
        ["台拱街道", "台拱村", "石小妹", "", "2017-03-07", "4组"],
    ]
    made = import_roster(table=table, division=COUNTY, person=administrator.id, now=NOW)
    told = read(RosterImport.objects.get(id=made.id))
    child = next(UUID(row["child"]) for row in told["rows"] if row["name"] == "龙小燕")
    erase(child, lead)
    names = [row["name"] for row in read(RosterImport.objects.get(id=made.id))["rows"]]
    assert sorted(names) == ["", "石小妹"]
