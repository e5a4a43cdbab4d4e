"""Beat's memory: neither a clock that was ahead, nor a damaged file, nor a full disk silences it."""

import datetime as dt
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from django.conf import settings

from backend.config import beat
from backend.config.beat import Scheduler
from backend.config.celery import app as huxing
from tests.full_disk import no_room

MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)


@pytest.fixture
def app() -> Celery:
    app = Celery(broker="memory://", set_as_current=False)
    app.conf.beat_schedule = {"look": {"task": "look", "schedule": MINUTE}}
    return app


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "beat.json"


def remember(file: Path, when: dt.datetime) -> None:
    file.write_text(json.dumps({"look": when.isoformat(), "gone": when.isoformat()}))


def ran(scheduler: Scheduler) -> int:
    """How many are sent now."""
    before = sum(entry.total_run_count for entry in scheduler.schedule.values())
    while scheduler.tick() == 0:
        pass
    return sum(entry.total_run_count for entry in scheduler.schedule.values()) - before


def test_our_celery_uses_it() -> None:
    assert huxing.conf.beat_scheduler == "backend.config.beat:Scheduler"
    assert huxing.conf.beat_schedule_filename.startswith(str(settings.HUXING_DATA_DIR))


def test_it_remembers_what_ran_and_makes_up_for_what_did_not(app: Celery, file: Path) -> None:
    remember(file, app.now() - MINUTE / 2)
    first = Scheduler(app, schedule_filename=str(file))
    assert ran(first) == 0
    first.schedule["look"].last_run_at -= 3 * DAY
    first.close()
    assert ran(Scheduler(app, schedule_filename=str(file))) == 1


def test_a_last_run_in_the_future_counts_as_one_of_now(app: Celery, file: Path) -> None:
    remember(file, app.now() + 3 * DAY)
    scheduler = Scheduler(app, schedule_filename=str(file))
    assert 0 < scheduler.tick() <= 60
    assert scheduler.schedule["look"].last_run_at <= app.now()


def test_a_clock_that_is_set_back_while_it_runs_silences_nothing(
    app: Celery, file: Path, caplog: Any
) -> None:
    scheduler = Scheduler(app, schedule_filename=str(file))
    scheduler.schedule["look"].last_run_at += 3 * DAY  # as the clock was ahead
    scheduler.populate_heap()
    assert 0 < scheduler.tick() <= 60
    assert scheduler.schedule["look"].last_run_at <= app.now()
    assert "the clock went back" in caplog.text


def test_a_clock_that_was_set_makes_the_plan_anew(
    app: Celery, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduler = Scheduler(app, schedule_filename=str(file))
    assert ran(scheduler) == 0
    scheduler.schedule["look"].last_run_at -= 2 * MINUTE  # as the new clock sees it
    assert ran(scheduler) == 0, "planned by the old one"
    wall, passed = scheduler._seen
    scheduler._seen = (wall - 600, passed)
    assert ran(scheduler) == 1


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"[]", b'{"look": 7}', b'{"look": "soon"}', b'{"look":']
)
def test_a_damaged_file_begins_anew_with_one_line(
    app: Celery, file: Path, content: bytes, caplog: Any
) -> None:
    file.write_bytes(content)
    scheduler = Scheduler(app, schedule_filename=str(file))
    scheduler.close()
    assert list(json.loads(file.read_text())) == ["look"]
    (line,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert line.exc_info is None


def test_a_full_disk_costs_a_line_and_the_old_memory_stays(
    app: Celery, file: Path, caplog: Any
) -> None:
    remember(file, app.now() - MINUTE)
    scheduler = Scheduler(app, schedule_filename=str(file))
    with no_room():
        assert ran(scheduler) == 1
        scheduler.sync()
    assert "could not be written down" in caplog.text
    assert "gone" in json.loads(file.read_text())
    assert list(file.parent.iterdir()) == [file]


def test_what_cannot_be_sent_is_one_line_and_the_next_has_its_turn(
    app: Celery, file: Path, caplog: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.conf.beat_schedule["also"] = {"task": "also", "schedule": MINUTE}
    scheduler = Scheduler(app, schedule_filename=str(file))
    for entry in scheduler.schedule.values():
        entry.last_run_at -= MINUTE

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("the broker says no")

    monkeypatch.setattr(app, "send_task", fail)
    assert ran(scheduler) == 2
    lines = [record.getMessage() for record in caplog.records if record.name == beat.__name__]
    assert [line.split(" ")[0] for line in sorted(lines)] == ["also", "look"]


def test_every_entry_may_be_dropped_by_a_broker_after_an_hour() -> None:
    """By the broker's clock: one of ours that is wrong must not make every message an old one."""
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["options"] == {"expiration": 3600}
