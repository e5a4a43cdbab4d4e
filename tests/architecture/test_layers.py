"""The import contracts hold, and each of them can fail."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT = Path(sys.executable).parent / "lint-imports"

# Contract name, the file that is given a forbidden import, the import.
PLANTED = [
    ("Domain apps, high to low", "backend/common/clock.py", "import backend.children.models"),
    ("Domain apps, high to low", "backend/regions/__init__.py", "import backend.accounts"),
    ("sync never imports backend or fieldforms", "sync/push.py", "import backend.common.clock"),
    ("sync never imports backend or fieldforms", "sync/pull.py", "import fieldforms"),
    (
        "protocol, merge, client and rules never import Django",
        "sync/merge/registers.py",
        "import django.db",
    ),
    (
        "protocol, merge, client and rules never import Django",
        "backend/concerns/rules/__init__.py",
        "import django.db",
    ),
    ("Facts and answers never import Django", "fieldforms/derived.py", "import django.db"),
    ("The client imports merge and protocol only", "sync/client/__init__.py", "import sync.models"),
    ("fieldforms imports no domain app", "fieldforms/__init__.py", "import backend.children"),
]


def lint(project: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(LINT), "--no-cache"], cwd=project, capture_output=True, text=True, check=False
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The packages in a directory of their own, where a violation hurts nobody."""
    skip = shutil.ignore_patterns("__pycache__", "data", "node_modules", "pwa")
    for package in ("backend", "sync", "fieldforms"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=skip)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_import_contract_holds() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(("contract", "file", "statement"), PLANTED)
def test_a_planted_violation_breaks_its_contract(
    copy: Path, contract: str, file: str, statement: str
) -> None:
    with (copy / file).open("a", encoding="utf-8") as source:
        source.write(f"\n{statement}\n")
    result = lint(copy)
    assert result.returncode == 1, result.stdout + result.stderr
    assert f"{contract} BROKEN" in result.stdout


def test_every_contract_has_a_planted_violation() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = {c["name"] for c in project["tool"]["importlinter"]["contracts"]}
    assert contracts == {contract for contract, _, _ in PLANTED}
