"""Two people for what is sealed: who asks, who confirms, who is told, and what nobody does alone."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.accounts import confirming, queries, seconds, services
from backend.accounts.errors import ConfirmationClosed
from backend.accounts.models import Confirmation, Person, RoleGrant
from backend.audit.models import AuditEntry
from backend.caseload import scope as caseload
from backend.common import ledger
from backend.concerns import scope as concerns
from backend.guardianship import scope as cases
from backend.notifications.models import Notice
from backend.recovery import replay
from fieldforms.vocabulary import codes
from sync.protocol import ids

from .conftest import COUNTY, NOW, OTHER_COUNTY, PASSWORD, VILLAGE, person
from .test_people import Caller

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate(NOW)
DAY = dt.timedelta(days=1)
WHY = {"reason": "原负责人调离"}
LEAD = {"role": "county_lead", "prefixes": [COUNTY]}


class Office:
    """A county with two administrators, a lead and an officer; above it a province's administrator."""

    def __init__(self) -> None:
        self.admin = Caller(person("admin", "administrator", COUNTY, None))
        self.second = Caller(person("second", "administrator", COUNTY, None))
        self.lead = Caller(person("lead", "county_lead", COUNTY, None))
        self.officer = Caller(person("officer", "county_officer", COUNTY, None))
        self.auditor = Caller(person("auditor", "auditor", COUNTY, None))
        self.above = Caller(person("above", "administrator", COUNTY[:2], None))
        self.watcher = Caller(person("watcher", "viewer", COUNTY[:4], None))
        self.far = Caller(person("far", "administrator", OTHER_COUNTY, None))


@pytest.fixture
def office(db: None) -> Office:
    return Office()


def asked(answer: Any) -> str:
    assert answer.status_code == 202, answer.content
    return str(answer.json()["id"])


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", answer.json().get("state"))


def told(key: str) -> set[UUID]:
    rows = Notice.objects.filter(key=key)
    assert all(row.critical for row in rows)
    return set(rows.values_list("person", flat=True))


def people(*callers: Caller) -> set[UUID]:
    return {caller.person.id for caller in callers}


def test_a_door_to_what_is_sealed_is_no_other_role_than_those_that_two_people_give(
    office: Office,
) -> None:
    """Every role by name: whoever opens anything sealed by it is in the one list, and only they."""
    opens = set()
    for role in codes("role"):
        who = person(f"holder-{role}", role, COUNTY).id
        reaches = (
            concerns.reach(who, on=TODAY).sealed, caseload.reach(who, on=TODAY).sealed,
            cases.reach(who, on=TODAY).leads, queries.administered(who, on=TODAY),
        )  # fmt: skip
        opens |= {role} if any(reaches) else set()
    assert opens == set(queries.GUARDED)


def test_a_guarded_role_counts_once_a_second_administrator_or_the_lead_confirmed_it(
    office: Office,
) -> None:
    path = f"people/{office.officer.person.id}/roles/"
    assert code(office.admin("POST", path, LEAD)) == (400, "confirmation.reason")
    id_ = asked(office.admin("POST", path, LEAD | WHY))
    assert queries.roles_of(office.officer.person.id, on=TODAY) == {"county_officer"}
    assert code(office.admin("POST", path, LEAD | WHY)) == (409, "confirmation.stands")
    everybody = people(office.admin, office.second, office.lead, office.above, office.officer)
    # The nearest above is the prefecture's viewer.
    everybody |= people(office.watcher)
    assert told(f"confirmation {id_} asked") == everybody
    confirm = f"confirmations/{id_}/confirm"
    assert code(office.far("POST", confirm)) == (404, "not_found")
    assert code(office.auditor("POST", confirm)) == (404, "not_found")
    assert code(office.admin("POST", confirm)) == (403, "confirmation.self")
    assert queries.roles_of(office.officer.person.id, on=TODAY) == {"county_officer"}
    assert code(office.lead("POST", confirm)) == (200, "done")
    assert "county_lead" in queries.roles_of(office.officer.person.id, on=TODAY)
    assert code(office.second("POST", confirm)) == (409, "confirmation.closed")
    assert told(f"confirmation {id_} done") == everybody
    line = AuditEntry.objects.get(action="role.grant", subject=office.officer.person.id, actor=office.admin.person.id)  # fmt: skip
    assert line.detail["confirmed_by"] == str(office.lead.person.id)
    said = AuditEntry.objects.filter(subject=id_).order_by("id").values_list("action", flat=True)
    assert list(said) == ["confirmation.ask", "confirmation.confirm"]
    # It is prolonged by nobody alone either.
    grant = RoleGrant.objects.get(person=office.officer.person.id, role="county_lead")
    RoleGrant.objects.filter(id=grant.id).update(ends_on=TODAY + DAY)
    later = {"ends_on": TODAY + 9 * DAY}
    assert code(office.admin("POST", f"{path}{grant.id}/end", later)) == (409, "role.extended")
    assert office.admin("POST", f"{path}{grant.id}/end", {"ends_on": TODAY}).status_code == 204


