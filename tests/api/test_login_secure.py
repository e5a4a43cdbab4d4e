"""The door: failures slow whoever fails and nobody else; a second step; log-ins that a copy does not open."""

import datetime as dt
import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import Client, override_settings
from django_otp.oath import TOTP

from backend.accounts import client as callers
from backend.accounts import limits, services, tasks
from backend.accounts.errors import LoginFailed, TooManyTries
from backend.accounts.models import (
    AccessToken,
    Person,
    RecoveryCodes,
    TotpDevice,
    Tries,
    WebSession,
)
from backend.audit.models import AuditEntry
from backend.common import clock
from backend.notifications.models import Notice

from .conftest import COUNTY, PASSWORD, person

pytestmark = pytest.mark.django_db
WRONG = "not the password"


@pytest.fixture
def lead() -> Person:
    return person("lead", "county_lead", COUNTY)


def api(
    path: str,
    body: Any = None,
    *,
    token: str = "",
    at: str = "203.0.113.1",
    by: Client | None = None,
) -> Any:
    headers = {"accept-language": "en"} | ({"authorization": f"Token {token}"} if token else {})
    send = (by or Client()).get if body is None else (by or Client()).post
    kind = {} if body is None else {"content_type": "application/json"}
    return send(f"/api/v1/{path}", body, headers=headers, REMOTE_ADDR=at, **kind)


def log_in(username: str, password: str = PASSWORD, *, at: str = "203.0.113.1", **more: str) -> Any:
    return api("auth/login", {"username": username, "password": password, **more}, at=at)


def page(browser: Client, password: str = PASSWORD, *, at: str = "203.0.113.1") -> Any:
    return browser.post("/login/", {"username": "lead", "password": password}, REMOTE_ADDR=at)


def digits(*, steps: int = 0) -> str:
    """What the lead's app shows, so many steps of 30 seconds from now."""
    totp = TOTP(TotpDevice.objects.latest("id").secret)
    totp.time = dt.datetime.now(dt.UTC).timestamp() + 30 * steps
    return f"{totp.token():06d}"


def set_up(browser: Client) -> list[str]:
    """The pages of a set-up; the recovery codes."""
    assert browser.post("/office/account/factor/", {"current": PASSWORD}).status_code == 302
    answer = browser.post("/office/account/factor/confirm/", {"code": digits()})
    assert answer.status_code == 200, answer.content.decode()
    return re.findall(r"<code>([^<]+)</code>", answer.content.decode())


def forget_used() -> None:
    """As if the last code had been shown long ago."""
    TotpDevice.objects.update(last_t=-1)


# ---- who failed waits, and nobody in her place


def test_door_who_knows_only_the_name_slows_only_himself(lead: Person) -> None:
    usual = Client()
    assert page(usual).status_code == 302
    usual.post("/logout/")
    for name in ("lead", "nobody"):
        answers = [log_in(name, WRONG, at="198.51.100.7") for _ in range(6)]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429], name
        assert answers[-1].json()["code"] == "login.locked"
        assert 1 <= int(answers[-1]["Retry-After"]) <= 15
    # Even with the right password he waits where he failed; on the page it is said in words.
    assert log_in("lead", at="198.51.100.7").status_code == 429
    said = page(Client(), at="198.51.100.7")
    assert (said.status_code, "秒后再试" in said.content.decode()) == (429, True)
    assert int(said["Retry-After"]) >= 1
    # The owner does not: elsewhere, or behind the same address with the browser she uses.
    assert log_in("lead", at="192.0.2.9").status_code == 200
    assert page(usual, WRONG, at="198.51.100.7").status_code == 200, "heard, and said in words"
    assert page(usual, at="198.51.100.7").status_code == 302
    # A cookie that somebody wrote himself makes no known browser.
    forged = Client()
    forged.cookies[callers.COOKIE] = usual.cookies[callers.COOKIE].value[:-4] + "AAAA"
    assert page(forged, at="198.51.100.7").status_code == 429


def test_door_an_account_tried_from_everywhere_hears_each_new_place_once(lead: Person) -> None:
    for number in range(limits.HOT):
        assert log_in("lead", WRONG, at=f"198.51.100.{number}").status_code == 401
    assert [log_in("lead", WRONG, at="192.0.2.1").status_code for _ in range(2)] == [401, 429]
    assert log_in("lead", at="192.0.2.2").status_code == 200
    # A network of IPv6 is one place.
    assert log_in("lead", WRONG, at="2001:db8::1").status_code == 401
    assert log_in("lead", WRONG, at="2001:db8::2").status_code == 429


