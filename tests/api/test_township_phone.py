"""What a township supervisor's own phone holds by her role (issue "Every danger", 2): whom she has to
visit because of a danger or because nobody covers the child, and whom she asks for by name."""

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.accounts import services as accounts
from backend.accounts.models import RoleGrant
from backend.audit.models import AuditEntry
from backend.caseload import by_role, loans
from backend.caseload.models import Assignment, FileLoan
from backend.children import queries as children
from backend.children.models import Child
from backend.common import clock
from backend.concerns import services as concerns
from backend.concerns.models import Concern, Escalation, Finding
from backend.config import reactions
from backend.notifications.models import Notice
from backend.visits.models import VisitPart
from sync import holdings
from sync import ports as sync_ports
from sync.client import Phone
from sync.client.log import New
from sync.models import Holding, Operation

from . import copies
from .conftest import COUNTY, NOW, VILLAGE, HttpPhone, person
from .test_judging import Phone as Recorder
from .test_sync import new
from .town import NEXT_VILLAGE, TOWNSHIP, Town, written

OTHER_TOWNSHIP = COUNTY + "101"
DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
# A delegate who gambles: R11, high, to the township.
UNFIT = {
    "child_seen": "yes", "adult_with_child_now": "yes", "actual_carer": "grandparents",
    "carer_is_delegate": "yes", "carer_unfitness": ["gambling"],
}  # fmt: skip
# Nobody with a child who cannot be left: R10, critical, to the police and the county's person on call.
ALONE = {"child_seen": "yes", "adult_with_child_now": "no", "special_needs": "yes"}


@pytest.fixture
def hers(town: Town) -> Phone:
    """The township supervisor's own phone, which has loaded what there is."""
    return load(town, "township")


def load(town: Town, *names: str) -> Phone:
    phone = copies.phone(*(town.people[name].id for name in names), admin=town.admin.id)
    phone.sync()
    return phone


def files(phone: Phone) -> set[UUID]:
    """The children on it after its next contact; it has nothing else than it should have."""
    assert phone.sync().digest_agrees
    return {UUID(seen.id) for seen in phone.records(type="child")}


def village(town: Town, who: str = "wu") -> Recorder:
    phone = Recorder(town.phone(who))
    phone.http.sync()
    return phone


def report(phone: Recorder, child: UUID, *, shared: Any = None, **answers: Any) -> None:
    """A visit of the village supervisor, pushed."""
    home = Child.objects.get(id=child).household
    assert home
    phone.visit(child, home, shared=shared, answers=answers)
    assert {receipt["outcome"] for receipt in phone.send()} == {"applied"}


def step(town: Town, service: Any, who: str = "officer", **given: Any) -> None:
    row = Escalation.objects.get()
    service(
        escalation=row.id,
        revision=row.revision,
        actor=town.people[who].id,
        now=clock.now(),
        **given,
    )


def end(town: Town, feedback: str = "已解决") -> None:
    step(town, concerns.escalation_acknowledge)
    words = {"reason": "已更换照护人", "feedback": feedback}
    step(town, concerns.escalation_resolve, outcome="settled", **words)


def uncover(town: Town, child: UUID) -> None:
    row = Assignment.objects.get(file=child, ends_on=None)
    town.submit(town.office("caseload.end", row.id, {"revision": row.revision}, child))


def ask(
    town: Town, child: UUID, reason: str = "邻居说孩子常在门口哭", who: str = "township"
) -> Any:
    return town.desk(who).post("caseload/loans/", child=str(child), reason=reason)


def code(answer: Any) -> tuple[int, str, list[str]]:
    said = answer.json()
    return answer.status_code, said["code"], said["fields"]


