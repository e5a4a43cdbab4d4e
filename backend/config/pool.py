"""The web's connections to the database: one bounded pool for all threads of a process."""

from typing import Any

from django.conf import settings
from django.db import connections

# Seconds: a request waits so long for a connection before it is answered 503; one that nobody used is
# closed after so long, so that another process may have it; and so long a broken one is tried anew
# before the next request does (psycopg_pool's own five minutes double their pauses all the while).
WAIT, IDLE, RECONNECT = 4.0, 20.0, 1.0


def share() -> None:
    """From now on this process's connections come from the pool. Before the first is made."""
    database: dict[str, Any] = connections.settings["default"]
    database["CONN_MAX_AGE"] = 0
    # A connection that was cut is found by the statement that meets it; `renew` then drops all others.
    # Checked at each use, psycopg_pool 3.3.3 sleeps a second and more for every one that was cut
    # (findings/psycopg-pool-check-sleeps.sh).
    database["CONN_HEALTH_CHECKS"] = False
    database["OPTIONS"] = {
        **database.get("OPTIONS", {}),
        "pool": {
            "min_size": 0, "max_size": settings.HUXING_DB_POOL, "timeout": WAIT,
            "max_idle": IDLE, "reconnect_timeout": RECONNECT, "name": "web",
        },
    }  # fmt: skip


def renew() -> None:
    """After a connection was found cut: the idle ones are closed, those in use once they come back.

    Whoever finds one does so, even where others have: a few new connections are made once more for nothing.
    """
    shared = getattr(connections["default"], "pool", None)
    if shared is not None:
        shared.drain()
