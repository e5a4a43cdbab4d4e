"""Resident ID numbers, phones, and what a sealed name is found by."""

import datetime as dt

import pytest

from backend.children import identity
from backend.common import search

VALID = "11010519491231002X"


def test_a_valid_number_keeps_its_eighteen_characters() -> None:
    assert identity.normalise_id(" 110105 19491231-002x") == VALID


def test_a_fifteen_digit_number_gets_its_century_and_check_digit() -> None:
    assert identity.normalise_id("110105491231002") == VALID


@pytest.mark.parametrize("number", ["110105194912310021", "12345", "", "姓名"])
def test_a_wrong_number_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match="resident ID"):
        identity.normalise_id(number)


def test_a_wrong_number_is_still_found_by_what_was_typed() -> None:
    wrong = "110105194912310021"
    assert identity.tokens(name=None, number=wrong) == identity.query_tokens(wrong)


def test_a_phone_is_the_same_with_and_without_country_code() -> None:
    assert search.normalise_phone("+86 139-1234-5678") == search.normalise_phone("13912345678")


@pytest.mark.parametrize("text", ["杨", "杨秀英", "yang xiu", VALID, "110105491231002"])
def test_a_child_is_found_by_characters_pinyin_and_number(text: str) -> None:
    found = set(identity.tokens(name="杨秀英", number=VALID))
    assert set(identity.query_tokens(text)) <= found


def test_homophones_and_every_reading_of_a_character_meet() -> None:
    assert set(identity.query_tokens("shan")) <= search.name_tokens("单雨")
    assert set(identity.query_tokens("dan")) <= search.name_tokens("单雨")


def test_another_name_is_not_found() -> None:
    assert not set(identity.query_tokens("石")) <= search.name_tokens("杨秀英")


def test_a_birth_date_is_a_date_or_nothing() -> None:
    assert identity.born("2016-02-29") == dt.date(2016, 2, 29)
    assert identity.born("2015-02-29") is None
    assert identity.born(None) is None
