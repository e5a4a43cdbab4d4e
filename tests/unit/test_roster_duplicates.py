"""Rows that may be one child: by ID number, by sound, and what is not a duplicate."""

import datetime as dt
from dataclasses import replace

from backend.caseload.roster.duplicates import Duplicate, likely_duplicates, score
from backend.caseload.roster.reading import RosterChild

CHILD = RosterChild(2, "杨丽", None, dt.date(2015, 3, 28), "522630001204", "13985550101")


def test_a_homophone_name_with_the_same_birth_date_and_village_is_proposed() -> None:
    other = replace(CHILD, row=9, name="杨莉", guardian_phone=None)
    assert likely_duplicates([CHILD, other]) == [Duplicate(2, 9, 80)]


def test_siblings_who_share_guardian_and_village_are_not_proposed() -> None:
    sibling = replace(CHILD, row=3, name="杨强", birth_date=dt.date(2012, 1, 9))
    assert likely_duplicates([CHILD, sibling]) == []


def test_two_different_id_numbers_are_two_children_however_alike() -> None:
    first = replace(CHILD, id_number="11010519491231002X")
    second = replace(CHILD, row=3, id_number="110105194912310038")
    assert score(first, second) == 0
    assert score(first, replace(first, row=4, name="别名")) == 100


def test_a_pair_found_by_birth_date_and_by_phone_is_proposed_once() -> None:
    assert likely_duplicates([CHILD, replace(CHILD, row=3)]) == [Duplicate(2, 3, 100)]
