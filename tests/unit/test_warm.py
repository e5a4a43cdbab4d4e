"""What is loaded when: a process that only starts needs little, a web process has all before it serves."""

import json
import subprocess
import sys

from deploy.stack import ROOT

# Large, and needed by few: readings, spreadsheets, XForms, the pages with all their views.
LARGE = ["pypinyin.phrases_dict", "openpyxl", "pyxform", "backend.console.urls"]


def after(begin: str, asked: str) -> object:
    """What a new Python answers after these statements, with the environment of this one."""
    code = f"import json, sys\n{begin}\nprint(json.dumps({asked}))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found: object = json.loads(done.stdout.splitlines()[-1])
    return found


LOADED = f"[name for name in {LARGE} if name in sys.modules]"


def test_a_command_worker_or_beat_starts_without_what_it_may_never_need() -> None:
    assert after("import django; django.setup()", LOADED) == []


def test_a_web_process_has_all_before_its_first_request() -> None:
    begin = "import backend.config.asgi; from fieldforms import sealing"
    compiled = "sealing.sealed_questions.cache_info().currsize"
    assert after(begin, f"[{LOADED}, {compiled}]") == [LARGE, 1]
