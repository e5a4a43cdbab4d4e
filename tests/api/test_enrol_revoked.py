"""What a revoked phone may still do, and who may revoke it."""

from uuid import UUID

import pytest
from django.test import Client

from backend.accounts import services
from backend.accounts.models import Device, Person
from backend.audit.models import AuditEntry
from backend.common.errors import NotFound

from .conftest import NOW, OTHER_COUNTY, HttpPhone, person


def test_a_revoked_phone_keeps_a_token_that_is_recognised(
    http_phone: HttpPhone, administrator: Person
) -> None:
    """403 is an answer to a known token; 401 would make the phone throw away what it holds."""
    services.device_revoke(device=http_phone.device, reason="lost", actor=administrator.id, now=NOW)
    answer = Client().get("/api/v1/me", headers={"authorization": f"Token {http_phone.token}"})
    assert answer.status_code == 403


def test_the_phone_of_somebody_who_left_is_recognised_too(http_phone: HttpPhone) -> None:
    Person.objects.filter(id=UUID(http_phone.person)).update(is_active=False)
    answer = Client().get("/api/v1/me", headers={"authorization": f"Token {http_phone.token}"})
    assert answer.status_code == 403


def test_the_other_countys_administrator_cannot_revoke_a_phone(http_phone: HttpPhone) -> None:
    stranger = person("stranger", "administrator", OTHER_COUNTY)
    with pytest.raises(NotFound):
        services.device_revoke(device=http_phone.device, reason="lost", actor=stranger.id, now=NOW)
    assert Device.objects.get().revoked_at is None
    assert not AuditEntry.objects.filter(action="device.revoke").exists()
