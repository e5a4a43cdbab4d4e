"""Who looks after what waits is told of it (sync.md: nothing waits for ever)."""

import datetime as dt
from dataclasses import replace
from uuid import UUID

import pytest

from backend.accounts.models import Person
from backend.notifications.models import Notice
from backend.quarantine import alarms
from sync import overdue, ports, push
from sync.entries import Draft
from sync.models import Operation
from sync.ports import Sender
from sync.protocol import ids, messages
from sync.push import submit

from .conftest import COUNTY, NOW, OTHER_COUNTY, VILLAGE, person

pytestmark = pytest.mark.django_db(transaction=True)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


@pytest.fixture
def keepers(transactional_db: None) -> dict[str, Person]:
    return {
        "admin": person("admin", "administrator", COUNTY),
        "lead": person("lead", "county_lead", COUNTY),
        "far": person("far", "administrator", OTHER_COUNTY),
    }


def failing(monkeypatch: pytest.MonkeyPatch, kind: str = "child.register") -> None:
    """Operations that the server failed on; the files stand already where a sealed part is meant."""
    child = ids.uuid7(NOW)
    card = {"name": "龙小燕", "sex": "female", "birth_date": "2018-03-07"}
    data = {
        "set": {
            "identity": {"v": card, "saw": []},
            "residence": {"v": {"division": VILLAGE, "address": "三组12号"}, "saw": []},
        }
    }
    register = Draft(
        op=ids.uuid7(NOW), person=ids.uuid7(NOW), kind="child.register", target=child, file=child,
        data=data, at=NOW,
    )  # fmt: skip
    if kind != "child.register":
        submit([register], now=NOW)
        register = replace(
            register, op=(made := ids.uuid7(NOW)), kind=kind, target=made,
            data={"part": str(UUID(int=7)), "answers": {}},
        )  # fmt: skip

    def fail(*_: object) -> list[Draft]:
        raise RuntimeError("a fault of the server")

    with monkeypatch.context() as broken:
        broken.setattr(ports, "_installed", [replace(ports.ports(), react=fail)])
        (receipt,) = submit([register], now=NOW)
    assert receipt.outcome == "held"
    Operation.objects.filter(op=register.op).update(shard=COUNTY)


def told(person: Person) -> list[str]:
    return list(
        Notice.objects.filter(person=person.id).order_by("at").values_list("kind", flat=True)
    )


def test_an_alarm_reaches_the_countys_administrators_once_an_hour(
    keepers: dict[str, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        failing(monkeypatch)
        assert overdue.alarm(now=NOW + 2 * HOUR, after=HOUR) == 1
    assert overdue.alarm(now=NOW + 2 * HOUR, after=HOUR) == 0
    assert told(keepers["admin"]) == ["quarantine.alarm"]
    assert told(keepers["lead"]) == told(keepers["far"]) == []
    notice = Notice.objects.get()
    assert (notice.county, notice.critical) == (COUNTY, True)
    failing(monkeypatch)
    overdue.alarm(now=NOW + 4 * HOUR, after=HOUR)
    assert told(keepers["admin"]) == ["quarantine.alarm"] * 2


def test_of_a_sealed_operation_only_the_leads_hear_and_only_that_something_waits(
    keepers: dict[str, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, "visit.sealed")
    overdue.alarm(now=NOW + 2 * HOUR, after=HOUR)
    assert told(keepers["admin"]) == []
    assert told(keepers["lead"]) == ["sealed.waiting"]
    assert Notice.objects.get().values == {"link": "/office/waiting/"}


def unknown(kind: str = "visit.new") -> None:
    """A line that only a person can decide about."""
    device, worker, op = ids.uuid7(NOW), ids.uuid7(NOW), ids.uuid7(NOW)
    line = {
        "op": str(op), "device": str(device), "person": str(worker), "seq": 1, "prev": None,
        "kind": kind, "target": str(op), "file": str(op), "wall": NOW.isoformat(), "data": {},
    }  # fmt: skip
    sender = Sender(device, frozenset([worker]), COUNTY, revoked=False, scope_hash="")
    receipts, _ = push.push([messages.write(line)], sender=sender, wall=NOW, now=NOW)
    assert [receipt.outcome for receipt in receipts] == ["quarantined"]


def test_what_has_lain_for_days_is_remembered_each_day(keepers: dict[str, Person]) -> None:
    unknown()
    alarms.remind(now=NOW + 2 * DAY)
    assert told(keepers["admin"]) == []
    for _ in range(2):
        alarms.remind(now=NOW + 3 * DAY + HOUR)
    assert told(keepers["admin"]) == ["quarantine.waiting"]
    alarms.remind(now=NOW + 4 * DAY + HOUR)
    assert told(keepers["admin"]) == ["quarantine.waiting"] * 2
    assert told(keepers["lead"]) == told(keepers["far"]) == []
