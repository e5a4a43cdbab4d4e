"""Rows that may be one child: by ID number, by sound, and what is not a duplicate."""

import datetime as dt
from dataclasses import replace
from uuid import UUID

from backend.caseload.roster.duplicates import Duplicate, Someone, likely_duplicates, score

CHILD = Someone(
    2, UUID(int=2), "杨丽", "", dt.date(2015, 3, 28), "522630001204", frozenset({"13985550101"})
)


def test_a_homophone_name_with_the_same_birth_date_and_village_is_proposed() -> None:
    other = replace(CHILD, row=9, name="杨莉", phones=frozenset())
    assert likely_duplicates([CHILD, other]) == [Duplicate(CHILD, other, 80)]


def test_siblings_and_twins_who_share_guardian_and_village_are_not_proposed() -> None:
    sibling = replace(CHILD, row=3, name="杨强", birth_date=dt.date(2012, 1, 9))
    twin = replace(CHILD, row=4, name="杨志强")
    assert likely_duplicates([CHILD, sibling, twin]) == []


def test_two_different_id_numbers_are_two_children_however_alike() -> None:
    first = replace(CHILD, id_number="11010519491231002X")
    second = replace(CHILD, row=3, id_number="110105194912310038")
    assert score(first, second) == 0
    assert score(first, replace(first, row=4, name="别名")) == 100


def test_a_pair_found_by_birth_date_and_by_phone_is_proposed_once() -> None:
    again = replace(CHILD, row=3)
    assert likely_duplicates([CHILD, again]) == [Duplicate(CHILD, again, 100)]


def test_filed_children_are_compared_with_rows_but_not_with_each_other() -> None:
    filed = [replace(CHILD, row=0, child=UUID(int=n)) for n in (7, 8)]
    assert [pair.second.child.int for pair in likely_duplicates([CHILD], filed)] == [7, 8]
