"""Lets `pytest` be called by itself: keys, and a PostgreSQL where `DATABASE_URL` names none."""

import atexit
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

import django

from deploy.environment import fresh
from deploy.postgres import database


def begin() -> None:
    """`deploy/test.sh` has set everything already. Otherwise all of it ends with this process."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
    if "HUXING_SECRET_KEY" not in os.environ:
        stack = ExitStack()
        atexit.register(stack.close)
        # A short directory: a Unix socket's path may not exceed 107 bytes.
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="huxing-")))
        url = stack.enter_context(database(scratch / "postgres"))
        os.environ.update(fresh(scratch / "data", url))
    django.setup()
