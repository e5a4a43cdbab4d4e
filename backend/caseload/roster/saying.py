"""From the columns of a row to the registers of its records, by `columns.yaml`."""

from typing import Any

from .columns import columns
from .edits import Wanted
from .reading import Row


def of(row: Row, record: str) -> Wanted:
    """What the row says of `child`, `household`, `guardian`, `father` or `mother`."""
    wanted = Wanted()
    for key, column in columns().items():
        value = row.get(key)
        if value is None or not column.to or column.to[0] != record:
            continue
        register, members = column.to[1], column.to[2:]
        if column.reads == "codes":
            wanted.sets[register] = {code: {} for code in value}
        elif members:
            wanted.registers.setdefault(register, {})[members[0]] = _plain(value)
        else:
            wanted.registers[register] = _plain(value)
    return wanted


def child(row: Row, *, household: str) -> Wanted:
    wanted = of(row, "child")
    wanted.registers["household"] = household
    if row.id_number:
        wanted.registers["identity"]["id_type"] = "resident_id"
    if grade := row.get("disability_grade"):
        grades = wanted.sets.setdefault("disabilities", {"not_collected": {}})
        wanted.sets["disabilities"] = {kind: {"grade": grade} for kind in grades}
    if row.unread:
        wanted.registers["unread"] = [list(said) for said in row.unread.items()]
    return wanted


def home(row: Row) -> Wanted:
    """A household lives where its children do."""
    wanted = of(row, "household")
    wanted.registers["residence"] = of(row, "child").registers["residence"]
    return wanted


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