def test_door_an_address_that_fails_on_many_accounts_waits() -> None:
    now = clock.now()
    here, usual = limits.Place("198.51.100.7"), limits.Place("198.51.100.7", browser="hers")
    assert [fail(f"person {number}", here, now) for number in range(3)] == [0, 0, 0]
    Tries.objects.filter(failures=3).update(failures=limits.ADDRESS.free)
    assert fail("another", here, now) == limits.ADDRESS.first
    assert fail("one more", usual, now) == 0
    assert fail("one more", here, now + dt.timedelta(seconds=limits.ADDRESS.first)) == 0


def fail(account: str, place: limits.Place, now: dt.datetime, what: str = "password") -> int:
    """Fails once; the seconds that it has to wait instead."""
    try:
        with limits.tried(what, account, place, now=now):
            raise LoginFailed
    except LoginFailed:
        return 0
    except TooManyTries as error:
        return error.retry_after or -1


def test_door_waits_grow_to_a_bound_and_are_forgotten_whatever_the_clock_does() -> None:
    now, here = clock.now(), limits.Place("198.51.100.7")
    ahead = now + dt.timedelta(days=3)
    grown: list[int] = []
    for _ in range(14):
        wait = fail("lead", here, ahead)
        grown += [wait] if wait else []
        ahead += dt.timedelta(seconds=wait)
        if wait:
            assert fail("lead", here, ahead) == 0
    assert grown == [15, 30, 60, 120, 240, 480, 900, 900, 900]
    # The clock comes back by three days: the rule's own time, and no longer.
    assert fail("lead", here, now) == 900
    assert fail("lead", here, now + dt.timedelta(seconds=900)) == 0
    assert fail("lead", here, now + dt.timedelta(hours=3)) == 0
    assert fail("lead", here, now + dt.timedelta(hours=3)) == 0
    Tries.objects.update(last_at=now - 3 * limits.FORGET)
    tasks.clean()
    assert not Tries.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_door_many_tries_at_once_are_as_slow_as_one_after_another() -> None:
    now, here = clock.now(), limits.Place("198.51.100.7")

    def one(_: int) -> int:
        try:
            return fail("lead", here, now)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        waits = list(pool.map(one, range(12)))
    assert (waits.count(0), waits.count(15)) == (limits.PLACE.free, 12 - limits.PLACE.free)


def test_door_every_other_secret_is_slowed_too(lead: Person) -> None:
    token = log_in("lead").json()["token"]
    change = {"current": WRONG, "password": "another long password"}
    asked = [api("me/password", change, token=token).status_code for _ in range(6)]
    assert asked == [401] * 5 + [429]
    # Right, but too weak a new one: no failure.
    Tries.objects.all().delete()
    for _ in range(7):
        weak = api("me/password", {"current": PASSWORD, "password": "short"}, token=token)
        assert weak.status_code == 400
    enrol = {"code": "AAAABBBBCCCC", "device": "01890000-0000-7000-8000-000000000000"}
    assert api("enrol", enrol).status_code == 403
    Tries.objects.filter(failures=1).update(failures=limits.ADDRESS.free)
    assert api("enrol", enrol).status_code == 429


@pytest.mark.parametrize(
    ("proxies", "said", "believed"),
    [
        (0, "198.51.100.1", "127.0.0.1"),
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "198.51.100.1, 192.0.2.4:8080", "192.0.2.4"),
        (2, "6.6.6.6, 198.51.100.1, 192.0.2.4", "198.51.100.1"),
        (2, "192.0.2.4", "127.0.0.1"),
        (1, "[2001:db8::1]:443", "2001:db8::1"),
        (1, "::ffff:192.0.2.4", "192.0.2.4"),
        (1, "", "127.0.0.1"),
        (1, "no address\x00", "127.0.0.1"),
        (1, "9" * 5000, "127.0.0.1"),
    ],
)
def test_door_an_address_is_believed_as_far_as_the_setting_says(
    rf: Any, proxies: int, said: str, believed: str
) -> None:
    with override_settings(HUXING_TRUSTED_PROXIES=proxies):
        assert callers.address(rf.get("/", HTTP_X_FORWARDED_FOR=said)) == believed
        assert callers.address(rf.get("/", REMOTE_ADDR="")) == ""


