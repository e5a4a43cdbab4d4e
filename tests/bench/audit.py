"""What it costs to seal and to verify the audit log: `python -m tests.bench.audit [--rows 50000]`.

An empty database, one county in ten as busy as the others together, as a catch-up after an outage.
"""

import argparse
import datetime as dt
import os
import tempfile
import time
from pathlib import Path

from deploy import environment

from .surroundings import disconnect, django, fresh_database

COUNTIES = 10


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.audit", description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    given = parser.parse_args()
    with fresh_database() as url, tempfile.TemporaryDirectory(prefix="huxing-") as scratch:
        os.environ |= environment.fresh(Path(scratch), url)
        django()
        try:
            _measure(given.rows)
        finally:
            disconnect()


def _measure(rows: int) -> None:
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_auditentry (at, action, subject, subject_type, county, detail)"
            " SELECT now() - (n || ' ms')::interval * 60, 'child.read', gen_random_uuid(), 'child',"
            " (522600 + CASE WHEN n %% 2 = 0 THEN 0 ELSE n %% %s END)::text,"
            " jsonb_build_object('visits', jsonb_build_array(gen_random_uuid()))"
            " FROM generate_series(1, %s) n",
            [COUNTIES, rows],
        )
    from backend.audit import sealing, verification
    from backend.audit.queries import sealed_until

    began = time.perf_counter()
    sealing.seal(now=dt.datetime.now(dt.UTC))
    sealed = time.perf_counter()
    assert not list(verification.misfits())
    verified = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size('audit_auditseal')")
        size = cursor.fetchone()[0]
    print(f"{rows:,} rows, {sealed_until().seals:,} seals")
    print(f"seal    {rows / (sealed - began):>10,.0f} rows/s")
    print(f"verify  {rows / (verified - sealed):>10,.0f} rows/s")
    print(f"seals   {size / rows:>10.0f} bytes a row")


if __name__ == "__main__":
    main()
