"""Applies each new migration by itself: `python -m tests.e2e.stepwise`. Waits for a line before each.

What comes with a library, in tables of its own, goes with the one before it.
"""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.migrations.executor import MigrationExecutor  # noqa: E402

OURS = ("backend.", "sync.", "fieldforms.")


def main() -> None:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    steps: list[list[tuple[str, str]]] = []
    for migration, _ in plan:
        if not steps or type(migration).__module__.startswith(OURS):
            steps.append([])
        steps[-1].append((migration.app_label, migration.name))
    _say(len(steps))
    for step in steps:
        sys.stdin.readline()
        for app, name in step:
            call_command("migrate", app, name, verbosity=0)
        _say(" ".join(f"{app}.{name}" for app, name in step))


def _say(what: object) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