# ---- the second step


def test_door_secure_second_step_from_set_up_to_log_in(lead: Person) -> None:
    browser, elsewhere = Client(), Client()
    page(browser), page(elsewhere)
    token = log_in("lead").json()["token"]
    browser.get("/office/account/")
    refused = browser.post("/office/account/factor/", {"current": WRONG})
    assert (refused.status_code, TotpDevice.objects.count()) == (400, 0)
    codes = set_up(browser)
    # Its owner is told and goes on; every other log-in is ended.
    assert Notice.objects.filter(person=lead.id, kind="factor.set_up").exists()
    assert browser.get("/office/account/").status_code == 200
    assert elsewhere.get("/office/account/").status_code == 302
    assert api("me", token=token).status_code == 401
    # With the password alone a browser gets nowhere, and is sent on to where it wanted.
    half = Client()
    assert page(half)["location"] == "/login/code/?next=%2Foffice%2F"
    for address in ("/", "/office/children/", "/office/account/", "/admin/", "/office/notices/"):
        assert half.get(address)["location"] == f"/login/code/?{urlencode({'next': address})}"
    for scheme in ({}, {"authorization": "Basic abc"}, {"authorization": f"Token {'0' * 64}"}):
        assert half.get("/api/v1/me", headers=scheme).status_code == 401
    assert half.get("/api/v1/me").json()["code"] == "second_factor_needed"
    forget_used()
    assert half.post("/login/code/", {"code": "000000"}).status_code == 400
    shown = digits()
    own = half.cookies[settings.SESSION_COOKIE_NAME].value
    taken = half.post("/login/code/", {"code": shown, "next": "/office/notices/"})
    assert taken["location"] == "/office/notices/"
    assert half.cookies[settings.SESSION_COOKIE_NAME].value != own
    assert half.get("/office/account/").status_code == 200
    # At the API: a code that was used, none, a recovery code, the same again.
    asked = [log_in("lead", otp=shown), log_in("lead"), log_in("lead", otp=codes[0].lower())]
    assert [answer.status_code for answer in asked] == [401, 401, 200]
    assert [answer.json().get("code") for answer in asked[:2]] == [
        "login.code",
        "second_factor_needed",
    ]
    assert log_in("lead", otp=codes[0]).status_code == 401
    assert api("me", token=asked[2].json()["token"]).json()["second_factor"] is True
    assert Notice.objects.get(kind="factor.recovery_used").values["left"] == len(codes) - 1 == 9
    used = AuditEntry.objects.filter(action="factor.used", subject=lead.id)
    assert [line.detail["factor"] for line in used.order_by("id")] == ["totp", "recovery"]


def test_door_secure_a_copy_of_the_database_opens_no_second_step(lead: Person) -> None:
    browser = Client()
    page(browser)
    codes = set_up(browser)
    secret = TotpDevice.objects.get().secret
    cookie = browser.cookies[settings.SESSION_COOKIE_NAME].value
    token = log_in("lead", otp=codes[0]).json()["token"]
    with connection.cursor() as cursor:
        copy = ""
        for table in (TotpDevice, RecoveryCodes, WebSession, AccessToken, Tries):
            cursor.execute(f"SELECT t::text FROM {table._meta.db_table} t")
            copy += "".join(row for (row,) in cursor.fetchall())
    for marked in (
        secret.hex(),
        cookie,
        token,
        "lead",
        *(c.replace("-", "") for c in codes),
        *codes,
    ):
        assert marked not in copy
    assert copy.count("203.0.113.1") == 2, "of two log-ins, for their owner; not of what is counted"


def test_door_wrong_codes_are_slowed_and_their_owner_is_told(lead: Person) -> None:
    browser = Client()
    page(browser)
    codes = set_up(browser)
    thief = "198.51.100.7"
    seen = [log_in("lead", at=thief, otp="000000").status_code for _ in range(6)]
    assert seen == [401] * 5 + [429]
    assert Notice.objects.filter(person=lead.id, kind="factor.tried").count() == 1
    Tries.objects.filter(failures__gte=5).update(failures=limits.CODES.free)
    # Strange browsers share what is left, wherever they are; the owner's own is heard.
    assert log_in("lead", at="192.0.2.77", otp="000000").status_code == 429
    forget_used()
    browser.post("/logout/")
    assert page(browser)["location"].startswith("/login/code/")
    assert browser.post("/login/code/", {"code": codes[1]}).status_code == 302


