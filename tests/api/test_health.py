"""What a load balancer and an operator's monitoring are told."""

import datetime as dt
import re
import uuid
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from backend.health import heartbeats
from backend.health.models import Heartbeat
from deploy.stack import ROOT
from sync.models import DeviceLog, Operation
from tests.api.test_escalations import open_one

pytestmark = pytest.mark.django_db
ALERTS = yaml.safe_load((ROOT / "deploy/alerts.yml").read_text(encoding="utf-8"))
OPERATOR = {"Authorization": "Bearer watch"}


@pytest.fixture(autouse=True)
def watched(db: None, settings: Any, tmp_path: Path) -> None:
    settings.HUXING_OPERATOR_TOKEN = "watch"
    settings.HUXING_DATA_DIR = tmp_path
    settings.HUXING_DISK_FREE_MIB = 1
    Heartbeat.objects.all().delete()


def ask(status: int = 200) -> dict[str, Any]:
    answer = Client().get("/readyz", headers=OPERATOR)
    assert answer.status_code == status
    said: dict[str, Any] = answer.json()
    assert said["ready"] is (status == 200)
    return said["checks"]


def now() -> dt.datetime:
    """Not when the file was read: that may be long ago."""
    return dt.datetime.now(dt.UTC)


def alive() -> None:
    for part in (heartbeats.WORKER, heartbeats.BEAT, heartbeats.BACKUP):
        heartbeats.beat(part, now=now())


def operation(outcome: str, code: str | None, received: dt.datetime) -> None:
    Operation.objects.create(
        op=uuid.uuid4(), hash=b"", person=uuid.uuid4(), kind="visit.record", target=uuid.uuid4(),
        file=uuid.uuid4(), wall=0, at=0, uncertainty=0, received=received, body=b"",
        outcome=outcome, code=code,
    )  # fmt: skip


def test_all_is_well_and_only_the_operator_hears_of_what() -> None:
    alive()
    assert {check: said["state"] for check, said in ask().items()} == dict.fromkeys(
        ("database", "ledger", "broker", "worker", "beat", "operations", "disk", "backup"), "ok"
    )
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        assert Client().get("/readyz", headers=headers).json() == {"ready": True}
        assert Client().get("/metrics", headers=headers).status_code == 404


def test_without_an_operators_token_nobody_is_the_operator(settings: Any) -> None:
    settings.HUXING_OPERATOR_TOKEN = ""
    for headers in ({}, {"Authorization": "Bearer "}):
        assert Client().get("/metrics", headers=headers).status_code == 404


def test_what_stands_still_is_named_and_takes_nobody_out_of_service() -> None:
    checks = ask()
    assert {check for check, said in checks.items() if said["state"] == "warning"} == {
        "worker", "beat", "backup",
    }  # fmt: skip
    heartbeats.beat(heartbeats.WORKER, now=now() - dt.timedelta(minutes=7))
    # A clock that was ahead and came back has left a time that has not come yet.
    heartbeats.beat(heartbeats.BEAT, now=now() + dt.timedelta(days=3))
    checks = ask()
    assert checks["worker"]["message"] == "No task has run for 7 minutes. Is a worker running?"
    assert checks["beat"]["message"] == "Beat has sent nothing yet. Is beat running?"


def test_an_operation_that_the_server_fails_on_is_told_once_it_is_old(settings: Any) -> None:
    operation("held", "server.retry", now())
    operation(
        "quarantined", "kind.unknown", now() - dt.timedelta(days=9)
    )  # a person's, not the server's
    assert ask()["operations"] == {"state": "ok"}
    operation("received", None, now() - settings.SYNC_ALARM_AFTER - dt.timedelta(minutes=1))
    assert ask()["operations"]["message"].startswith("2 operations are not applied")


def test_a_ledger_that_cannot_be_written_takes_the_server_out_of_service(
    settings: Any, tmp_path: Path
) -> None:
    settings.HUXING_LEDGER = tmp_path / "a file" / "ledger.jsonl"
    (tmp_path / "a file").write_text("")
    assert ask(503)["ledger"]["state"] == "unavailable"
    settings.HUXING_LEDGER = tmp_path / "ledger.jsonl"
    settings.HUXING_LEDGER.write_text("not a line of the ledger\n")
    assert ask(503)["ledger"]["state"] == "unavailable"
    assert settings.HUXING_LEDGER.read_text() == "not a line of the ledger\n"


def test_a_full_disk_and_a_missing_broker_are_told(settings: Any, tmp_path: Path) -> None:
    settings.HUXING_DISK_FREE_MIB = 10**12
    settings.CELERY_BROKER_URL = "filesystem://"
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"data_folder_out": str(tmp_path / "file" / "queue")}
    (tmp_path / "file").write_text("where a folder should be")
    checks = ask()
    assert (checks["disk"]["state"], checks["broker"]["state"]) == ("warning", "warning")


def metrics() -> str:
    answer = Client().get("/metrics", headers=OPERATOR)
    assert answer.status_code == 200
    return answer.content.decode()


def test_metrics_count_what_waits_and_phones_by_their_last_contact() -> None:
    operation("held", "server.retry", now() - dt.timedelta(hours=2))
    operation("applied", None, now())
    for age in (dt.timedelta(hours=2), dt.timedelta(days=-3), dt.timedelta(days=3), None):
        DeviceLog.objects.create(
            device=uuid.uuid4(), synced_at=None if age is None else now() - age
        )
    said = metrics()
    assert 'huxing_operations_waiting{code="server.retry",outcome="held"} 1.0' in said
    assert 'huxing_operations_waiting{code="",outcome="applied"}' not in said
    for seen, count in {"day": 1, "week": 1, "month": 0, "older": 2}.items():
        assert f'huxing_phones{{seen="{seen}"}} {count}.0' in said
    assert 'huxing_seen_seconds{part="worker"} +Inf' in said


def test_metrics_count_open_escalations_and_what_is_late(administrator: Any) -> None:
    """By status and severity, and nothing of whom they are about."""
    row = open_one(severity="high", deadline=(now() - dt.timedelta(hours=1)).isoformat())
    said = metrics()
    assert 'huxing_escalations_open{severity="high",status="open"} 1.0' in said
    assert 'huxing_escalations_late{severity="high",status="open"} 1.0' in said
    assert str(row.file) not in said
    assert row.division not in said


def test_every_number_that_an_alert_asks_for_is_one_that_there_is() -> None:
    operation("received", None, now())
    known = set(re.findall(r"^# TYPE (\S+)", metrics(), re.MULTILINE))
    rules = [rule for group in ALERTS["groups"] for rule in group["rules"]]
    for rule in rules:
        asked = set(re.findall(r"\b((?:huxing|django)_\w+)", rule["expr"]))
        assert asked or rule["expr"].startswith("up")
        assert {re.sub(r"_bucket$", "", name) for name in asked} <= known, rule["alert"]


def test_a_backup_is_a_sign_of_life(transactional_db: None, tmp_path: Path) -> None:
    call_command("backup", tmp_path / "one")
    assert ask()["backup"] == {"state": "ok"}