def test_a_bulk_of_people_is_no_door_to_guarded_roles(office: Office) -> None:
    rows = [
        {"name": "甲", "phone": "1", "username": "jia", "password": PASSWORD, **LEAD},
        {"name": "乙", "phone": "2", "role": "village_supervisor", "prefixes": [VILLAGE]},
    ]
    assert code(office.admin("POST", "people/bulk", {"rows": rows})) == (400, "confirmation.reason")
    made = office.admin.bulk(rows, **WHY)["result"]
    lead, village = map(UUID, made["people"])
    assert queries.roles_of(lead, on=TODAY) == set()
    assert queries.roles_of(village, on=TODAY) == {"village_supervisor"}
    (id_,) = made["waiting"]
    assert code(office.second("POST", f"confirmations/{id_}/confirm")) == (200, "done")
    assert queries.roles_of(lead, on=TODAY) == {"county_lead"}


def test_a_secure_password_reset_of_a_guarded_person_needs_a_second(office: Office) -> None:
    """Also of somebody who only waits for such a role; what is asked for shows no hash."""
    new = "another long password"
    for target in (office.lead, office.officer):
        path = f"people/{target.person.id}/password"
        if target is office.officer:
            asked(office.admin("POST", f"people/{target.person.id}/roles/", LEAD | WHY))
        assert code(office.admin("POST", path, {"password": new})) == (400, "confirmation.reason")
        id_ = asked(office.admin("POST", path, {"password": new} | WHY))
        assert target("GET", "me").status_code == 200
        shown = office.second("GET", f"confirmations/{id_}/")
        assert (shown.json()["reason"], shown.json()["may_confirm"]) == (WHY["reason"], True)
        assert "pbkdf2" not in shown.content.decode() + str(
            AuditEntry.objects.values_list("detail")
        )
        # She does not confirm it herself, by a session that somebody else may have.
        assert office.admin("GET", f"confirmations/{id_}/").json()["hindrance"]
        assert code(office.second("POST", f"confirmations/{id_}/confirm")) == (200, "done")
        assert target("GET", "me").status_code == 401
        assert Person.objects.get(id=target.person.id).check_password(new)
        assert services.confirmations.opened(Confirmation.objects.get(id=id_))["secret"] == ""


@pytest.mark.parametrize("action", ["person.create", "role.grant", "person.password"])
@pytest.mark.parametrize("asker_acted", [True, False])
def test_neither_confirms_for_the_other_who_made_granted_or_reset_her_lately(
    office: Office, action: str, asker_acted: bool
) -> None:
    id_ = asked(office.admin("POST", f"people/{office.officer.person.id}/roles/", LEAD | WHY))
    confirm = f"confirmations/{id_}/confirm"
    pair = [office.admin.person.id, office.second.person.id]
    actor, subject = pair if asker_acted else reversed(pair)
    assert seconds.dependent(pair[0], pair[1:], now=NOW) == set()
    AuditEntry.objects.create(at=NOW - 29 * DAY, actor=actor, action=action, subject=subject)
    assert code(office.second("POST", confirm)) == (403, "confirmation.dependent")
    assert "30 days" in office.second("GET", f"confirmations/{id_}/").json()["hindrance"]
    assert seconds.dependent(pair[0], pair[1:], now=NOW + 2 * DAY) == set()
    assert code(office.above("POST", confirm)) == (200, "done")


def test_one_favour_for_another_is_none(office: Office) -> None:
    """Whose own grant waits on the asking person does not confirm for her. And a list costs as much for
    one request as for more."""

    def spent() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert office.lead("GET", "confirmations/?state=asked").status_code == 200
        return len(seen)

    asked(office.admin("POST", f"people/{office.second.person.id}/roles/", LEAD | WHY))
    few = spent()
    id_ = asked(office.admin("POST", f"people/{office.officer.person.id}/roles/", LEAD | WHY))
    assert spent() == few
    assert code(office.second("POST", f"confirmations/{id_}/confirm")) == (403, "confirmation.self")
    assert code(office.lead("POST", f"confirmations/{id_}/confirm")) == (200, "done")


