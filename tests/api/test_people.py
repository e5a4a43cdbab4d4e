"""People and roles, set up by an administrator: in her area, by no one for herself, all written down."""

import datetime as dt
import json
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backend.accounts import queries, services
from backend.accounts.errors import NobodysOwn
from backend.accounts.models import AccessToken, Person, RoleGrant
from backend.accounts.services import import_people
from backend.audit.models import AuditEntry
from backend.common.errors import NotFound
from backend.tasks import kinds
from backend.tasks import services as tasks
from backend.tasks.models import Task
from sync.protocol import ids

from .conftest import COUNTY, NOW, OTHER_COUNTY, PASSWORD, VILLAGE, person

pytestmark = pytest.mark.django_db
TODAY = NOW.astimezone(dt.timezone(dt.timedelta(hours=8))).date()


class Caller:
    """Somebody logged in, over HTTP."""

    def __init__(self, who: Person) -> None:
        self.person = who
        _, self.token = AccessToken.objects.create(user=who)

    def __call__(self, method: str, path: str, body: Any = None, language: str = "en") -> Any:
        return Client().generic(
            method,
            f"/api/v1/{path}",
            b"" if body is None else json.dumps(body, default=str),
            content_type="application/json",
            headers={"authorization": f"Token {self.token}", "accept-language": language},
        )

    def bulk(self, rows: list[dict[str, Any]], **more: Any) -> Any:
        """Asked for, carried out and read."""
        asked = self("POST", "people/bulk", {"rows": rows, **more})
        assert asked.status_code == 202, asked.content
        tasks.carry_on()
        return self("GET", f"tasks/{asked.json()['id']}/").json()


@pytest.fixture
def admin(db: None) -> Caller:
    return Caller(person("admin", "administrator", COUNTY))


@pytest.fixture
def far_admin(db: None) -> Caller:
    return Caller(person("faradmin", "administrator", OTHER_COUNTY))


@pytest.fixture
def mei(admin: Caller) -> str:
    """A supervisor made over HTTP."""
    made = admin("POST", "people/", {"name": "单秀梅", "phone": "13985500001"})
    assert made.status_code == 201, made.content
    card = {"role": "village_supervisor", "prefixes": [VILLAGE]}
    assert admin("POST", f"people/{made.json()['id']}/roles/", card).status_code == 201
    return str(made.json()["id"])


def ids_of(answer: Any) -> set[str]:
    return {row["id"] for row in answer.json()["results"]}


def test_somebody_without_an_office_log_in_is_registered_and_gets_a_role(
    admin: Caller, mei: str
) -> None:
    card = admin("GET", f"people/{mei}/").json()
    assert (card["name"], card["phone"], card["username"]) == ("单秀梅", "13985500001", None)
    (role,) = card["roles"]
    assert (role["role"], role["prefixes"], role["current"]) == (
        "village_supervisor",
        [VILLAGE],
        True,
    )


def test_a_person_is_found_by_characters_reading_phone_role_and_division(
    admin: Caller, mei: str
) -> None:
    for text in ("秀梅", "shan xiu", "dan", "139 8550 0001"):
        assert ids_of(admin("GET", f"people/?q={text}")) == {mei}, text
    assert ids_of(admin("GET", "people/?q=李")) == set()
    assert ids_of(admin("GET", "people/?role=village_supervisor")) == {mei}
    assert ids_of(admin("GET", f"people/?division={VILLAGE[:9]}")) == {mei}
    assert ids_of(admin("GET", "people/?division=522630999")) == set()
    assert mei in ids_of(admin("GET", "people/?active=true"))
    assert ids_of(admin("GET", "people/?active=false")) == set()


def test_the_other_county_neither_sees_nor_touches_her(far_admin: Caller, mei: str) -> None:
    grant = RoleGrant.objects.get(person=mei).id
    nobody = far_admin("GET", f"people/{ids.uuid7(NOW)}/").content
    role = {"role": "village_supervisor", "prefixes": [OTHER_COUNTY]}
    for method, path, body in [
        ("GET", f"people/{mei}/", None),
        ("POST", f"people/{mei}/roles/", role),
        ("POST", f"people/{mei}/deactivate", None),
        ("POST", f"people/{mei}/password", {"password": PASSWORD}),
    ]:
        answer = far_admin(method, path, body)
        assert (answer.status_code, answer.content) == (404, nobody), path
    ended = far_admin("POST", f"people/{mei}/roles/{grant}/end", {})
    assert ended.status_code == 404
    assert mei not in ids_of(far_admin("GET", "people/"))
    assert far_admin("GET", f"people/?division={COUNTY}").json()["count"] == 0


