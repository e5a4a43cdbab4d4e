"""A wrong phone clock is told to whoever reads what it wrote (SYNC, "Time": flagged, shown)."""

import datetime as dt
import json
from typing import Any

import pytest
from django.utils import timezone, translation

from backend.console import clocks
from sync.protocol import ids
from sync.shown import Clock

from .conftest import HttpPhone
from .town import Town

YEARS = dt.timedelta(days=3653)


def push(phone: HttpPhone, wall: dt.datetime) -> Any:
    header = {"protocol": 1, "device": str(phone.device), "wall": wall.isoformat()}
    return phone.post(b"\n".join([json.dumps(header).encode(), *phone.log])).json()["receipts"]


def visit(town: Town, wrong: dt.timedelta) -> tuple[Any, list[dict[str, Any]]]:
    """A visit an hour ago by a phone whose clock is wrong by so much, with a finding."""
    child = town.child("龙小燕", of="wu")
    phone = town.phone("wu")
    phone.sync()
    clock = dt.datetime.now(dt.UTC) + wrong
    answers = {"child_seen": "yes", "lives_alone": "yes", "adult_with_child_now": "no"}
    phone.say("visit.part", ids.uuid7(timezone.now()), {"answers": answers}, file=child)
    line = json.loads(phone.log[-1]) | {"wall": (clock - dt.timedelta(hours=1)).isoformat()}
    phone.log[:] = [json.dumps(line).encode()]
    return child, push(phone, clock)


@pytest.mark.parametrize(("wrong", "word"), [(YEARS, "ahead"), (-YEARS, "behind")])
def test_a_visit_and_its_escalation_show_both_times_and_that_the_clock_was_wrong(
    town: Town, wrong: dt.timedelta, word: str
) -> None:
    child, (receipt,) = visit(town, wrong)
    assert "clock" in receipt["flags"]
    desk = town.desk("officer")
    (shown,) = desk.get(f"children/{child}/visits/").json()["results"]
    (row,) = desk.get("escalations/").json()["results"]
    (finding, *_) = desk.get(f"escalations/{row['id']}/").json()["findings"]
    for clock in (shown["clock"], finding["source"]["clock"]):
        phone = dt.datetime.fromisoformat(clock["phone"])
        corrected = dt.datetime.fromisoformat(clock["corrected"])
        assert clock["off"] is True
        assert abs(phone - corrected - wrong) < dt.timedelta(minutes=1)
    page = desk.client
    page.force_login(town.people["officer"])
    for language, said in (("en", f"10 years {word}"), ("zh-hans", "10 年，时间已校正")):
        html = page.get(f"/office/escalations/{row['id']}/", headers={"accept-language": language})
        assert said in html.content.decode()


def test_a_right_clock_is_shown_and_not_pointed_at(town: Town) -> None:
    child, (receipt,) = visit(town, dt.timedelta())
    assert "clock" not in receipt.get("flags", [])
    (shown,) = town.desk("officer").get(f"children/{child}/visits/").json()["results"]
    assert shown["clock"]["off"] is False


def told(ahead: dt.timedelta, uncertainty: dt.timedelta = dt.timedelta()) -> str:
    now = timezone.now()
    off = max(abs(ahead), uncertainty) > clocks.TOLERATED
    card = Clock(phone=now + ahead, corrected=now, ahead=ahead, uncertainty=uncertainty, off=off)
    with translation.override("en"):
        return clocks.phone(card)


def test_the_sentence_says_how_far_and_which_way_and_how_sure() -> None:
    assert clocks.phone(None) == told(dt.timedelta(minutes=4)) == ""
    assert "3 h ahead" in told(dt.timedelta(hours=3))
    assert "3 d behind" in told(-dt.timedelta(days=3))
    unsure = told(dt.timedelta(), dt.timedelta(hours=5))
    assert "off by 5 h" in unsure
    assert "ahead" not in unsure
