"""kill -9 for each process of the demo in turn: the office answers again, and what was due is done.

While a process is dead a message falls due; at the end a danger that nobody takes on has to rise.
"""

import contextlib
import datetime as dt
import http.client
import urllib.error
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psutil
from django.db import InterfaceError, OperationalError, connection, transaction

from backend.common import encrypted
from backend.concerns.models import Escalation
from backend.notifications.models import Delivery, Preference
from backend.notifications.services import Notice, enqueue
from tests.cast import add_child, add_escalation
from tests.demos import masters
from tests.receivers import until

from .findings import Row
from .stage import Stage
from .wire import Wire

PATIENCE = (
    150.0  # beat comes by each minute, and whatever ended soon after its start waits a little
)
PAGE = "/office/queue/"


def attack(stage: Stage) -> Row:
    found, killed = Row("kills: each process"), []
    _reachable(stage)
    due = _danger(stage)
    for name, process in victims(stage):
        if stage.left() < PATIENCE / 2:
            break
        found.tried += 1
        killed.append(name)
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
            process.wait(PATIENCE)
        found.hits += _comes_back(stage, name, process)
    found.hits += _unless(lambda: _has_risen(due), "a due danger has not risen after the kills")
    found.where = ", ".join(killed)
    return found


def victims(stage: Stage) -> Iterator[tuple[str, psutil.Process]]:
    """Each supervised process and a child of each that has any, found when its turn comes."""
    for name in ("web", "worker", "beat", "postgres"):
        if name in masters(stage.data):
            children = masters(stage.data)[name].children() if name in ("web", "worker") else []
            if children:
                yield f"a child of {name}", max(children, key=lambda one: one.memory_info().rss)
            yield name, masters(stage.data)[name]


def _comes_back(stage: Stage, name: str, process: psutil.Process) -> list[str]:
    """What is said at once, or as soon as the database takes it, has to go out."""
    said = Said(stage, f"after {name}")
    return (
        _unless(said, f"nothing could be written after the end of {name}")
        or _unless(lambda: _answers(stage), f"no page after the end of {name}")
        or _unless(said.has_come, f"no message went out after the end of {name}")
        or _unless(lambda: not process.is_running(), f"{name} did not end")
    )


def _answers(stage: Stage) -> bool:
    try:
        return Wire(stage.address).call(stage.cast["officer"], "GET", PAGE).status_code == 200
    except (OSError, http.client.HTTPException, urllib.error.URLError):
        return False


def _reachable(stage: Stage) -> None:
    """The officer is sent text messages at once."""
    officer = stage.cast["officer"].person
    assert officer
    card = {"email": "", "mobile": ""}
    Preference.objects.update_or_create(
        person=officer.id,
        defaults={
            "sealed": encrypted.key(officer.id).seal_json(card), "critical": ["sms"],
        },
    )  # fmt: skip


@dataclass
class Said:
    """One text message to the officer, written as whatever happens writes it."""

    stage: Stage
    key: str
    delivery: str = ""

    def __call__(self) -> bool:
        """Whether it could be written."""
        officer, county = self.stage.cast["officer"].person, self.stage.cast.here.village[:6]
        assert officer
        now = dt.datetime.now(dt.UTC)
        notice = Notice(
            key=f"{self.key} {now}", person=officer.id, kind="escalation.opened", critical=True,
            values={"severity": "critical", "division": county, "deadline": now}, county=county,
        )  # fmt: skip
        try:
            with transaction.atomic():
                enqueue([notice], now=now)
            self.delivery = str(Delivery.objects.get(notice=notice.id, channel="sms").id)
        except (OperationalError, InterfaceError):  # the database is the one that was killed
            connection.close()
            return False
        return True

    def has_come(self) -> bool:
        return self.delivery in self.stage.gateway.taken


def _danger(stage: Stage) -> Escalation:
    """Of a child of her own, for the township, due in a moment; nobody will take it on."""
    child, _ = add_child(stage.cast.here, f"龙小梅{stage.cast.here.tag}")
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=20)
    id_ = add_escalation(
        stage.cast.here, child, severity="high", to=["township"], deadline=soon.isoformat()
    )
    return Escalation.objects.get(id=id_)


def _has_risen(row: Escalation) -> bool:
    row.refresh_from_db()
    return row.climbs > 0


def _unless(what: Callable[[], bool], hit: str) -> list[str]:
    try:
        until(what, hit, patience=PATIENCE, pause=0.5)
    except AssertionError:
        return [hit]
    return []