def test_door_a_clock_that_came_back_refuses_no_code(lead: Person) -> None:
    browser = Client()
    page(browser)
    set_up(browser)
    TotpDevice.objects.update(last_t=int(dt.datetime.now(dt.UTC).timestamp() / 30) + 8640)
    assert log_in("lead", otp=digits()).status_code == 200
    assert log_in("lead", otp=digits()).status_code == 401


def test_door_who_must_have_a_second_step_gets_time_and_then_only_its_set_up(lead: Person) -> None:
    person("officer", "county_officer", COUNTY)
    browser = Client()
    page(browser)
    token = log_in("lead").json()["token"]
    shown = browser.get("/office/notices/").content.decode()
    assert "您的角色必须启用第二步验证" in shown
    until = api("me", token=token).json()["second_factor_until"]
    assert dt.datetime.fromisoformat(until) > clock.now() + dt.timedelta(days=13)
    Person.objects.filter(id=lead.id).update(factor_from=clock.now() - dt.timedelta(days=15))
    assert browser.get("/office/notices/")["location"] == "/office/account/"
    assert api("me", token=token).json()["code"] == "second_factor_unset"
    assert log_in("lead").json()["code"] == "second_factor_unset"
    assert log_in("officer").status_code == 200
    with override_settings(HUXING_SECOND_FACTOR="offered"):
        assert log_in("lead").status_code == 200
    set_up(browser)
    assert browser.get("/office/notices/").status_code == 200
    # Required from the start.
    Person.objects.update(factor_at=None, factor_from=None)
    with override_settings(HUXING_SECOND_FACTOR_GRACE_DAYS=0):
        assert log_in("lead").status_code == 403
        assert log_in("officer").status_code == 200


def test_door_secure_a_second_step_is_replaced_by_its_owner_and_ended_by_the_service(
    lead: Person,
) -> None:
    other = person("admin", "administrator", COUNTY)
    browser = Client()
    page(browser)
    old, first = set_up(browser), TotpDevice.objects.get().secret
    new = set_up(browser)
    assert (TotpDevice.objects.get().secret != first, set(old) & set(new)) == (True, set())
    assert log_in("lead", otp=old[0]).status_code == 401
    again = browser.post("/office/account/codes/", {"current": PASSWORD}).content.decode()
    assert new[0] not in again
    services.factor_end(person=lead.id, actor=other.id, now=clock.now())
    told = Notice.objects.filter(person=lead.id).order_by("id").values_list("kind", flat=True)
    assert set(told) == {"factor.set_up", "factor.replaced", "factor.codes", "factor.ended"}
    assert AuditEntry.objects.get(action="factor.ended").actor == other.id
    assert browser.get("/office/account/").status_code == 302
    assert log_in("lead").status_code == 200


# ---- log-ins


def test_door_secure_log_ins_are_listed_and_ended_by_their_owner(lead: Person) -> None:
    browser, other = Client(headers={"user-agent": "Firefox"}), Client()
    page(browser, at="192.0.2.5"), page(other)
    tokens = [log_in("lead").json()["token"] for _ in range(2)]
    stranger = person("officer", "county_officer", COUNTY)
    strange = str(AccessToken.objects.create(user=stranger)[1])
    long_ago, now = clock.now() - dt.timedelta(hours=1), clock.now()
    WebSession.objects.update(seen_at=long_ago)
    AccessToken.objects.update(seen_at=long_ago)
    other.get("/office/account/")
    found = api("me/log-ins/", token=tokens[0]).json()
    seen = [dt.datetime.fromisoformat(one["seen_at"]) >= now for one in found]
    assert (seen.count(True), seen.count(False)) == (2, 2), "those that called"
    assert sorted(one["kind"] for one in found) == ["page", "page", "token", "token"]
    assert [one["kind"] for one in found if one["current"]] == ["token"]
    mine = next(one for one in found if one["address"] == "192.0.2.5")
    assert mine["browser"] == "Firefox"
    # Nobody ends another's; one's own ends at once.
    assert api(f"me/log-ins/{mine['id']}/end", {}, token=strange).status_code == 404
    assert api(f"me/log-ins/{mine['id']}/end", {}, token=tokens[0]).status_code == 204
    assert browser.get("/office/account/").status_code == 302
    shown = other.get("/office/account/").content.decode()
    assert shown.count("/end/") == 3
    assert other.post("/office/account/log-ins/end/").status_code == 302
    assert [api("me", token=token).status_code for token in tokens] == [401, 401]
    assert other.get("/office/account/").status_code == 200
    token = log_in("lead").json()["token"]
    assert api("auth/logout", {}, token=token).status_code == 204
    assert api("me", token=token).status_code == 401
    token = log_in("lead").json()["token"]
    assert api("me/log-ins/end", {}, token=token).status_code == 204
    assert other.get("/office/account/").status_code == 302
    assert api("me", token=strange).status_code == 200


