"""A child moves across counties by an offer; until it is accepted the sender stays responsible (SYNC, "Cursor")."""

import threading
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections, transaction

from backend.accounts.models import Person
from backend.audit.models import AuditEntry
from backend.caseload.models import Assignment, VisitDue
from backend.children.models import Child, Household
from backend.common import clock
from backend.concerns.models import Escalation
from backend.regions.models import Division
from sync import apply, push, rebuild
from sync.files import lock
from sync.models import File, Operation, Shard
from sync.protocol import ids

from .conftest import COUNTY, NOW, OTHER_COUNTY, VILLAGE, HttpPhone, person
from .town import NEXT_VILLAGE, Desk, Town, written

FAR_VILLAGE = OTHER_COUNTY + "100201"


@pytest.fixture
def two(town: Town) -> Town:
    """The town, and the other county with an officer, a lead, an administrator and a supervisor."""
    for code in (COUNTY, VILLAGE, NEXT_VILLAGE, OTHER_COUNTY, OTHER_COUNTY + "100", FAR_VILLAGE):
        level = {6: "county", 9: "township", 12: "village"}[len(code)]
        Division.objects.create(code=code, name="地" + code, level=level)
    town.people |= {
        "far_admin": person("far_admin", "administrator", OTHER_COUNTY, None),
        "far_lead": person("far_lead", "county_lead", OTHER_COUNTY, None),
        "far_shi": person("far_shi", "village_supervisor", FAR_VILLAGE, None),
        "third": person("third", "county_officer", "522628", None),
    }
    return town


def offer(town: Town, child: UUID, *, to: str = OTHER_COUNTY, reason: str = "随父母迁居") -> Any:
    answer = town.desk("officer").post(f"children/{child}/transfer", to=to, reason=reason)
    assert answer.status_code == 201, answer.content
    return answer.json()


def accept(town: Town, made: Any, **given: Any) -> Any:
    return town.desk("stranger").post(
        f"transfers/{made['id']}/accept", revision=made["revision"], **given
    )


def phone_of(town: Town, who: str, admin: str) -> HttpPhone:
    from backend.accounts import services

    return HttpPhone(
        services.enrolment_code_create(
            people=[town.people[who].id], actor=town.people[admin].id, now=NOW
        )
    )


def files(page: dict[str, Any]) -> set[str]:
    return {entry["file"] for entry in page.get("enter", [])}


def test_both_counties_see_the_offer_and_the_other_one_nothing_else_of_the_child(
    two: Town,
) -> None:
    child = two.child("龙小燕", of="wu", guardian="13912345678", risk_level="RED")
    made = offer(two, child, to=FAR_VILLAGE)
    assert (made["status"], made["steps"], made["name"]) == ("offered", ["withdraw"], "龙小燕")
    receiver = two.desk("stranger")
    (seen,) = receiver.get("transfers/", side="in").json()["results"]
    assert seen.keys() == made.keys()
    assert seen["steps"] == ["accept", "refuse"]
    assert (seen["birth_date"], seen["reason"]) == ("2018-03-07", "随父母迁居")
    shown = receiver.get(f"transfers/{made['id']}/").content.decode()
    for secret in ("三组12号", "13912345678", "RED", VILLAGE):
        assert secret not in shown
    assert receiver.get(f"children/{child}/").status_code == 404
    assert receiver.get(f"children/{child}/visits/").status_code == 404
    for path in ("children/", "caseload/due/", "conflicts/", "escalations/"):
        assert receiver.get(path).json()["count"] == 0
    assert two.desk("third").get("transfers/").json()["count"] == 0
    assert two.desk("third").get(f"transfers/{made['id']}/").status_code == 404
    assert two.desk("officer").get(f"children/{child}/").status_code == 200


def test_a_residence_written_in_another_county_changes_no_responsibility(two: Town) -> None:
    child = two.child("龙小燕", of="wu")
    live = [str(o) for o in _live(child, "residence")]
    home = {"residence": {"v": {"division": FAR_VILLAGE, "address": "新家"}, "saw": live}}
    two.submit(two.office("child.edit", child, {"set": home}))
    row = Child.objects.get(id=child)
    assert (row.division, row.shard) == (COUNTY, COUNTY)
    assert two.desk("officer").get(f"children/{child}/").status_code == 200
    assert two.desk("stranger").get(f"children/{child}/").status_code == 404
    assert two.desk("stranger").names("children/") == []
    assert list(rebuild.differences()) == []
    accept(two, offer(two, child))
    # What the file says of the new address is more exact than the offer, and stays.
    assert Child.objects.get(id=child).division == FAR_VILLAGE