def test_a_person_without_a_role_belongs_to_the_administrator_who_made_her(
    admin: Caller, far_admin: Caller
) -> None:
    made = admin("POST", "people/", {"name": "杨光", "phone": ""}).json()
    assert made["division"] == COUNTY
    assert made["id"] in ids_of(admin("GET", "people/"))
    role = {"role": "village_supervisor", "prefixes": [OTHER_COUNTY + "100201"]}
    assert far_admin("POST", f"people/{made['id']}/roles/", role).status_code == 404


def test_nobody_grants_to_herself_or_closes_her_own_account(admin: Caller) -> None:
    role = {"role": "county_lead", "prefixes": [COUNTY]}
    answer = admin("POST", f"people/{admin.person.id}/roles/", role)
    assert (answer.status_code, answer.json()["code"]) == (403, "person.self")
    with pytest.raises(NobodysOwn):
        services.person_deactivate(person=admin.person.id, actor=admin.person.id, now=NOW)


@pytest.mark.parametrize(
    ("card", "status", "code", "field"),
    [
        ({"role": "county_officer", "prefixes": [OTHER_COUNTY]}, 403, "role.scope", "prefixes"),
        ({"role": "county_officer", "prefixes": [""]}, 403, "role.scope", "prefixes"),
        (
            {"role": "county_officer", "prefixes": ["52263"]},
            400,
            "division.code_malformed",
            "prefixes",
        ),
        ({"role": "king", "prefixes": [COUNTY]}, 400, "invalid", "role"),
        (
            {
                "role": "viewer",
                "prefixes": [COUNTY],
                "starts_on": "2026-02-02",
                "ends_on": "2026-02-01",
            },
            400,
            "role.dates",
            "ends_on",
        ),
    ],
)
def test_a_grant_that_cannot_be_says_which_field_and_why(
    admin: Caller, mei: str, card: dict[str, Any], status: int, code: str, field: str
) -> None:
    answer = admin("POST", f"people/{mei}/roles/", card)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["fields"] == [field]


def test_the_same_grant_again_is_the_one_that_stands(admin: Caller, mei: str) -> None:
    role = {"role": "village_supervisor", "prefixes": [VILLAGE]}
    assert admin("POST", f"people/{mei}/roles/", role).status_code == 201
    assert RoleGrant.objects.filter(person=mei).count() == 1


def test_a_role_counts_from_its_first_to_its_last_day(admin: Caller, mei: str) -> None:
    who, day = UUID(mei), dt.timedelta(days=1)
    RoleGrant.objects.filter(person=who).update(starts_on=TODAY, ends_on=TODAY + day)
    for on, counts in [(TODAY - day, False), (TODAY, True), (TODAY + day, True), (TODAY + 2 * day, False)]:  # fmt: skip
        assert bool(queries.prefixes(who, on=on)) is counts
        assert bool(queries.roles_of(who, on=on)) is counts
        assert bool(queries.at_work([who], on=on)) is counts


def test_an_ended_role_counts_no_more_and_ends_only_once(admin: Caller, mei: str) -> None:
    (role,) = admin("GET", f"people/{mei}/").json()["roles"]
    path = f"people/{mei}/roles/{role['id']}/end"
    assert admin("POST", path, {}).status_code == 204
    assert queries.roles_of(UUID(mei), on=TODAY) == set()
    again = admin("POST", path, {})
    assert (again.status_code, again.json()["code"]) == (409, "role.ended")
    assert admin("GET", f"people/{mei}/").json()["roles"][0]["current"] is False


def test_somebody_who_left_has_no_role_no_log_in_and_gets_none(admin: Caller) -> None:
    card = {"name": "王芳", "phone": "1", "username": "wang", "password": PASSWORD}
    wang = admin("POST", "people/", card).json()["id"]
    role = {"role": "county_officer", "prefixes": [COUNTY]}
    admin("POST", f"people/{wang}/roles/", role)
    caller = Caller(Person.objects.get(id=wang))
    assert caller("GET", "me").status_code == 200
    assert admin("POST", f"people/{wang}/deactivate").status_code == 204
    assert caller("GET", "me").status_code == 401
    assert queries.roles_of(UUID(wang), on=TODAY) == set()
    again = admin("POST", f"people/{wang}/roles/", role)
    assert (again.status_code, again.json()["code"]) == (409, "person.left")
    assert admin("GET", f"people/{wang}/").json()["left_on"] == TODAY.isoformat()


