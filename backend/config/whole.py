"""Small files that are whole or as they were before, whatever ends their writer."""

import os
from contextlib import suppress
from pathlib import Path


def write(draft: Path, file: Path, content: bytes) -> None:
    """By way of a draft on the same disk; for its owner alone. Raises `OSError`, and leaves no draft then."""
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(content)
        os.replace(draft, file)
    except OSError:
        with suppress(OSError):  # the first error is the one that counts
            draft.unlink()
        raise
