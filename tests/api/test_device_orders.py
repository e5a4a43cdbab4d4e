"""Orders to a lost or lent phone: given by an administrator, told at every contact, confirmed by it."""

import base64
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from backend.accounts import services
from backend.accounts.models import AccessToken, DeviceOrder, Person
from backend.audit.models import AuditEntry
from sync.protocol import messages, sealing

from .conftest import COUNTY, NOW, OTHER_COUNTY, HttpPhone, person
from .test_sync import register


def call(caller: Person, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    token = str(AccessToken.objects.create(user=caller)[1])
    answer = getattr(Client(), method)(
        f"/api/v1/devices/{path}", body, content_type="application/json",
        headers={"authorization": f"Token {token}", "accept-language": "en"},
    )  # fmt: skip
    return answer.status_code, answer.json() if answer.content else None


def give(caller: Person, phone: HttpPhone, do: str = "lock") -> UUID:
    status, made = call(
        caller, "post", f"{phone.device}/orders/", {"do": do, "reason": "left on the bus"}
    )
    assert status == 201
    return UUID(made["id"])


def shown(caller: Person, phone: HttpPhone) -> list[dict[str, Any]]:
    _, card = call(caller, "get", f"{phone.device}/")
    orders: list[dict[str, Any]] = card["orders"]
    return orders


def header(phone: HttpPhone, **more: Any) -> bytes:
    return messages.write(
        {"protocol": 1, "device": str(phone.device), "wall": NOW.isoformat(), "pull": False, **more}
    )


def test_an_order_is_told_until_the_phone_confirms_it_and_is_shown_as_done(
    http_phone: HttpPhone, administrator: Person
) -> None:
    order = give(administrator, http_phone)
    (pending,) = shown(administrator, http_phone)
    assert (pending["status"], pending["reason"], pending["given_by"]) == (
        "pending",
        "left on the bus",
        str(administrator.id),
    )
    for _ in range(2):
        assert http_phone.sync()["orders"] == [{"id": str(order), "do": "lock"}]
    answer = http_phone.post(header(http_phone, done=[str(order)])).json()
    assert "orders" not in answer
    assert "orders" not in http_phone.sync()
    (done,) = shown(administrator, http_phone)
    assert (done["status"], done["done_at"] is None) == ("done", False)


def test_giving_and_carrying_out_stand_in_the_audit_log_of_the_county(
    http_phone: HttpPhone, administrator: Person
) -> None:
    order = give(administrator, http_phone, "wipe")
    for _ in range(2):
        http_phone.post(header(http_phone, done=[str(order)]))
    lines = AuditEntry.objects.filter(subject=http_phone.device, action__startswith="device.")
    told = list(lines.order_by("id").values_list("action", "actor", "county", "detail__order"))
    assert told[-2:] == [
        ("device.wipe", administrator.id, "522630", str(order)),
        ("device.order_done", None, "522630", str(order)),
    ]
    assert lines.filter(action="device.order_done").count() == 1


def test_a_revoked_phone_hears_its_orders_beside_the_refusal(
    http_phone: HttpPhone, administrator: Person
) -> None:
    services.device_revoke(device=http_phone.device, reason="lost", actor=administrator.id, now=NOW)
    order = give(administrator, http_phone, "wipe")
    answer = http_phone.sync()
    assert (answer["refused"], answer["orders"]) == (
        "device.revoked",
        [{"id": str(order), "do": "wipe"}],
    )


def test_the_same_order_does_not_wait_twice(http_phone: HttpPhone, administrator: Person) -> None:
    give(administrator, http_phone)
    again = {"do": "lock", "reason": "once more"}
    status, problem = call(administrator, "post", f"{http_phone.device}/orders/", again)
    assert (status, problem["code"]) == (409, "device.order")
    assert DeviceOrder.objects.count() == 1
    give(administrator, http_phone, "unlock")


def test_an_order_can_be_withdrawn_until_it_is_done(
    http_phone: HttpPhone, administrator: Person
) -> None:
    order = give(administrator, http_phone)
    path = f"{http_phone.device}/orders/{order}/withdraw"
    assert call(administrator, "post", path) == (204, None)
    assert "orders" not in http_phone.sync()
    status, problem = call(administrator, "post", path)
    assert (status, problem["code"]) == (409, "device.order_done")
    assert shown(administrator, http_phone)[0]["status"] == "withdrawn"


def test_an_order_withdrawn_too_late_was_carried_out(
    http_phone: HttpPhone, administrator: Person
) -> None:
    order = give(administrator, http_phone, "wipe")
    call(administrator, "post", f"{http_phone.device}/orders/{order}/withdraw")
    http_phone.post(header(http_phone, done=[str(order)]))
    assert shown(administrator, http_phone)[0]["status"] == "done"


def test_a_phone_confirms_only_its_own_orders(
    http_phone: HttpPhone, administrator: Person, supervisor: Person
) -> None:
    code = services.enrolment_code_create(people=[supervisor.id], actor=administrator.id, now=NOW)
    other = HttpPhone(code)
    order = give(administrator, http_phone)
    assert other.post(header(other, done=[str(order)])).status_code == 200
    assert shown(administrator, http_phone)[0]["status"] == "pending"


def test_the_other_countys_administrator_finds_no_phone_to_order(http_phone: HttpPhone) -> None:
    stranger = person("stranger", "administrator", OTHER_COUNTY)
    body = {"do": "wipe", "reason": "because"}
    status, problem = call(stranger, "post", f"{http_phone.device}/orders/", body)
    assert (status, problem["code"]) == (404, "not_found")
    assert not DeviceOrder.objects.exists()


@pytest.mark.parametrize("body", [{"do": "explode", "reason": "x"}, {"do": "lock"}])
def test_an_order_needs_a_known_word_and_a_reason(
    http_phone: HttpPhone, administrator: Person, body: dict[str, str]
) -> None:
    status, _ = call(administrator, "post", f"{http_phone.device}/orders/", body)
    assert status == 400


def test_what_a_phone_seals_from_its_enrolment_on_is_applied(http_phone: HttpPhone) -> None:
    """With the real keys: the point from the enrolment's answer, the secret from the database."""
    public = base64.b64decode(http_phone.outbox["public"])
    recipient = sealing.Recipient(public)
    assert recipient.key.hex() == http_phone.outbox["key"]
    register(http_phone)
    lines = []
    for line in http_phone.log:
        said = messages.read_operation(line)
        entry = recipient.seal_operation(
            line, device=http_phone.device, op=said.op, seq=said.seq or 0
        )
        lines.append(messages.write_sealed(entry))
    answer = http_phone.post(b"\n".join([header(http_phone), *lines])).json()
    assert {receipt["outcome"] for receipt in answer["receipts"]} == {"applied"}


def test_a_phone_is_told_its_lease_and_its_outbox_key(http_phone: HttpPhone, settings: Any) -> None:
    settings.HUXING_LEASE_DAYS = 9
    told = http_phone.post(header(http_phone, pull=True, config={})).json()["config"]
    assert told["lease"]["value"] == {"days": 9}
    assert told["outbox"]["value"] == http_phone.outbox
    settings.HUXING_LEASE_DAYS_BY_COUNTY = {OTHER_COUNTY: 3, COUNTY: 7}
    told = http_phone.post(header(http_phone, pull=True, config={})).json()["config"]
    assert told["lease"]["value"] == {"days": 7}