def test_a_taken_user_name_and_a_weak_password_say_so(admin: Caller) -> None:
    taken = {"name": "甲", "phone": "2", "username": "admin", "password": PASSWORD}
    answer = admin("POST", "people/", taken)
    assert (answer.status_code, answer.json()["code"]) == (409, "person.username")
    weak = {"name": "乙", "phone": "3", "username": "yi", "password": "12345"}
    answer = admin("POST", "people/", weak)
    assert (answer.status_code, answer.json()["code"]) == (400, "person.password")
    assert not Person.objects.filter(username="yi").exists()


def test_another_broken_constraint_is_not_called_a_taken_user_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ids, "uuid7", lambda now: UUID(int=7))
    person("first", "viewer", COUNTY)
    with pytest.raises(IntegrityError):
        person("second", "viewer", COUNTY)


def test_a_reset_password_ends_every_log_in(admin: Caller) -> None:
    officer = Caller(person("officer", "county_officer", COUNTY))
    path = f"people/{officer.person.id}/password"
    assert admin("POST", path, {"password": "another long password"}).status_code == 204
    assert officer("GET", "me").status_code == 401
    assert Person.objects.get(id=officer.person.id).check_password("another long password")


def test_her_own_password_is_changed_only_with_the_one_she_has(db: None) -> None:
    officer = Caller(person("officer", "county_officer", COUNTY))
    new = {"password": "another long password"}
    assert officer("POST", "me/password", {**new, "current": "wrong"}).status_code == 401
    assert officer("POST", "me/password", {**new, "current": PASSWORD}).status_code == 204
    assert officer("GET", "me").status_code == 401


def rows(count: int) -> list[dict[str, Any]]:
    return [
        {
            "name": f"吴{n}",
            "phone": f"1391111{n:04}",
            "role": "village_supervisor",
            "prefixes": [VILLAGE],
        }
        for n in range(count)
    ]


def test_two_hundred_supervisors_come_in_with_one_call_of_fixed_statements(admin: Caller) -> None:
    def spent(sent: list[dict[str, Any]]) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert admin.bulk(sent)["state"] == "finished"
        return len(seen)

    everybody = rows(200)
    assert spent(everybody[:1]) == spent(everybody[1:])
    assert RoleGrant.objects.filter(role="village_supervisor").count() == 200
    assert AuditEntry.objects.filter(action="role.grant", county=COUNTY).count() == 201


def test_a_dry_run_writes_nothing(admin: Caller) -> None:
    answer = admin("POST", "people/bulk", {"rows": rows(3), "dry_run": True})
    assert (answer.status_code, answer.json()) == (
        200,
        {"written": False},
    )
    assert Person.objects.count() == 1


def test_every_faulty_row_is_named_and_nothing_is_written(admin: Caller, mei: str) -> None:
    sent = rows(5)
    sent[1]["prefixes"] = [OTHER_COUNTY + "100201"]
    sent[2]["username"] = "admin"
    sent[3] |= {"name": "单秀梅", "phone": "139 8550 0001"}
    sent[4] = sent[0]
    answer = admin("POST", "people/bulk", {"rows": sent})
    assert (answer.status_code, answer.json()["code"]) == (400, "people.rows")
    found = {row["row"]: row["errors"][0]["code"] for row in answer.json()["details"]}
    assert found == {
        1: "role.scope",
        2: "person.username",
        3: "person.known",
        4: "person.known",
    }
    assert Person.objects.count() == 2


def test_cells_that_cannot_be_read_are_named_by_row(admin: Caller) -> None:
    sent = [*rows(1), {"name": ""}, {"name": "甲", "role": "king", "prefixes": [VILLAGE]}]
    answer = admin("POST", "people/bulk", {"rows": sent}).json()
    assert answer["code"] == "people.rows"
    assert [(row["row"], row["errors"][0]["fields"]) for row in answer["details"]] == [
        (1, ["name"]),
        (2, ["role"]),
    ]


