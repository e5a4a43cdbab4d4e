"""Which migrations may run while the code before them serves, and what is wrong with the others.

Two questions of each operation on a table that the last release has: does it hold a lock for as long
as the table is large, and does the code of the last release still work afterwards.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib.postgres import operations as postgres
from django.db import connection, models
from django.db.migrations import Migration
from django.db.migrations import operations as ops
from django.db.migrations.state import ProjectState
from django.db.models.functions import Now

Key = tuple[str, str]
_DEFAULT = "give it `db_default`, or `null=True`: the code before this fails on every insert"
_SQL = {
    r"CREATE\s+(UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY)": "make the index CONCURRENTLY",
    r"ADD\s+CONSTRAINT(?!.*(NOT\s+VALID|USING\s+INDEX))": "add the constraint NOT VALID, validate it later",
    r"SET\s+NOT\s+NULL": "add a check NOT VALID and validate it instead: NOT NULL reads the whole table",
    r"ALTER\s+(COLUMN\s+)?\S+\s+(SET\s+DATA\s+)?TYPE": "another type rewrites the table: add a column",
    r"\bRENAME\b": "the code before this knows the old name",
    r"DROP\s+COLUMN": "the code before this reads and writes the column",
    r"DROP\s+TABLE|\bTRUNCATE\b": "the code before this uses the table",
    r"\bLOCK\s+TABLE|VACUUM\s+FULL|\bCLUSTER\b|REINDEX\s+(?!.*CONCURRENTLY)": "holds the whole table",
    r"SET\s+CONSTRAINTS": "a restore loads in the same transaction",
    r"^\s*(UPDATE|DELETE)\b": "fill in piece by piece: backend.common.upgrades.fill_in",
}
_HARMLESS = (
    ops.AlterModelOptions, ops.AlterModelManagers, ops.AlterModelTableComment, ops.RemoveIndex,
    ops.RemoveConstraint, postgres.AddIndexConcurrently, postgres.RemoveIndexConcurrently,
    postgres.AddConstraintNotValid, postgres.ValidateConstraint, postgres.CreateExtension,
    postgres.CreateCollation,
)  # fmt: skip


def problems(migration: Migration, state: ProjectState, released: set[Key]) -> list[str]:
    """What is wrong with a migration. `state` is that before it, and afterwards that behind it.

    `released` are the models, `(app, name)` in small letters, that the last release has.
    """
    found = []
    for operation in migration.operations:
        for problem in _of(operation, migration, state, released):
            found.append(
                f"{migration.app_label}.{migration.name}: {operation.describe()}: {problem}"
            )
        operation.state_forwards(migration.app_label, state)
    if any(isinstance(one, postgres.AddConstraintNotValid) for one in migration.operations) and any(
        isinstance(one, postgres.ValidateConstraint) for one in migration.operations
    ):
        found.append(f"{migration.app_label}.{migration.name}: validate in a migration of its own")
    return found


def _of(
    operation: Any, migration: Migration, state: ProjectState, released: set[Key]
) -> Iterator[str]:
    if isinstance(operation, ops.SeparateDatabaseAndState):
        # What only the state forgets, the database still has for the code of before.
        for one in operation.database_operations:
            yield from _of(one, migration, state, released)
        return
    if isinstance(operation, ops.RunSQL):
        yield from _of_sql(operation.sql, {_table(state, key) for key in released})
        return
    if isinstance(operation, ops.RunPython):
        if migration.atomic:
            yield "`atomic = False`, and `fill_in` piece by piece: one transaction holds every row it wrote"
        return
    if isinstance(operation, ops.CreateModel):
        return
    name = getattr(operation, "model_name", None) or getattr(operation, "name", None)
    if (migration.app_label, str(name).lower()) not in released:
        return
    if isinstance(operation, ops.AddField):
        yield from _of_new(operation.field)
    elif isinstance(operation, ops.AlterField):
        before = state.models[migration.app_label, operation.model_name_lower].fields[
            operation.name
        ]
        yield from _of_changed(before, operation.field)
    elif isinstance(operation, _HARMLESS):
        if isinstance(operation, postgres.AddIndexConcurrently) and migration.atomic:
            yield "`atomic = False`"
    else:
        yield _REFUSED.get(
            type(operation), "is not known to be harmless: see its lock in PostgreSQL"
        )


_REFUSED: Mapping[type, str] = {
    ops.AddIndex: "AddIndexConcurrently in a migration with `atomic = False`",
    ops.AddConstraint: (
        "AddConstraintNotValid and later ValidateConstraint; a unique one as an index, CONCURRENTLY, that"
        " ADD CONSTRAINT … USING INDEX takes over"
    ),
    ops.RemoveField: (
        "the code before this reads and writes the column: forget it in the state alone"
        " (SeparateDatabaseAndState) and drop it in the release after"
    ),
    ops.DeleteModel: "the code before this uses the table: forget it in the state alone",
    ops.RenameField: "the code before this knows the old name: give `db_column`",
    ops.RenameModel: "the code before this knows the old name: give `db_table`",
    ops.AlterModelTable: "the code before this knows the old name",
    ops.AlterUniqueTogether: "a constraint, as an index made CONCURRENTLY",
}  # fmt: skip


def _of_new(field: Any) -> Iterator[str]:
    if isinstance(field, models.ManyToManyField):
        return
    if isinstance(field, models.GeneratedField):
        yield "computes a column for every row under the table's lock"
        return
    if not field.has_db_default() and not field.null:
        yield _DEFAULT
    elif field.has_db_default() and not isinstance(
        field._db_default_expression, models.Value | Now
    ):
        yield "another default for each row rewrites the table: add it empty and fill it in"
    if field.unique or field.db_index:
        yield "makes an index under the table's lock: `db_index=False`, then AddIndexConcurrently"
    if field.remote_field and field.db_constraint:
        yield "reads the whole table for the foreign key: `db_constraint=False`, or add it NOT VALID"


def _of_changed(before: Any, field: Any) -> Iterator[str]:
    if _type(before) != _type(field) and not _widened(before, field):
        yield "another type rewrites the table and is another one to the code before this: add a column"
    if before.null and not field.null:
        yield "NOT NULL reads the whole table: a check NOT VALID instead"
    if (field.unique and not before.unique) or (field.db_index and not before.db_index):
        yield "makes an index under the table's lock: AddIndexConcurrently"
    if before.has_db_default() and not field.has_db_default():
        yield "the code before this may not know the column and leaves it to the default"
    if before.db_column != field.db_column:
        yield "the code before this knows the old name"


def _type(field: Any) -> str | None:
    return field.db_type(connection) if field.remote_field is None else type(field).__name__


def _widened(before: Any, field: Any) -> bool:
    longer = (field.max_length or 10**9) >= (before.max_length or 10**9)
    return (
        isinstance(before, models.CharField)
        and isinstance(field, models.CharField | models.TextField)
        and longer
    )


def _table(state: ProjectState, key: Key) -> str:
    model = state.models.get(key)
    return str((model.options.get("db_table") if model else None) or "_".join(key))


def _of_sql(sql: Any, tables: set[str]) -> Iterator[str]:
    """A new table is free; of a function only that it is made, not what it will do."""
    for statement in [sql] if isinstance(sql, str) else sql:
        text = statement if isinstance(statement, str) else statement[0]
        text = re.sub(r"(\$\w*\$).*?\1", "", text, flags=re.DOTALL)
        if tables.isdisjoint(re.findall(r"\w+", text)):
            continue
        for pattern, problem in _SQL.items():
            if re.search(pattern, text, re.IGNORECASE | re.DOTALL | re.MULTILINE):
                yield problem
