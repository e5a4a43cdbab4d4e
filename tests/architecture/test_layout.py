"""The house keeps its shape: top level, what `sync` may speak of, locks without addresses."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOP = {"backend", "sync", "fieldforms", "deploy", "tests", "manage.py", "pyproject.toml"}
OPTIONAL = {"README.md", "LICENSE", "NOTICE", "findings"}
CHILDREN = re.compile(
    r"\b(child|children|guardian|guardians|visit|visits|village|household|households|escalation|"
    r"escalations|caseload|supervisor)\b|儿童|监护|走访",
    re.IGNORECASE,
)


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = (ROOT / name for name in listed.stdout.split("\0") if name)
    return [path for path in found if path.exists()]


def test_the_top_level_is_the_fixed_one() -> None:
    names = {path.relative_to(ROOT).parts[0] for path in tracked()}
    names = {name for name in names if not name.startswith(".")}
    assert names - OPTIONAL == TOP


def test_sync_says_nothing_about_children() -> None:
    said = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in tracked("sync/*.py", "sync/*.md")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if CHILDREN.search(line.replace("_", " "))
    ]
    assert said == []


def test_nothing_is_left_to_do_later() -> None:
    mark = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b")
    found = [path for path in tracked("*.py", "*.sh") if mark.search(path.read_text("utf-8"))]
    assert found == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_file_names_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / "deploy" / lock).read_text()
    assert "--hash=sha256:" in text
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links", text)


def test_the_notice_names_every_library_that_is_installed_with_the_product() -> None:
    lock = (ROOT / "deploy/requirements.lock").read_text()
    notice = set(re.findall(r"[\w.-]+", (ROOT / "NOTICE").read_text(encoding="utf-8").lower()))
    assert set(re.findall(r"^([\w.-]+)", lock.lower(), re.MULTILINE)) - notice == set()