def it_is(moment: dt.datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the server's clock; the phone's own stays as it is."""
    monkeypatch.setattr(timezone, "now", lambda: moment)


# ---- whom she has to visit


def test_a_danger_that_a_village_reports_is_on_the_township_supervisors_phone_until_it_is_ended(
    town: Town, hers: Phone
) -> None:
    """From answers on a form to her visit, the risk level she confirms, and the purge."""
    child, other = town.child("龙小燕", of="wu"), town.child("石阿朵", of="wu")
    wu = village(town)
    assert files(hers) == set()
    report(wu, other, child_seen="yes")
    report(wu, child, **UNFIT)
    assert Finding.objects.get(file=child, rule="R11").severity == "high"
    told = Notice.objects.filter(kind__startswith="escalation.").values_list("person", flat=True)
    assert town.township.id in told
    assert files(hers) == {child}
    # With its household and what was seen, and no other child of the township.
    assert {seen.type for seen in hers.records()} >= {"child", "household", "visit", "visit_part"}

    part = hers.append(
        New(kind="visit.part", data={"answers": {"child_seen": "yes"}}, file=child, target=new())
    )
    hers.edit(child, set={"risk_level": "RED"})
    assert files(hers) == {child}
    assert VisitPart.objects.get(id=part[0].target).person == town.township.id
    assert Child.objects.get(id=child).risk_level == "RED"
    mine = Operation.objects.filter(device=hers.device)
    assert {(op.outcome, "outside" in op.flags) for op in mine} == {("applied", False)}
    # The village's phone reads her visit too.
    seen = {record["id"] for record in wu.http.sync().get("changes", [])}
    assert str(part[0].target) in seen

    end(town)
    assert files(hers) == set()
    hers.sync()
    assert not Holding.objects.filter(device=hers.device).exists()
    # A resend of what she had sent brings nothing back.
    assert Child.objects.get(id=child).risk_level == "RED"


def test_a_critical_danger_comes_to_her_phone_though_it_is_the_countys_to_answer(
    town: Town, hers: Phone
) -> None:
    child = town.child("龙小燕", of="wu")
    report(village(town), child, child_seen="yes", beaten="yes")
    row = Escalation.objects.get()
    assert (row.severity, row.level, "township" in row.to) == ("critical", "county", False)
    assert files(hers) == {child}


def test_a_sealed_danger_brings_no_file(town: Town, hers: Phone) -> None:
    child = town.child("龙小燕", of="wu")
    wu = village(town)
    wu.say("visit.sealed", child, {"answers": {"sexual_abuse_suspected": "yes"}})
    wu.send()
    assert Escalation.objects.get().sealed
    assert files(hers) == set()


def test_a_danger_given_to_a_colleague_by_name_is_the_colleagues_to_visit(
    town: Town, hers: Phone
) -> None:
    town.people["second"] = person("second", "township_supervisor", TOWNSHIP, None)
    second = load(town, "second")
    child = town.child("龙小燕", of="wu")
    report(village(town), child, **UNFIT)
    assert (files(hers), files(second)) == ({child}, {child})
    step(town, concerns.escalation_acknowledge)
    step(town, concerns.escalation_assign, assigned_to=town.people["second"].id)
    assert (files(hers), files(second)) == (set(), {child})
    step(town, concerns.escalation_assign, assigned_to=town.township.id)
    assert (files(hers), files(second)) == ({child}, set())


def test_a_danger_that_has_risen_to_the_county_still_asks_for_her_visit(
    town: Town, hers: Phone
) -> None:
    child = town.child("龙小燕", of="wu")
    report(village(town), child, **UNFIT)
    row = Escalation.objects.get()
    data = {"level": "county", "reason": "overdue", "due_at": NOW.isoformat()}
    town.submit(town.office("escalation.climb", row.id, data, child))
    assert Escalation.objects.get().level == "county"
    assert files(hers) == {child}


@pytest.mark.parametrize(
    ("suspect", "comes"),
    [("supervisor", True), ("township_worker", False), ("county_worker", False)],
)
def test_a_danger_that_goes_round_her_brings_no_file_and_the_words_of_one_stay_behind(
    town: Town, hers: Phone, suspect: str, comes: bool
) -> None:
    town.people["hamlet"] = person("hamlet", "township_supervisor", VILLAGE, None)
    of_the_village = load(town, "hamlet")
    child = town.child("龙小燕", of="wu")
    wu = village(town)
    answers = {
        "concern_kinds": ["violence"], "beaten": "yes", "facts_observed": "打人的是他们的主任",
        "suspected_persons": [suspect], "adult_with_child_now": "yes",
    }  # fmt: skip
    wu.say("concern.raise", child, {"answers": answers})
    wu.send()
    assert Escalation.objects.get().skips
    assert (files(hers) == {child}) is comes
    # Whose role is no wider than the village works at the suspect's own table.
    assert files(of_the_village) == set()
    bodies = [seen.body for seen in hers.records(type="concern")]
    assert bodies == ([{"data": {"withheld": True}}] if comes else [])


def test_who_is_kept_out_by_name_holds_nothing_of_that_child_and_cannot_ask_for_it(
    town: Town, hers: Phone
) -> None:
    child, other = town.child("龙小燕", of="wu"), town.child("石阿朵", of="wu")
    wu = village(town)
    report(wu, child, **UNFIT)
    assert files(hers) == {child}
    step(town, concerns.escalation_keep_out, people=[town.township.id], reason="被举报")
    assert files(hers) == set()
    assert code(ask(town, child)) == (409, "loan.no_phone", ["child"])
    end(town, feedback="")
    # The words that accuse her stay in the file after the end, and so does she without it.
    uncover(town, child)
    uncover(town, other)
    assert files(hers) == {other}


def test_a_child_whom_nobody_covers_is_hers_until_somebody_does(town: Town, hers: Phone) -> None:
    """T3 says to her: visit yourself. From the end of the one cover to the beginning of the next."""
    child, far = town.child("龙小燕", of="wu"), town.child("石阿朵", village=OTHER_TOWNSHIP + "201")
    gone = town.child("吴小梅", life_cycle={"status": "moved"})
    assert files(hers) == set()
    uncover(town, child)
    assert files(hers) == {child}
    town.submit(town.office("caseload.assign", new(), {"person": str(town.wu.id)}, child))
    assert files(hers) == set()
    assert {far, gone}.isdisjoint(files(hers))


def test_a_child_whom_she_registers_herself_stays_on_her_phone_as_nobody_covers_it(
    town: Town, hers: Phone
) -> None:
    child = new()
    values = written(
        identity={"name": "龙小山", "sex": "male", "birth_date": "2019-01-01"},
        residence={"division": VILLAGE},
    )
    hers.append(New(kind="child.register", data=values, target=child, file=child))
    assert files(hers) == {child}


def test_a_child_that_moves_to_another_township_leaves_the_one_phone_for_the_other(
    town: Town, hers: Phone
) -> None:
    town.people["next"] = person("next", "township_supervisor", OTHER_TOWNSHIP, None)
    theirs = load(town, "next")
    child = town.child("龙小燕")
    assert (files(hers), files(theirs)) == ({child}, set())
    saw = list(hers.record(child).state["residence"].live)
    moved = {"v": {"division": OTHER_TOWNSHIP + "201"}, "saw": saw}
    town.submit(town.office("child.edit", child, {"set": {"residence": moved}}))
    assert (files(hers), files(theirs)) == (set(), {child})


def test_a_phone_that_others_work_on_too_holds_no_file_that_they_may_not_read(town: Town) -> None:
    """What came to her by her role must not be read over a village supervisor's shoulder."""
    shared, of_two = load(town, "township", "wu"), None
    town.people["second"] = person("second", "township_supervisor", TOWNSHIP, None)
    of_two = load(town, "township", "second")
    own, nobodys = town.child("龙小燕", of="wu"), town.child("石阿朵", village=NEXT_VILLAGE)
    assert (files(shared), files(of_two)) == ({own}, {nobodys})
    accounts.person_deactivate(
        person=town.people["second"].id, actor=town.admin.id, now=clock.now()
    )
    assert files(of_two) == set()


def test_the_days_of_her_role_are_the_days_of_its_files(
    town: Town, hers: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = town.child("龙小燕")
    assert files(hers) == {child}
    today = timezone.localdate(NOW)
    grant = town.township.grants.get()
    accounts.role_end(
        person=town.township.id, grant=grant.id, actor=town.admin.id, now=NOW, ends_on=today
    )
    # A role elsewhere, with the same prefix, must not keep the files.
    accounts.role_grant(
        person=town.township.id, role="viewer", prefixes=[TOWNSHIP], starts_on=today,
        actor=None, now=NOW,
    )  # fmt: skip
    assert files(hers) == {child}
    it_is(clock.now() + 2 * DAY, monkeypatch)
    assert files(hers) == set()
    assert RoleGrant.objects.filter(person=town.township.id, role="viewer").exists()


def test_no_more_files_come_than_a_phone_can_hold_and_the_gravest_danger_comes_first(
    town: Town, hers: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_role, "MOST", 3)
    low = [town.child("龙小燕", risk_level="GREEN") for _ in range(3)]
    red, unrated = town.child("石阿朵", risk_level="RED"), town.child("吴小梅")
    in_danger = town.child("杨小山", of="wu", risk_level="GREEN")
    assert files(hers) == {red, unrated, min(low)}
    report(village(town), in_danger, **UNFIT)
    assert files(hers) == {in_danger, red, unrated}
    # A level that rises changes whom she has to see first.
    town.submit(town.office("child.edit", max(low), risen(max(low), "RED")))
    assert files(hers) == {in_danger, red, max(low)}
    # What she asks for by name comes besides.
    assert ask(town, unrated).status_code == 201
    assert files(hers) == {in_danger, red, max(low), unrated}


def risen(child: UUID, level: str) -> dict[str, Any]:
    saw = children.live_writes([child], "risk_level")[child]
    return {"set": {"risk_level": {"v": level, "saw": saw}}}


# ---- what she does from it


def test_she_settles_a_conflict_about_the_risk_level_and_ends_the_concern_from_her_phone(
    town: Town, hers: Phone
) -> None:
    child = town.child("龙小燕", of="wu", risk_level="GREEN")
    wu = village(town)
    answers = {"concern_kinds": ["violence"], "beaten": "yes", "adult_with_child_now": "yes"}
    wu.say("concern.raise", child, {"answers": answers})
    wu.http.say("child.edit", child, written(risk_level="YELLOW"))
    wu.send()
    assert Child.objects.get(id=child).conflicts == ["risk_level"]
    assert files(hers) == {child}
    assert [found["field"] for found in hers.conflicts()] == ["risk_level"]
    hers.resolve(child, "risk_level", "YELLOW")
    concern = Concern.objects.get().id
    data = {"concerns": [str(concern)], "reason": "已上门核实"}
    hers.append(New(kind="concern.resolve", data=data, file=child, target=new()))
    hers.sync()
    assert Child.objects.get(id=child).conflicts == []
    assert {op.outcome for op in Operation.objects.filter(device=hers.device)} == {"applied"}


def test_what_she_had_not_sent_when_a_loan_ended_is_received_attributed_and_shown_then_purged(
    town: Town, hers: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = town.child("龙小燕", of="wu")
    wu = village(town)
    ask(town, child)
    assert files(hers) == {child}
    part = new()
    hers.append(
        New(kind="visit.part", data={"answers": {"child_seen": "yes"}}, file=child, target=part)
    )
    hers.edit(child, set={"risk_level": "RED"})
    it_is(clock.now() + loans.FOR + DAY, monkeypatch)
    assert files(hers) == set()
    assert VisitPart.objects.get(id=part).person == town.township.id
    assert Child.objects.get(id=child).risk_level == "RED"
    assert all("outside" not in op.flags for op in Operation.objects.filter(device=hers.device))
    assert str(part) in {record["id"] for record in wu.http.sync().get("changes", [])}


# ---- whom she asks for by name


def test_a_file_asked_for_by_name_comes_with_the_next_sync_is_audited_and_goes_by_itself(
    town: Town, hers: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = town.child("龙小燕", of="wu")
    answer = ask(town, child)
    assert answer.status_code == 201
    assert (answer.json()["child"], answer.json()["name"]) == (str(child), "龙小燕")
    until = dt.datetime.fromisoformat(answer.json()["until"])
    assert until - dt.datetime.fromisoformat(answer.json()["borrowed_at"]) == loans.FOR
    assert [
        card["id"] for card in town.desk("township").get("caseload/loans/").json()["results"]
    ] == [answer.json()["id"]]
    line = AuditEntry.objects.get(action="file.borrow")
    assert (line.actor, line.subject, line.county) == (town.township.id, child, COUNTY)
    assert line.detail["reason"] == "邻居说孩子常在门口哭"
    assert dt.datetime.fromisoformat(line.detail["until"]) == until
    assert files(hers) == {child}
    # A lost phone is asked for its children: this one is among them.
    assert AuditEntry.objects.filter(action="file.sent", device=hers.device, subject=child).exists()
    known = town.desk("admin").get(f"devices/{hers.device}/children/").json()["results"]
    assert [(row["id"], row["held"]) for row in known] == [(str(child), True)]

    for moment, held in ((until - HOUR, {child}), (until + HOUR, set())):
        it_is(moment, monkeypatch)
        assert files(hers) == held
    assert town.desk("township").get("caseload/loans/").json()["count"] == 0
    # The same child can be asked for again.
    assert ask(town, child).status_code == 201
    assert files(hers) == {child}
    assert FileLoan.objects.filter(ended_at=None).count() == 1


def test_a_file_can_be_given_back_before_its_time(town: Town, hers: Phone) -> None:
    child = town.child("龙小燕", of="wu")
    loan = ask(town, child).json()["id"]
    assert files(hers) == {child}
    desk = town.desk("township")
    path = f"/api/v1/caseload/loans/{loan}/"
    assert desk.client.delete(path, headers=desk.headers).status_code == 204
    assert files(hers) == set()
    assert AuditEntry.objects.get(action="file.return").subject == child
    assert desk.client.delete(path, headers=desk.headers).status_code == 404
    town.people["second"] = person("second", "township_supervisor", TOWNSHIP, None)
    theirs = ask(town, child).json()["id"]
    second = town.desk("second")
    answer = second.client.delete(f"/api/v1/caseload/loans/{theirs}/", headers=second.headers)
    assert answer.status_code == 404


def test_what_is_refused_is_refused_in_words_that_say_what_to_do(
    town: Town, hers: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loans, "MOST", 2)
    kids = [town.child("龙小燕", of="wu") for _ in range(3)]
    far = town.child("石阿朵", village=OTHER_TOWNSHIP + "201")
    assert code(ask(town, kids[0], reason="  ")) == (400, "loan.reason", ["reason"])
    for unknown in (far, new()):
        assert code(ask(town, unknown)) == (404, "not_found", ["child"])
    assert ask(town, kids[0]).status_code == 201
    assert code(ask(town, kids[0])) == (409, "loan.already", ["child"])
    uncover(town, kids[2])
    assert code(ask(town, kids[2])) == (409, "loan.already", ["child"])
    assert ask(town, kids[1]).status_code == 201
    full = ask(town, town.child("吴小梅", of="wu"))
    assert code(full) == (409, "loan.too_many", ["child"])
    assert "2 files" in full.json()["message"]
    assert FileLoan.objects.count() == AuditEntry.objects.filter(action="file.borrow").count() == 2
    for name in ("wu", "officer", "admin", "viewer"):
        assert ask(town, kids[0], who=name).status_code == 403


def test_nobody_without_a_phone_of_her_own_takes_a_file_along(town: Town) -> None:
    child = town.child("龙小燕", of="yang")
    assert code(ask(town, child)) == (409, "loan.no_phone", ["child"])
    load(town, "township", "wu")
    assert code(ask(town, child)) == (409, "loan.no_phone", ["child"])
    assert not FileLoan.objects.exists()


def test_a_loan_that_a_clock_three_days_ahead_has_made_lasts_no_longer_than_any(
    town: Town, hers: Phone
) -> None:
    row = FileLoan.objects.create(
        id=new(), person=town.township.id, child=new(), borrowed_at=NOW + 3 * DAY,
        until=NOW + 3 * DAY + loans.FOR,
    )  # fmt: skip
    other = FileLoan.objects.create(
        id=new(), person=town.township.id, child=new(), borrowed_at=NOW, until=NOW + loans.FOR
    )
    assert (loans.loans_bound(now=NOW), loans.loans_bound(now=NOW)) == (1, 0)
    for one in (row, other):
        one.refresh_from_db()
        assert one.until == NOW + loans.FOR
    device = UUID(str(hers.device))
    while holdings.changed(device, now=NOW):
        pass
    assert holdings.changed(device, now=NOW + loans.FOR), "her phone gives it back then"


def test_a_loan_goes_on_to_the_phone_that_follows_a_lost_one(town: Town, hers: Phone) -> None:
    child = town.child("龙小燕", of="wu")
    assert ask(town, child).status_code == 201
    accounts.device_revoke(device=hers.device, reason="lost", actor=town.admin.id, now=clock.now())
    assert code(ask(town, child)) == (409, "loan.already", ["child"])
    assert files(load(town, "township")) == {child}


def test_she_asks_for_a_file_and_gives_it_back_on_the_offices_pages(
    town: Town, hers: Phone
) -> None:
    child = town.child("龙小燕", of="wu")
    browser = Client()
    browser.force_login(town.township, backend="django.contrib.auth.backends.ModelBackend")
    assert f"/office/loans/?child={child}" in browser.get("/office/children/").content.decode()
    form = browser.get(f"/office/loans/?child={child}").content.decode()
    assert ("龙小燕" in form, "借阅" in form) == (True, True)
    refused = browser.post("/office/loans/", {"child": str(child), "reason": " "})
    assert (refused.status_code, "请写明为什么" in refused.content.decode()) == (400, True)
    page = browser.post("/office/loans/", {"child": str(child), "reason": "回访"}, follow=True)
    assert "手机下次同步时收到" in page.content.decode()
    assert files(hers) == {child}
    again = browser.post("/office/loans/", {"child": str(child), "reason": "再访"})
    assert (again.status_code, "再访" in again.content.decode()) == (409, True)
    loan = FileLoan.objects.get().id
    page = browser.post(f"/office/loans/{loan}/return/", follow=True)
    assert "现在没有借阅的档案" in page.content.decode()
    assert files(hers) == set()
    for unknown in (new(), "x"):
        assert browser.get(f"/office/loans/?child={unknown}").status_code == 404


def test_a_phone_itself_asks_for_nothing(town: Town) -> None:
    """A phone that was found must not fetch more files: it takes a log-in with a password."""
    phone: HttpPhone = town.phone("township")
    answer = phone.client.post(
        "/api/v1/caseload/loans/", {"child": str(new()), "reason": "x"},
        content_type="application/json", headers={"authorization": f"Token {phone.token}"},
    )  # fmt: skip
    assert answer.status_code == 403


def test_a_loan_of_a_child_with_a_sealed_danger_brings_nothing_of_it(
    town: Town, hers: Phone
) -> None:
    child = town.child("龙小燕", of="wu")
    wu = village(town)
    wu.visit(child, new(), answers={"child_seen": "yes", "sexual_abuse_suspected": "yes"})
    wu.say("visit.sealed", child, {"answers": {"sealed_words": "她说叔叔摸她"}})
    wu.send()
    assert Escalation.objects.get().sealed
    assert ask(town, child).status_code == 201
    assert files(hers) == {child}
    kept = repr([(seen.type, seen.body, seen.values) for seen in hers.records()])
    assert "sexual_abuse" not in kept
    assert "叔叔" not in kept
    assert {seen.type for seen in hers.records()} == {
        "child", "household", "assignment", "visit_part",
    }  # fmt: skip


# ---- what it costs


def test_dangers_cost_the_same_number_of_statements_for_one_child_and_for_thirty(
    town: Town, hers: Phone
) -> None:
    counts = []
    for size in (1, 30):
        kids = [town.child("龙小燕", of="wu") for _ in range(size)]
        wu = village(town)
        for child in kids:
            wu.visit(child, new(), answers=UNFIT)
        with CaptureQueriesContext(connection) as captured:
            assert {receipt.outcome for receipt in wu.push()} == {"applied"}
        assert Escalation.objects.filter(file__in=kids).count() == size
        counts.append(len(captured))
        with CaptureQueriesContext(connection) as captured:
            found = sync_ports.ports().files_of([hers.device])[hers.device]
        assert {*kids} <= found.keys()
        counts.append(len(captured))
    assert counts[:2] == counts[2:]


def test_a_village_push_waits_for_no_other_phones_log(
    town: Town, hers: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = town.child("龙小燕", of="wu")
    wu = village(town)
    locked: list[Any] = []
    monkeypatch.setattr(holdings, "lock", lambda devices: locked.append(devices))
    wu.visit(child, new(), answers=UNFIT)
    assert {receipt.outcome for receipt in wu.push()} == {"applied"}
    assert locked == []


def test_a_phone_of_the_township_hears_of_a_danger_only_by_what_looks_at_it(
    town: Town, hers: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the tests above can fail."""
    child = town.child("龙小燕", of="wu")
    wu = village(town)
    files(hers)
    monkeypatch.setattr(reactions.caseload, "look_at_townships", lambda *_: None)
    report(wu, child, **UNFIT)
    assert files(hers) == set()
