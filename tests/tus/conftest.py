"""The server as it is deployed, a phone enrolled on it, and clients nobody has changed."""

import io
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.api.conftest import administrator, http_phone, supervisor
from tests.web import Granian, granian

HERE = Path(__file__).parent


@pytest.fixture
def web(transactional_db: None, tmp_path: Path, settings: Any) -> Iterator[Granian]:
    local = {**settings.LOCAL_FILES, "OPTIONS": {"location": str(tmp_path / "files")}}
    settings.STORAGES = {**settings.STORAGES, "default": local}
    # Fewer connections than uploads: those that wait for their line must not keep one.
    with granian(tmp_path, HUXING_DB_POOL="3") as server:
        yield server


@pytest.fixture(scope="session")
def node() -> str:
    """tus-js-client with its node. Without node these tests are skipped on a desk and fail in CI."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if not found or not npm:
        said = "No node: run `sh deploy/node.sh` as root on Debian, or install node 18 and npm."
        if os.environ.get("CI"):
            pytest.fail(said)
        pytest.skip(said)
    if not (HERE / "node_modules" / ".package-lock.json").exists():
        subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=HERE, check=True
        )
    return found


@pytest.fixture
def tus_js(node: str) -> Any:
    """Runs `bring.mjs`; returns its exit code and what it said."""

    def bring(**given: Any) -> tuple[int, str]:
        done = subprocess.run(
            [node, str(HERE / "bring.mjs"), json.dumps(given)],
            cwd=HERE, capture_output=True, text=True, check=False, timeout=240,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    return bring


@pytest.fixture(scope="session")
def photograph() -> bytes:
    """A little more than five MiB of a real JPEG."""
    image = Image.effect_noise((3000, 2200), 90).convert("RGB")
    stored = io.BytesIO()
    image.save(stored, "JPEG", quality=92)
    assert len(stored.getvalue()) > 5 * 1024 * 1024
    return stored.getvalue()


__all__ = ["Granian", "administrator", "http_phone", "supervisor"]
