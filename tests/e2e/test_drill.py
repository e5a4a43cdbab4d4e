"""The drill: a backup under load, the database destroyed, restored, and every phone compared."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from deploy import drill
from deploy.stack import ROOT
from deploy.story.played import StepFailed


@pytest.mark.slow
def test_nothing_is_lost_by_a_disaster() -> None:
    own = {name: value for name, value in os.environ.items() if not name.startswith("HUXING_")}
    own.pop("CELERY_BROKER_URL", None)
    done = subprocess.run(
        [sys.executable, "-m", "deploy.drill", "--phones", "4", "--seconds", "3"],
        cwd=ROOT, env=own, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("✓") == len(drill.STEPS)


class Told(drill.Drill):
    """A drill whose tables say what a test wants."""

    def __init__(self, *rows: Any) -> None:
        super().__init__(None, Path(), 0, 0)  # type: ignore[arg-type]
        self.rows = rows

    def ask(self, statement: str, *values: Any) -> list[Any]:
        return list(self.rows)


def test_an_operation_that_is_lost_fails_the_drill() -> None:
    kept, lost = uuid4(), uuid4()
    told = Told((kept,))
    told.written = {"phone": {kept}}
    assert "0 lost" in drill.nothing_that_a_phone_has_is_lost(told)
    told.written["other"] = {lost}
    with pytest.raises(StepFailed, match="1 of 2"):
        drill.nothing_that_a_phone_has_is_lost(told)


def test_a_finding_or_an_escalation_that_is_there_twice_fails_the_drill(monkeypatch: Any) -> None:
    told = Told((UUID(int=1), "R10", "critical"))
    monkeypatch.setattr(Told, "queue", lambda self: {"one"})
    told.escalations = {"one"}
    with pytest.raises(StepFailed, match="found twice"):
        drill.nothing_is_opened_or_found_twice(told)
    told.escalations = {"another"}
    with pytest.raises(StepFailed, match="another"):
        drill.nothing_is_opened_or_found_twice(told)


def test_a_step_that_fails_ends_the_drill_with_its_reason(monkeypatch: Any, capsys: Any) -> None:
    def fails(told: drill.Drill) -> str:
        raise StepFailed("two are lost")

    monkeypatch.setattr(drill, "STEPS", [("甲", "first", fails), ("乙", "second", fails)])
    assert drill.play(Told()) is False
    said = capsys.readouterr().out
    assert "✗ two are lost" in said
    assert "second" not in said