def test_what_is_refused_withdrawn_or_lapsed_is_never_carried_out_also_after_a_restore(
    office: Office,
) -> None:
    path = f"people/{office.officer.person.id}/roles/"
    ends = []
    for end, by in (("refuse", office.second), ("withdraw", office.admin)):
        id_ = asked(office.admin("POST", path, LEAD | WHY))
        assert code(office.lead("POST", f"confirmations/{id_}/withdraw")) == (404, "not_found")
        answer = by("POST", f"confirmations/{id_}/{end}", WHY)
        state = {"refuse": "refused", "withdraw": "withdrawn"}[end]
        assert code(answer) == (200, state)
        ends.append((id_, state))
    id_ = asked(office.admin("POST", path, LEAD | WHY))
    assert services.confirmations_carry_out(now=NOW + 8 * DAY) == 1
    ends.append((id_, "expired"))
    for id_, state in ends:
        # As an older database has it.
        Confirmation.objects.filter(id=id_).update(state="asked")
        fact = next(e.fact for e in ledger.read() if e.fact.subject == UUID(id_))
        replay.KINDS[fact.kind](fact)
        assert Confirmation.objects.get(id=id_).state == state
        with pytest.raises(ConfirmationClosed):
            services.confirmation_confirm(
                confirmation=UUID(id_), actor=office.lead.person.id, now=NOW
            )
        assert told(f"confirmation {id_} {state}") > people(office.admin, office.lead)
    assert queries.roles_of(office.officer.person.id, on=TODAY) == {"county_officer"}


def test_ending_a_second_factor_is_confirmed_whoever_has_it(office: Office) -> None:
    who, asks = office.officer.person.id, f"people/{office.officer.person.id}/second-factor/end"
    assert office.admin("POST", asks, WHY).status_code == 404  # nothing is set up
    mine = Person.objects.filter(id=who)
    mine.update(factor_at=NOW)
    id_ = asked(office.admin("POST", asks, WHY))
    assert mine.get().factor_at == NOW
    services.confirmation_confirm(confirmation=UUID(id_), actor=office.lead.person.id, now=NOW)
    assert mine.get().factor_at is None


def test_one_that_fails_unexpectedly_holds_up_no_other(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(confirmed: Any, now: dt.datetime) -> None:
        raise RuntimeError("13912345678")

    kind = confirming.Kind(name="second_factor.end", perform=fail, waits=DAY)
    monkeypatch.setitem(confirming._kinds, kind.name, kind)
    admin, officer = office.admin.person.id, office.officer.person.id
    Person.objects.filter(id=officer).update(factor_at=NOW)
    row = services.second_factor_ask(person=officer, reason="手机丢失", actor=admin, now=NOW)
    services.confirmation_confirm(confirmation=row.id, actor=office.lead.person.id, now=NOW)
    id_ = asked(office.admin("POST", f"people/{officer}/roles/", LEAD | WHY))
    assert services.confirmations_carry_out(now=NOW + 8 * DAY) == 1
    states = Confirmation.objects.in_bulk([row.id, UUID(id_)])
    assert [one.state for one in states.values()].count("confirmed") == 1
    assert states[UUID(id_)].state == "expired"


def test_the_operators_command_makes_the_first_administrators_and_tells_those_who_are_there(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRST_PASSWORD", PASSWORD)
    call_command(
        "create_administrator", username="third", name="丙", division=COUNTY,
        password_from_env="FIRST_PASSWORD", verbosity=0,
    )  # fmt: skip
    third = Person.objects.get(username="third")
    grant = third.grants.get()
    assert told(f"administrator {grant.id}") >= people(office.admin, office.lead, office.above)
    line = AuditEntry.objects.get(action="role.grant", subject=third.id)
    assert (line.actor, line.detail["role"]) == (None, "administrator")


def test_a_new_phone_is_told_to_its_person_and_to_her_township(office: Office) -> None:
    village = person("village", "village_supervisor", VILLAGE)
    township = person("township", "township_supervisor", VILLAGE[:9])
    person("elsewhere", "township_supervisor", OTHER_COUNTY + "100")
    code_ = services.enrolment_code_create(
        people=[village.id], actor=office.admin.person.id, now=NOW
    )
    device, _ = services.device_enrol(code=code_, device=ids.uuid7(NOW), label="", app="", now=NOW)
    assert told(f"phone {device.id} {village.id}") == {village.id, township.id}


@pytest.mark.django_db(transaction=True)
def test_of_two_confirmations_at_once_one_performs(transactional_db: None) -> None:
    office = Office()
    id_ = UUID(asked(office.admin("POST", f"people/{office.officer.person.id}/roles/", LEAD | WHY)))

    def confirm(who: UUID) -> str:
        try:
            return services.confirmation_confirm(confirmation=id_, actor=who, now=NOW).state
        except ConfirmationClosed:
            return "closed"
        finally:
            connections.close_all()

    both = [office.second.person.id, office.lead.person.id]
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(confirm, both)) == ["closed", "done"]
    assert (
        RoleGrant.objects.filter(person=office.officer.person.id, role="county_lead").count() == 1
    )
    assert AuditEntry.objects.filter(Q(action="confirmation.confirm"), subject=id_).count() == 1
