"""After a move to another county the old phones have nothing of the file left."""

from collections.abc import Collection

from sync.client import Phone

from ..verdict import Verdict


def judge_left(
    number: int, records: Collection[str], lines: Collection[str], moved: Collection[str], *,
    permitted: Collection[str], verdict: Verdict,
) -> None:  # fmt: skip
    """`records` and `lines` are the files of which a phone has records and can read what it wrote."""
    away = set(moved) - set(permitted)
    for what, files in (("records", records), ("what it wrote", lines)):
        verdict.out_of_scope += [
            f"phone {number} has {what} of file {file}, which moved away"
            for file in sorted(away & set(files))
        ]


def inspect_left(
    number: int, phone: Phone, moved: Collection[str], permitted: Collection[str], verdict: Verdict
) -> None:
    records = phone.store.db.execute("SELECT DISTINCT file FROM record").fetchall()
    lines = phone.store.db.execute(
        "SELECT DISTINCT file FROM log WHERE line IS NOT NULL"
    ).fetchall()
    judge_left(
        number, [f for (f,) in records], [f for (f,) in lines], moved, permitted=permitted,
        verdict=verdict,
    )  # fmt: skip


def judge_residence(place: str, values: Collection[object], village: str, verdict: Verdict) -> None:
    """With the move the child lives where it was taken over to, and that is the only thing that is said."""
    if [value for value in values if value == {"division": village}] != list(values) or not values:
        verdict.differing.append(f"{place} residence: {list(values)}, moved to {village}")
