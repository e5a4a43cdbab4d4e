"""Keyed ids that still stand in clear, because older code wrote them: each is put into its keyed form."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import connection, transaction
from django.db.models import Field

from .keyed import InClear, KeyedUUIDField, conceal, reveal

# Rows of one transaction: locks last milliseconds.
PIECE = 500
Row = tuple[Any, ...]


class Column(NamedTuple):
    """A column of ids under the key of `domain`; `many` holds a list of them."""

    name: str
    domain: str
    many: bool

    @property
    def is_clear(self) -> str:
        """The condition that an id of it stands in clear: the two bits of `keyed` that say so."""
        if self.many:
            return f"EXISTS (SELECT FROM unnest({self.name}) AS u(i) WHERE {_clear('u.i')})"
        return _clear(self.name)

    def concealed(self, value: Any) -> Any:
        if value is None:
            return None
        if self.many:
            return [conceal(self.domain, one) for one in value]
        return conceal(self.domain, value)


def _clear(name: str) -> str:
    return f"get_byte(uuid_send({name}), 8) & 192 = 128"


@dataclass(frozen=True, slots=True)
class Table:
    """A table with such columns. `owner` is the one that says whose file's lock guards its rows, if any;
    `pointing` are the columns of other tables that are foreign keys to its `pk`.
    """

    name: str
    pk: str
    columns: tuple[Column, ...]
    owner: Column | None
    pointing: tuple[tuple[str, str], ...]

    @property
    def is_clear(self) -> str:
        return " OR ".join(f"({column.is_clear})" for column in self.columns)


def tables() -> list[Table]:
    """Every table with keyed ids, from the models."""
    found = []
    for model in apps.get_models():
        own = {f.name: c for f in model._meta.concrete_fields if (c := _column(f))}
        if own:
            pointing = [
                (rel.related_model._meta.db_table, str(rel.field.column))
                for rel in model._meta.related_objects
            ]
            found.append(
                Table(
                    model._meta.db_table, str(model._meta.pk.column), tuple(own.values()),
                    own.get("file") or own.get("child"), tuple(pointing),
                )
            )  # fmt: skip
    return found


def _column(field: "Field[Any, Any]") -> Column | None:
    inner = field.base_field if isinstance(field, ArrayField) else field
    if not isinstance(inner, KeyedUUIDField):
        return None
    return Column(f'"{field.column}"', inner.domain, inner is not field)


def conceal_all(*, progress: Callable[[str, int], None] = lambda table, done: None) -> int:
    """Puts every id that stands in clear into its keyed form; returns in how many rows.

    Piece by piece, each committed: cut off, it is simply run again. First file by file, under the
    file's lock and in all tables at once, so that what belongs together is joined at any moment.
    """
    every, done = tables(), 0
    for table in every:
        for files in _files_in_clear(table):
            with transaction.atomic():
                _lock(files)
                done += sum(_conceal_of(one, files) for one in every if one.owner)
            progress(table.name, done)
    for table in every:
        while changed := _conceal_some(table):
            done += changed
            progress(table.name, done)
    return done


def _files_in_clear(table: Table) -> Iterator[list[UUID]]:
    owner = table.owner
    while owner and (
        rows := _ask(
            f"SELECT DISTINCT {owner.name} FROM {table.name} WHERE {owner.is_clear} LIMIT %s",
            [PIECE // 5],
        )
    ):
        yield [file for (file,) in rows]


def _lock(files: Collection[UUID]) -> None:
    _ask("SELECT id FROM sync_file WHERE id = ANY(%s) ORDER BY id FOR UPDATE", [sorted(files)])


def _conceal_of(table: Table, files: Iterable[UUID]) -> int:
    assert table.owner
    either = [form for file in files for form in (file, table.owner.concealed(file))]
    return _conceal(table, f"{table.owner.name} = ANY(%s) AND ({table.is_clear})", [either])


@transaction.atomic
def _conceal_some(table: Table) -> int:
    """Rows whose file is keyed already, or that are in none."""
    if table.owner:
        files = _ask(
            f"SELECT DISTINCT {table.owner.name} FROM {table.name} WHERE {table.is_clear} LIMIT %s",
            [PIECE],
        )
        _lock([reveal(table.owner.domain, file) for (file,) in files])
        return _conceal(
            table, f"{table.owner.name} = ANY(%s) AND ({table.is_clear})", [[f for (f,) in files]]
        )
    chosen = f"{table.pk} IN (SELECT {table.pk} FROM {table.name} WHERE {table.is_clear} LIMIT %s)"
    return _conceal(table, chosen, [PIECE])


def _conceal(table: Table, where: str, given: Sequence[Any]) -> int:
    names = ", ".join(column.name for column in table.columns)
    rows = _ask(
        f'SELECT "{table.pk}", {names} FROM {table.name} WHERE {where} FOR UPDATE', list(given)
    )
    for pk, *values in rows:
        after = [c.concealed(value) for c, value in zip(table.columns, values, strict=True)]
        sets = ", ".join(f"{column.name} = %s" for column in table.columns)
        with connection.cursor() as cursor:
            cursor.execute(f'UPDATE {table.name} SET {sets} WHERE "{table.pk}" = %s', [*after, pk])
            for other, column in table.pointing:
                cursor.execute(
                    f'UPDATE {other} SET "{column}" = %s WHERE "{column}" = %s',
                    [_after(table, pk, after), pk],
                )
    return len(rows)


def _after(table: Table, pk: Any, after: Sequence[Any]) -> Any:
    """The primary key as it is now; foreign keys to it are checked when the piece commits."""
    found = dict(zip((column.name for column in table.columns), after, strict=True))
    return found.get(f'"{table.pk}"', pk)


def _ask(statement: str, given: Sequence[Any]) -> list[Row]:
    given = [UUID(int=one.int) if isinstance(one, InClear) else one for one in given]
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return list(cursor.fetchall())