def _live(child: UUID, register: str) -> list[str]:
    from backend.children import lookup

    return sorted(lookup.child_states([child])[child][register].live)


def test_an_accepted_child_is_the_other_countys_with_everything(two: Town) -> None:
    child = two.child("龙小燕", of="wu", guardian="13912345678")
    household = Child.objects.get(id=child).household
    made = offer(two, child, to=FAR_VILLAGE)
    answer = accept(two, made)
    assert answer.status_code == 200, answer.content
    assert (answer.json()["status"], answer.json()["steps"]) == ("accepted", [])
    row = Child.objects.get(id=child)
    assert (row.shard, row.division) == (OTHER_COUNTY, FAR_VILLAGE)
    home = Household.objects.get(id=household)
    assert (home.shard, home.division) == (OTHER_COUNTY, FAR_VILLAGE)
    assert set(File.objects.values_list("shard", flat=True)) == {OTHER_COUNTY}
    assert Assignment.objects.get(file=child).ends_on is not None
    assert two.desk("officer").get(f"children/{child}/").status_code == 404
    assert two.desk("stranger").get(f"children/{child}/").status_code == 200
    assert two.desk("far_admin").names("caseload/unassigned/") == ["龙小燕"]
    assert VisitDue.objects.get(child=child).due_on is not None
    # The county that gave it away keeps the record of its offer.
    assert two.desk("officer").get(f"transfers/{made['id']}/").json()["status"] == "accepted"
    assert list(rebuild.differences()) == []


def test_phones_of_the_old_village_lose_the_file_and_those_of_the_new_one_get_it_once_assigned(
    two: Town,
) -> None:
    child = two.child("龙小燕", of="wu")
    household = str(Child.objects.get(id=child).household)
    old = two.phone("wu")
    new = phone_of(two, "far_shi", "far_admin")
    assert files(old.sync()) == {str(child), household}
    old.sync()
    assert files(new.sync()) == set()
    accept(two, offer(two, child, to=FAR_VILLAGE))
    assert set(old.sync()["exit"]) == {str(child), household}
    assert files(new.sync()) == set()
    order = {"to": str(two.people["far_shi"].id), "children": [str(child)]}
    assert two.desk("far_admin").post("caseload/assignments/", **order).status_code == 201
    page = new.sync()
    assert files(page) == {str(child), household}
    assert "digest" in page


def test_numbers_of_a_record_grow_also_into_a_county_that_has_few(two: Town) -> None:
    child = two.child("龙小燕", of="wu")
    for number in range(5):
        two.child(f"别人{number}", of="wu")
    before = Child.objects.get(id=child).feed
    counter = Shard.objects.get(code=COUNTY).value
    accept(two, offer(two, child, to=FAR_VILLAGE))
    row = Child.objects.get(id=child)
    assert row.feed > counter > before
    assert Shard.objects.get(code=OTHER_COUNTY).value >= row.feed
    assert Shard.objects.get(code=COUNTY).value > counter


def test_a_household_stays_while_a_sibling_does_and_goes_with_the_last(two: Town) -> None:
    first = two.child("龙小燕", of="wu")
    household = Child.objects.get(id=first).household
    assert household
    second = ids.uuid7(NOW)
    card = written(
        identity={"name": "龙小山"}, residence={"division": VILLAGE}, household=str(household)
    )
    to = {"person": str(two.people["wu"].id)}
    two.submit(
        two.office("child.register", second, card),
        two.office("caseload.assign", ids.uuid7(NOW), to, second),
    )
    phone = two.phone("wu")
    phone.sync()
    phone.sync()
    accept(two, offer(two, first, to=FAR_VILLAGE))
    assert File.objects.get(id=household).shard == COUNTY
    assert phone.sync()["exit"] == [str(first)]
    accept(two, offer(two, second, to=FAR_VILLAGE))
    assert File.objects.get(id=household).shard == OTHER_COUNTY
    assert set(phone.sync()["exit"]) == {str(first), str(second), str(household)}


def test_a_phone_that_goes_on_holding_a_household_that_moved_gets_its_news(two: Town) -> None:
    """A sibling who left keeps the household on the phone; the counter of its county is another now."""
    first = two.child("龙小燕", of="wu")
    household = Child.objects.get(id=first).household
    assert household
    gone = ids.uuid7(NOW)
    card = written(
        identity={"name": "龙小山"}, residence={"division": VILLAGE}, household=str(household),
        life_cycle={"status": "died"},
    )  # fmt: skip
    to = {"person": str(two.people["wu"].id)}
    two.submit(
        two.office("child.register", gone, card),
        two.office("caseload.assign", ids.uuid7(NOW), to, gone),
    )
    phone = two.phone("wu")
    phone.sync()
    phone.sync()
    accept(two, offer(two, first, to=FAR_VILLAGE))
    page = phone.sync()
    assert files(page) == {str(household)}
    phone.sync()
    adult = ids.uuid7(NOW)
    about = written(identity={"name": "龙阿婆"}, household=str(household))
    two.submit(two.office("guardian.register", adult, about, household))
    assert str(adult) in {record["id"] for record in phone.sync()["changes"]}


