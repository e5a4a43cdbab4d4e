"""A passkey as the second step, in a real browser with an authenticator of its own."""

import datetime as dt
from typing import Any

import pytest
from django_otp.oath import TOTP
from django_otp_webauthn.models import WebAuthnCredential

from backend.accounts.models import TotpDevice
from backend.notifications.models import Notice
from tests.api.conftest import COUNTY, PASSWORD, person

pytestmark = pytest.mark.slow
AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
    "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


def shown() -> str:
    totp = TOTP(TotpDevice.objects.get().secret)
    totp.time = dt.datetime.now(dt.UTC).timestamp()
    return f"{totp.token():06d}"


def test_door_secure_a_passkey_is_added_used_and_removed(desk: Any, office_address: str) -> None:
    person("lead", "county_lead", COUNTY)
    # A passkey belongs to a name: an address in numbers has none.
    home = office_address.replace("127.0.0.1", "localhost")
    page = desk(language="en-GB")
    keys = page.context.new_cdp_session(page)
    keys.send("WebAuthn.enable")
    keys.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})

    def log_in() -> None:
        page.goto(f"{home}/login/")
        page.fill("#id_username", "lead")
        page.fill("#id_password", PASSWORD)
        page.click("main button")

    log_in()
    page.goto(f"{home}/office/account/")
    page.fill("#current", PASSWORD)
    page.click("text=Begin")
    page.fill("#code", shown())
    page.click("main button")
    assert page.locator(".codes li").count() == 10
    page.click("text=I have them")
    page.fill("#passkey-name", "my desk")
    page.click("text=Add a passkey")
    page.wait_for_selector("text=my desk")
    page.click("text=Log out")
    log_in()
    page.wait_for_url("**/login/code/**")
    page.click("text=Use a passkey")
    page.wait_for_url("**/office/**")
    page.goto(f"{home}/office/account/")
    remove = page.locator("form:has-text('my desk')")
    remove.locator("input[name=current]").fill(PASSWORD)
    remove.locator("button").click()
    page.wait_for_selector("text=my desk", state="detached")
    assert not WebAuthnCredential.objects.exists()
    told = set(Notice.objects.values_list("kind", flat=True))
    assert told == {"factor.set_up", "factor.passkey_added", "factor.passkey_removed"}
