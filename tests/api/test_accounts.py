"""Log-in, enrolment, revocation."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections
from django.db.utils import ProgrammingError
from django.test import Client

from backend.accounts import services
from backend.accounts.errors import CodeNotUsable, OutsideScope
from backend.accounts.models import Device, Person
from backend.audit.models import AuditEntry
from sync.protocol import ids

from .conftest import COUNTY, NOW, OTHER_COUNTY, PASSWORD, HttpPhone, person


def login(username: str, password: str = PASSWORD) -> tuple[int, dict[str, str]]:
    answer = Client().post(
        "/api/v1/auth/login",
        {"username": username, "password": password},
        content_type="application/json",
        headers={"accept-language": "en"},
    )
    return answer.status_code, answer.json()


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Token {token}"}


def test_a_password_gives_a_token_that_ends(administrator: Person) -> None:
    status, card = login("admin")
    assert status == 200
    assert dt.datetime.fromisoformat(card["expires"]) < NOW + dt.timedelta(hours=11)
    me = Client().get("/api/v1/me", headers=bearer(card["token"])).json()
    assert (me["roles"], me["prefixes"], me["name"]) == (["administrator"], [COUNTY], "吴admin")


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(administrator: Person) -> None:
    assert login("admin", "wrong") == login("nobody", "wrong")
    assert login("admin", "wrong")[1]["code"] == "login.failed"


def test_somebody_who_left_cannot_log_in_or_go_on(administrator: Person) -> None:
    token = login("admin")[1]["token"]
    Person.objects.update(is_active=False)
    assert login("admin")[0] == 401
    assert Client().get("/api/v1/me", headers=bearer(token)).status_code == 401


def test_a_phones_token_opens_nothing_but_the_sync(http_phone: HttpPhone) -> None:
    answer = Client().get("/api/v1/me", headers=bearer(http_phone.token))
    assert answer.status_code == 403


def test_an_administrator_gets_a_code_and_its_picture(
    administrator: Person, supervisor: Person
) -> None:
    answer = Client().post(
        "/api/v1/enrolment-codes",
        {"people": [str(supervisor.id)]},
        content_type="application/json",
        headers=bearer(login("admin")[1]["token"]),
    )
    assert answer.status_code == 201
    assert len(answer.json()["code"]) == 12
    assert "<svg" in answer.json()["qr"]


def test_nobody_else_gets_a_code(supervisor: Person) -> None:
    answer = Client().post(
        "/api/v1/enrolment-codes",
        {"people": [str(supervisor.id)]},
        content_type="application/json",
        headers=bearer(login("supervisor")[1]["token"]),
    )
    assert answer.status_code == 403


def test_the_other_countys_people_are_not_found(administrator: Person) -> None:
    other = person("far", "village_supervisor", OTHER_COUNTY + "100201")
    answer = Client().post(
        "/api/v1/enrolment-codes",
        {"people": [str(other.id)]},
        content_type="application/json",
        headers=bearer(login("admin")[1]["token"]),
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_an_administrator_grants_nothing_outside_her_area(
    administrator: Person, supervisor: Person
) -> None:
    with pytest.raises(OutsideScope):
        services.role_grant(
            person=supervisor.id, role="county_officer", prefixes=[OTHER_COUNTY],
            starts_on=NOW.date(), actor=administrator.id, now=NOW,
        )  # fmt: skip


def test_of_two_phones_with_one_code_one_wins(administrator: Person, supervisor: Person) -> None:
    code = services.enrolment_code_create(people=[supervisor.id], actor=administrator.id, now=NOW)

    def enrol(_: int) -> bool:
        try:
            services.device_enrol(code=code, device=ids.uuid7(NOW), label="", app="", now=NOW)
        except CodeNotUsable:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(enrol, range(2))) == [False, True]
    assert Device.objects.count() == 1


def test_a_code_that_a_clock_three_days_ahead_has_made_lasts_no_longer_than_any(
    administrator: Person, supervisor: Person
) -> None:
    day = dt.timedelta(days=1)
    codes = [
        services.enrolment_code_create(people=[supervisor.id], actor=administrator.id, now=at)
        for at in (NOW + 3 * day, NOW)
    ]

    def enrol(code: str, at: dt.datetime) -> None:
        services.device_enrol(code=code, device=ids.uuid7(NOW), label="", app="", now=at)

    for _ in range(2):
        services.log_ins_clean(now=NOW)
    for code in codes:
        with pytest.raises(CodeNotUsable):
            enrol(code, NOW + 3 * day)
        enrol(code, NOW + 3 * day - dt.timedelta(minutes=1))


def test_a_code_ends_after_three_days(administrator: Person, supervisor: Person) -> None:
    code = services.enrolment_code_create(people=[supervisor.id], actor=administrator.id, now=NOW)
    with pytest.raises(CodeNotUsable):
        services.device_enrol(
            code=code, device=ids.uuid7(NOW), label="", app="", now=NOW + dt.timedelta(days=3)
        )


def test_the_audit_log_refuses_change_and_removal(administrator: Person) -> None:
    assert AuditEntry.objects.filter(action="person.create").exists()
    with pytest.raises(ProgrammingError, match="append-only"):
        AuditEntry.objects.update(action="nothing")
    with pytest.raises(ProgrammingError, match="append-only"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_auditentry")
