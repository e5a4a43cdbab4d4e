"""SHA-256 of files that do not fit in memory."""

import hashlib
from pathlib import Path
from typing import Any

BLOCK = 1024 * 1024


def of(path: Path) -> dict[str, Any]:
    """`{sha256, size}` of a file."""
    with path.open("rb") as file:
        return {
            "sha256": hashlib.file_digest(file, "sha256").hexdigest(),
            "size": path.stat().st_size,
        }
