"""The exit code of `manage.py simulate` is what a script goes by."""

import signal

import pytest
from django.core.management import CommandError, call_command

from deploy.simulation import play
from deploy.simulation.run import Options


@pytest.mark.parametrize("good", [True, False])
def test_the_exit_code_says_whether_all_was_as_it_must_be(
    good: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(play, "simulate", lambda options, say: asked.append(options) or good)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    command = ["simulate", "--phones", "9", "--days", "2", "--seed", "4", "--chaos"]
    if good:
        call_command(*command)
    else:
        with pytest.raises(SystemExit) as ended:
            call_command(*command)
        assert ended.value.code == 1
    assert asked == [Options(phones=9, days=2, seed=4, chaos=True)]


@pytest.mark.parametrize("wrong", [["--phones", "0"], ["--days", "-1"], ["--phones", "many"]])
def test_a_run_without_phones_or_days_is_refused(wrong: list[str]) -> None:
    with pytest.raises(CommandError, match="is not a number from 1 on"):
        call_command("simulate", *wrong)