def test_a_bulk_whose_worker_died_is_written_once_and_one_that_came_late_not_at_all(
    admin: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Passwords are hashed before anything is written, and how many says the task."""
    sent = rows(2)
    sent[0] |= {
        "username": "officer1",
        "password": PASSWORD,
        "role": "county_officer",
        "prefixes": [COUNTY],
    }
    asked = [admin("POST", "people/bulk", {"rows": sent}).json()["id"] for _ in range(2)]
    real, steps = kinds.KINDS["people"].run, list[Any]()

    def dies(asked: kinds.Asked, step: kinds.Step, now: dt.datetime) -> Any:
        real(asked, lambda done, of: (steps.append((done, of)), step(done, of)), now)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setitem(kinds.KINDS, "people", kinds.Kind(name="people", run=dies))
        with pytest.raises(KeyboardInterrupt):
            tasks.carry_on()
    assert steps == [(0, 2), (2, 2)]
    made = set(Person.objects.exclude(id=admin.person.id).values_list("id", flat=True))
    assert len(made) == 2
    Task.objects.filter(id=asked[0]).update(touched_at=None)
    tasks.carry_on()
    first, second = (admin("GET", f"tasks/{id_}/").json() for id_ in asked)
    assert set(map(UUID, first["result"]["people"])) == made
    assert (second["state"], second["problem"]["code"]) == ("failed", "people.rows")
    assert Person.objects.exclude(id=admin.person.id).count() == 2
    assert Person.objects.get(username="officer1").check_password(PASSWORD)
    RoleGrant.objects.filter(person=admin.person).update(role="auditor")
    assert admin("GET", f"tasks/{asked[0]}/").json()["code"] == "not_found"


def test_a_bulk_that_is_cancelled_while_passwords_are_hashed_writes_nothing(
    admin: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = rows(2)
    sent[1] |= {"username": "officer1", "password": PASSWORD}
    asked = admin("POST", "people/bulk", {"rows": sent}).json()["id"]

    def cancelled_meanwhile(password: str) -> str:
        assert admin("POST", f"tasks/{asked}/cancel").status_code == 200
        return password

    monkeypatch.setattr(import_people, "make_password", cancelled_meanwhile)
    tasks.carry_on()
    assert Task.objects.get(id=asked).state == "cancelled"
    assert Person.objects.count() == 1


def test_a_list_of_people_costs_the_same_for_two_and_for_fifty(admin: Caller) -> None:
    def spent() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert admin("GET", "people/").status_code == 200
        return len(seen)

    admin.bulk(rows(2))
    few = spent()
    admin.bulk(rows(50)[2:])
    assert spent() == few


def test_only_administrators_see_people(admin: Caller) -> None:
    officer = Caller(person("officer", "county_officer", COUNTY))
    for path in ("people/", f"people/{admin.person.id}/", "devices/"):
        assert officer("GET", path).status_code == 403


def test_the_command_makes_the_first_administrator_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRST_PASSWORD", PASSWORD)
    given = {"username": "first", "name": "管理员", "division": COUNTY, "password_from_env": "FIRST_PASSWORD"}  # fmt: skip
    call_command("create_administrator", **given)
    call_command("create_administrator", **given)
    made = Person.objects.get(username="first")
    assert made.check_password(PASSWORD)
    assert queries.administered(made.id, on=TODAY) == [COUNTY]
    assert AuditEntry.objects.filter(subject=made.id, action="role.grant").count() == 1


@pytest.mark.parametrize("password", ["", "short", "1234567890123"])
def test_the_command_refuses_a_weak_password(
    monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    monkeypatch.setenv("FIRST_PASSWORD", password)
    with pytest.raises(CommandError):
        call_command(
            "create_administrator", username="first", name="管理员", division=COUNTY,
            password_from_env="FIRST_PASSWORD",
        )  # fmt: skip
    assert not Person.objects.exists()


def test_a_grant_to_somebody_of_another_county_is_refused_in_the_service(
    admin: Caller, far_admin: Caller
) -> None:
    with pytest.raises(NotFound):
        services.role_grant(
            person=far_admin.person.id, role="county_officer", prefixes=[COUNTY],
            starts_on=TODAY, actor=admin.person.id, now=NOW,
        )  # fmt: skip
