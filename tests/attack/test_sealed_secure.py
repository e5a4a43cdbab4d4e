"""The attack on what is sealed, in this process at one moment; and a leak that it has to find."""

import re
from typing import Any

import pytest
from django.db import transaction

from backend.common import clock
from backend.concerns.models import Escalation, Finding
from tests.attack import sealed
from tests.cast import Cast, Member

# The accused and whose county it is, where children are; the command looks as everybody, everywhere.
WHERE = re.compile("children|escalations|caseload|visits|notices|queue|tasks|counts")
SOME: Any = {
    "names": ("village_a", "officer"), "searches": sealed.SEARCHES[:2],
    "routes": [route for route in sealed.ROUTES if WHERE.search(route.path)],
}  # fmt: skip


@pytest.fixture
def moment(committed: Cast, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """A page says how many minutes are left, and the machine may be slow."""
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    return committed


def look(member: Member, method: str, path: str, body: Any, headers: Any) -> Any:
    """What looking writes down is taken back: the trail of one look is not seen by the next."""
    with transaction.atomic():
        answer = member.call(method, path, body, headers=headers)
        transaction.set_rollback(True)
    return answer


def test_who_may_not_know_sees_what_she_saw_before_secure(moment: Cast) -> None:
    known = Finding.objects.filter(sealed=True).count()
    found = sealed.attack(moment, look, **SOME)
    assert found.hits == []
    assert Finding.objects.filter(sealed=True).count() > known, "it reaches the leads"
    assert Escalation.objects.filter(skips="village").exists(), "and who is above the accused"


def test_a_count_that_tells_is_found_secure(moment: Cast) -> None:
    me = [route for route in sealed.ROUTES if route.path == "/api/v1/me"]

    def telling(member: Member, method: str, path: str, body: Any, headers: Any) -> Any:
        answer = look(member, method, path, body, headers)
        answer.content += str(Finding.objects.count()).encode()
        return answer

    hits = sealed.attack(moment, telling, **{**SOME, "routes": me}).hits
    assert "the leads' alone: officer sees another answer at /api/v1/me" in hits
    assert "round her own supervisor: village_a sees another answer at /api/v1/me" in hits