def test_open_escalations_go_along_and_are_to_be_taken_on_anew(two: Town) -> None:
    from tests.cast import County as Place
    from tests.cast import add_escalation

    child = two.child("龙小燕", of="wu")
    place = Place(two.people["wu"], VILLAGE)
    open_one = add_escalation(place, child)
    sealed = add_escalation(place, child, sealed=True)
    desk = two.desk("officer")
    assert desk.post(f"escalations/{open_one}/acknowledge", revision=1).status_code == 200
    deadline = Escalation.objects.get(id=open_one).deadline
    accept(two, offer(two, child, to=FAR_VILLAGE))
    assert desk.get(f"escalations/{open_one}/").status_code == 404
    assert desk.get("escalations/").json()["count"] == 0
    found = two.desk("stranger").get(f"escalations/{open_one}/").json()
    assert (found["status"], found["acknowledged_by"]) == ("open", None)
    assert Escalation.objects.get(id=open_one).deadline == deadline
    assert two.desk("stranger").get("escalations/").json()["count"] == 1
    # The sealed one is the lead's there, as it was here.
    assert two.desk("far_lead").get("escalations/").json()["count"] == 2
    assert Escalation.objects.get(id=sealed).division == FAR_VILLAGE
    assert list(rebuild.differences()) == []


def test_until_it_is_accepted_everything_stays_with_the_sender(two: Town) -> None:
    child = two.child("龙小燕", of="wu")
    phone = two.phone("wu")
    phone.sync()
    phone.sync()
    made = offer(two, child)
    assert "exit" not in phone.sync()
    refused = two.desk("stranger").post(
        f"transfers/{made['id']}/refuse", revision=made["revision"], reason="不在本县居住"
    )
    assert refused.json()["answer"] == "不在本县居住"
    assert two.desk("officer").get(f"transfers/{made['id']}/").json()["answer"] == "不在本县居住"
    assert Child.objects.get(id=child).shard == COUNTY
    again = offer(two, child)
    withdrawn = two.desk("officer").post(
        f"transfers/{again['id']}/withdraw", revision=again["revision"]
    )
    assert withdrawn.json()["status"] == "withdrawn"
    late = accept(two, again)
    assert (late.status_code, late.json()["code"]) == (409, "transfer.closed")
    assert Child.objects.get(id=child).shard == COUNTY
    assert Assignment.objects.get(file=child).ends_on is None


def test_a_child_is_offered_once_at_a_time_and_a_stale_step_is_told(two: Town) -> None:
    child = two.child("龙小燕", of="wu")
    made = offer(two, child)
    twice = two.desk("officer").post(f"children/{child}/transfer", to="522629", reason="再次")
    assert (twice.status_code, twice.json()["fields"]) == (409, ["child"])
    stale = two.desk("stranger").post(f"transfers/{made['id']}/accept", revision=7)
    assert (stale.status_code, stale.json()["fields"]) == (409, ["revision"])


@pytest.mark.parametrize("to", ["", "52", "522630", "522630100201", "999999", "5226301002", "x"])
def test_a_child_is_offered_to_a_division_of_another_county_only(two: Town, to: str) -> None:
    child = two.child("龙小燕", of="wu")
    answer = two.desk("officer").post(f"children/{child}/transfer", to=to, reason="迁居")
    assert answer.status_code == 400
    assert set(answer.json()["fields"]) == {"to"}


def test_who_may_do_what(two: Town) -> None:
    child = two.child("龙小燕", of="wu")
    for who, status in (("township", 403), ("admin", 403), ("wu", 403), ("stranger", 404)):
        answer = two.desk(who).post(f"children/{child}/transfer", to=OTHER_COUNTY, reason="迁居")
        assert answer.status_code == status, who
    made = offer(two, child)
    steps = {"accept": {}, "refuse": {"reason": "不"}, "withdraw": {}}
    allowed = {"officer": {"withdraw"}, "stranger": {"accept", "refuse"}, "third": set[str]()}
    for who, own in allowed.items():
        for step, given in steps.items():
            if step in own:
                continue
            answer = two.desk(who).post(f"transfers/{made['id']}/{step}", revision=1, **given)
            assert answer.status_code == (404 if who == "third" else 403), (who, step)


