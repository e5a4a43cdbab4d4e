"""An upgrade holds nobody up: what a migration may do to a table that the last release has.

`released.json` names the last release's commit and the last migration of each of its apps; a release
writes it anew. Its code itself is run by `tests/e2e/test_upgrade.py`.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.postgres import operations as postgres
from django.contrib.postgres.functions import RandomUUID
from django.db import ProgrammingError, connection, migrations, models, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.db.models.functions import Now

from .safe_migrations import problems

RELEASED: dict[str, str] = json.loads(
    Path(__file__).with_name("released.json").read_text(encoding="utf-8")
)["migrations"]
LOADER = MigrationLoader(None)


def plan() -> list[tuple[str, str]]:
    """All of them, in an order in which they can be applied."""
    graph, seen = LOADER.graph, dict[tuple[str, str], None]()
    for leaf in sorted(graph.leaf_nodes()):
        seen |= dict.fromkeys(graph.forwards_plan(leaf))
    return list(seen)


def of_the_release() -> set[tuple[str, str]]:
    ours = {one for leaf in RELEASED.items() for one in LOADER.graph.forwards_plan(leaf)}
    # What comes with a library is upgraded with the library.
    return ours | {key for key in plan() if not _is_ours(key[0])}


def _is_ours(app: str) -> bool:
    return any(app == key[0] and _module(key).startswith(("backend.", "sync.", "fieldforms."))
               for key in LOADER.graph.nodes)  # fmt: skip


def _module(key: tuple[str, str]) -> str:
    return type(LOADER.graph.nodes[key]).__module__


def new() -> list[tuple[str, str]]:
    released = of_the_release()
    return [key for key in plan() if key not in released]


@pytest.fixture(scope="module")
def release() -> ProjectState:
    """The models of the last release."""
    released = of_the_release()
    return LOADER.project_state([], at_end=True) if not released else _state(released)


def _state(keys: set[tuple[str, str]]) -> ProjectState:
    state = ProjectState(real_apps=LOADER.unmigrated_apps)
    for key in plan():
        if key in keys:
            LOADER.graph.nodes[key].mutate_state(state, preserve=False)
    return state


def test_every_migration_since_the_release_runs_while_the_code_of_the_release_serves(
    release: ProjectState,
) -> None:
    state, known = release.clone(), set(release.models)
    wrong = [one for key in new() for one in problems(LOADER.graph.nodes[key], state, known)]
    assert not wrong, "\n".join(wrong)


def test_the_release_is_of_this_history() -> None:
    assert RELEASED.keys() <= LOADER.migrated_apps
    assert set(RELEASED.items()) <= set(plan())


def _added(field: Any) -> Any:
    return migrations.AddField("operation", "more", field)


def _altered(name: str, field: Any) -> Any:
    return migrations.AlterField("operation", name, field)


TEXT = models.TextField
INDEX = models.Index(fields=["kind"], name="by_kind")
CHECK = models.CheckConstraint(condition=models.Q(attempts__gte=0), name="tried")
# One operation on a large table of the release, and a word of what is wrong with it ("" for nothing).
CASES: list[tuple[Any, str]] = [
    (_added(TEXT(default="")), "db_default"),
    (_added(TEXT(null=True)), ""),
    (_added(TEXT(db_default="")), ""),
    (_added(models.DateTimeField(db_default=Now())), ""),
    (_added(models.UUIDField(db_default=RandomUUID())), "rewrites"),
    (_added(TEXT(null=True, db_index=True)), "index"),
    (_added(TEXT(null=True, unique=True)), "index"),
    (_added(models.ForeignKey("sync.File", models.CASCADE, null=True)), "foreign key"),
    (_added(models.GeneratedField(expression=models.F("op"), output_field=models.UUIDField(),
                                  db_persist=True)), "every row"),
    (_altered("attempts", models.BigIntegerField(default=0)), "another type"),
    (_altered("code", TEXT(default="")), "NOT NULL"),
    (migrations.RemoveField("operation", "code"), "reads and writes"),
    (migrations.RenameField("operation", "code", "reason"), "old name"),
    (migrations.RenameModel("Operation", "Op"), "old name"),
    (migrations.DeleteModel("Operation"), "uses the table"),
    (migrations.AlterModelTable("Operation", "ops"), "old name"),
    (migrations.AddIndex("operation", INDEX), "Concurrently"),
    (postgres.AddIndexConcurrently("operation", INDEX), "atomic"),
    (migrations.AddConstraint("operation", CHECK), "NotValid"),
    (postgres.AddConstraintNotValid("operation", CHECK), ""),
    (migrations.RunPython(migrations.RunPython.noop), "piece by piece"),
    (migrations.RunSQL("UPDATE sync_operation SET code = ''"), "piece by piece"),
    (migrations.RunSQL("ALTER TABLE sync_operation ADD CONSTRAINT a CHECK (true)"), "NOT VALID"),
    (migrations.RunSQL("ALTER TABLE sync_operation ADD CONSTRAINT a CHECK (true) NOT VALID"), ""),
    (migrations.RunSQL("CREATE UNIQUE INDEX a ON sync_operation (code)"), "CONCURRENTLY"),
    (migrations.RunSQL("CREATE INDEX CONCURRENTLY a ON sync_operation (code)"), ""),
    (migrations.RunSQL("ALTER TABLE sync_operation DROP COLUMN code"), "reads and writes"),
    (migrations.RunSQL("CREATE UNIQUE INDEX a ON sync_not_yet (code)"), ""),
    (migrations.RunSQL("CREATE FUNCTION a() AS $$ UPDATE sync_operation $$"), ""),
    (migrations.SeparateDatabaseAndState([], [migrations.RemoveField("operation", "code")]), ""),
    (migrations.SeparateDatabaseAndState([migrations.AddIndex("operation", INDEX)]), "Concurrently"),
    (migrations.CreateModel("New", [("id", models.AutoField(primary_key=True))]), ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("operation", "word"), CASES, ids=lambda value: getattr(value, "describe", str)()
)
def test_what_locks_a_large_table_or_breaks_the_code_of_before_is_refused(
    release: ProjectState, operation: Any, word: str
) -> None:
    migration = migrations.Migration("next", "sync")
    migration.operations = [operation]
    found = problems(migration, release.clone(), set(release.models))
    assert (word in "".join(found)) if word else found == []


@pytest.mark.django_db
def test_the_code_of_the_release_reads_and_writes_the_tables_as_they_are_now(
    release: ProjectState,
) -> None:
    """By the release's own models: every statement of theirs names its columns, and no other."""
    # Tables of libraries without migrations are not among them.
    models_ = [model for model in release.apps.get_models() if model._meta.app_label in RELEASED]
    for model in models_:
        list(model._base_manager.all()[:1])
    assert [one for model in models_ for one in unknown_to(model)] == []


def unknown_to(model: Any) -> list[str]:
    """Columns that an insert of the release leaves out and the database cannot fill in by itself."""
    known = {field.column for field in model._meta.concrete_fields}
    with connection.cursor() as cursor:
        cursor.execute(_MUST_BE_GIVEN, [model._meta.db_table])
        return [f"{model._meta.db_table}.{name}" for (name,) in cursor if name not in known]


_MUST_BE_GIVEN = """
SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0
  AND NOT attisdropped AND attnotnull AND NOT atthasdef AND attidentity = ''
"""


@pytest.mark.django_db
def test_a_column_that_the_code_of_the_release_does_not_fill_in_would_be_seen(
    release: ProjectState,
) -> None:
    operation = release.apps.get_model("sync", "Operation")
    assert unknown_to(operation) == []
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE sync_operation ADD more text NOT NULL DEFAULT ''")
        assert unknown_to(operation) == []
        cursor.execute("ALTER TABLE sync_operation ALTER more DROP DEFAULT")
        assert unknown_to(operation) == ["sync_operation.more"]
        cursor.execute("ALTER TABLE sync_operation DROP COLUMN code")
    with pytest.raises(ProgrammingError), transaction.atomic():
        list(operation._base_manager.all()[:1])
