"""How long the database may keep a request waiting.

A worker, a command, a migration and a backup have no such limits: what they do may take as long as it
takes, and nobody waits for it at a page.
"""

from typing import Any

from django.conf import settings
from django.db import connections


def as_options() -> str:
    """What a connection says to PostgreSQL as it begins."""
    return " ".join(f"-c {name}={limit}s" for name, limit in settings.DATABASE_TIMEOUTS.items())


def limit() -> None:
    """From now on new connections of this process have limits; to be called before the first request."""
    configured: dict[str, Any] = connections.settings["default"]
    configured["OPTIONS"] = {**configured["OPTIONS"], "options": as_options()}