def test_every_step_stands_in_the_logs_of_both_counties(two: Town) -> None:
    child = two.child("龙小燕", of="wu")
    made = offer(two, child)
    accept(two, made)
    for action in ("transfer.offer", "transfer.accept"):
        lines = AuditEntry.objects.filter(action=action, subject=made["id"])
        assert {line.county for line in lines} == {COUNTY, OTHER_COUNTY}
        assert {line.detail["child"] for line in lines} == {str(child)}


def test_a_child_that_had_moved_away_is_registered_again(two: Town) -> None:
    child = two.child("龙小燕", of="wu", life_cycle={"status": "moved"})
    accept(two, offer(two, child, to=FAR_VILLAGE))
    assert Child.objects.get(id=child).status == "registered"
    assert VisitDue.objects.get(child=child).due_on is not None


def test_a_visit_made_before_the_phone_heard_of_it_is_written_in_the_new_county(two: Town) -> None:
    child = two.child("龙小燕", of="wu")
    phone = two.phone("wu")
    phone.sync()
    phone.sync()
    part = ids.uuid7(NOW)
    phone.say("visit.part", part, {"answers": {"child_seen": "yes"}}, file=child)
    accept(two, offer(two, child, to=FAR_VILLAGE))
    (receipt,) = phone.sync(*phone.log)["receipts"]
    assert receipt["outcome"] == "applied"
    visits = two.desk("stranger").get(f"children/{child}/visits/").json()["results"]
    assert [visit["summary"]["id"] for visit in visits] == [str(part)]


def test_two_who_accept_at_once_move_it_once(two: Town) -> None:
    child = two.child("龙小燕", of="wu")
    made = offer(two, child, to=FAR_VILLAGE)
    answers: list[int] = []

    def take(desk: Desk) -> None:
        path = f"transfers/{made['id']}/accept"
        answers.append(desk.post(path, revision=made["revision"]).status_code)
        connections.close_all()

    threads = [
        threading.Thread(target=take, args=(two.desk(who),)) for who in ("stranger", "far_lead")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 409]
    assert Assignment.objects.filter(file=child).count() == 1
    assert list(rebuild.differences()) == []


def somebody_waits_for_us() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks"
            " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
        )
        return bool(cursor.fetchone()[0])


def test_an_acceptance_that_is_tried_again_takes_the_household_and_the_child_in_the_order_of_all(
    two: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SYNC, Lock order: else it would hold the child while it waits for whoever holds the household."""
    home = ids.uuid7(NOW - timedelta(days=1))
    child = two.child("龙小燕", of="wu", home=home)
    assert home < child
    made = offer(two, child, to=FAR_VILLAGE)
    with monkeypatch.context() as patch:
        patch.setattr(apply.moves, "move", lambda *_: 1 / 0)
        accept(two, made)
    assert Operation.objects.get(kind="transfer.accept").code == "server.retry"

    def again() -> None:
        push.retry(now=clock.now() + timedelta(minutes=5))
        connections.close_all()

    thread = threading.Thread(target=again)
    with transaction.atomic():
        lock({home})
        thread.start()
        while not somebody_waits_for_us():
            assert thread.is_alive()
            time.sleep(0.02)
        assert File.objects.select_for_update(nowait=True).get(id=child)
    thread.join()
    assert Operation.objects.get(kind="transfer.accept").outcome == "applied"
    assert set(File.objects.filter(id__in=[child, home]).values_list("shard", flat=True)) == {
        OTHER_COUNTY
    }


def test_an_offer_is_sealed_at_rest(two: Town) -> None:
    offer(two, two.child("龙小燕", of="wu"), reason="母亲在邻县打工")
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(t::text, ' ') FROM caseload_transfer t")
        dump = cursor.fetchone()[0]
        cursor.execute("SELECT string_agg(encode(body, 'escape'), ' ') FROM sync_operation")
        dump += cursor.fetchone()[0]
    assert "龙小燕" not in dump
    assert "母亲在邻县打工" not in dump


def test_a_page_of_offers_costs_the_same_however_many_there_are(two: Town) -> None:
    from django.test.utils import CaptureQueriesContext

    counts = []
    desk = two.desk("officer")
    for more in (1, 6):
        for _ in range(more):
            offer(two, two.child("龙小燕", of="wu"))
        with CaptureQueriesContext(connection) as queries:
            assert desk.get("transfers/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_role_of_a_township_decides_nothing_between_counties(two: Town) -> None:
    offer(two, two.child("龙小燕", of="wu"))
    narrow: Person = two.people["third"]
    narrow.grants.update(prefixes=[OTHER_COUNTY + "100"])
    assert two.desk("third").get("transfers/").json()["count"] == 0
