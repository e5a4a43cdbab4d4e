"""A log that finds no room costs the line, and nothing else."""

import subprocess
import sys
from pathlib import Path

TALKS = """
import logging.config
from backend.config import settings
logging.config.dictConfig(settings.LOGGING)
try:
    raise ValueError("lost")
except ValueError:
    logging.getLogger("backend").exception("nobody reads this")
print("went on")
"""


def test_a_log_on_a_full_disk_ends_nobody() -> None:
    """All that the product says goes to standard error; there it may find no room."""
    with Path("/dev/full").open("w") as full:
        said = subprocess.run(
            [sys.executable, "-c", TALKS], stdout=subprocess.PIPE, stderr=full, text=True,
            check=False,
        )  # fmt: skip
    assert (said.stdout, said.returncode) == ("went on\n", 0)