def test_door_secure_a_new_password_and_a_closed_account_end_every_log_in(lead: Person) -> None:
    other = person("admin", "administrator", COUNTY)

    def change() -> None:
        card = {"current": PASSWORD, "password": PASSWORD + "!"}
        services.password_change(person=lead.id, now=clock.now(), **card)

    def reset() -> None:
        services.password_set(person=lead.id, password=PASSWORD, actor=None, now=clock.now())

    def close() -> None:
        services.person_deactivate(person=lead.id, actor=other.id, now=clock.now())

    for password, ended in ((PASSWORD, change), (PASSWORD + "!", reset), (PASSWORD, close)):
        browser = Client()
        assert page(browser, password).status_code == 302
        token = log_in("lead", password).json()["token"]
        ended()
        assert not WebSession.objects.filter(person=lead.id).exists()
        assert browser.get("/office/account/").status_code == 302
        assert api("me", token=token).status_code == 401


def test_door_secure_what_has_run_out_or_comes_from_the_future_counts_no_more(lead: Person) -> None:
    browser, now = Client(), clock.now()
    page(browser)
    token = log_in("lead").json()["token"]
    for end in (now + dt.timedelta(days=3), now - dt.timedelta(seconds=1)):
        WebSession.objects.update(expire_date=end)
        AccessToken.objects.update(expiry=end)
        assert browser.get("/office/account/").status_code == 302
        assert api("me", token=token).status_code == 401
        assert services.log_ins(lead.id, now=now) == []
        browser.cookies[settings.SESSION_COOKIE_NAME] = "x" * 32
    page(Client())
    tasks.clean()
    assert WebSession.objects.count() == 1
    assert not AccessToken.objects.exists()


def test_door_whatever_a_browser_hands_in_as_a_passkey_ends_in_words(lead: Person) -> None:
    browser = Client()
    page(browser)
    set_up(browser)
    half = Client()
    page(half)
    shapes: list[Any] = [[], "x", {}, {"id": 1}, {"id": "a", "rawId": "é", "response": []}]
    shapes.append({"id": "YQ", "rawId": "YQ", "type": "public-key", "response": {
        "clientDataJSON": "e30", "attestationObject": "/w", "authenticatorData": "YQ", "signature": "",
    }})  # fmt: skip
    for who, begin, end in (
        (browser, "/office/account/passkeys/begin/", "/office/account/passkeys/complete/"),
        (half, "/login/passkey/begin/", "/login/passkey/complete/"),
    ):
        for shape in shapes:
            Tries.objects.all().delete()
            assert who.post(begin, {}, content_type="application/json").status_code == 200
            answer = who.post(end, shape, content_type="application/json")
            assert (answer.status_code, answer.json()["code"]) == (401, "login.passkey"), shape
        assert who.post(end, b"{", content_type="application/json").status_code == 401
    assert half.get("/office/account/")["location"].startswith("/login/code/")


@pytest.mark.parametrize("token", ["é", "0" * 63, "%00" * 30, "A" * 64, "0" * 5000])
def test_door_a_token_of_any_form_is_refused_in_words(token: str) -> None:
    answer = Client().get("/api/v1/me", headers={"authorization": f"Token {token}"})
    assert answer.status_code == 401
    assert json.loads(answer.content)["code"]


def test_door_ids_of_log_ins_give_nothing_away(lead: Person) -> None:
    log_in("lead")
    (one,) = services.log_ins(lead.id, now=clock.now())
    assert isinstance(one.id, UUID)
    assert one.id.hex not in one.key
