"""Which rows are brothers and sisters, and which adults a household has."""

from typing import Any
from uuid import UUID

from backend.caseload.roster.adults import adults
from backend.caseload.roster.households import Home, households
from backend.caseload.roster.matching import Match
from backend.caseload.roster.reading import Row

HOME = {"village": "522630001204", "guardian_name": "吴桂花", "address": "台拱村3组"}
PHONE, OTHER = {"guardian_phone": "13985550101"}, {"guardian_phone": "13985550102"}


def match(number: int, **values: Any) -> Match:
    return Match(Row(number, values={**HOME, **values}), UUID(int=number), None)


def groups(*matches: Match) -> list[list[int]]:
    return [[own.row.number for own in home.matches] for home in households(matches)]


def test_the_guardians_number_joins_whatever_is_written_of_name_and_phone() -> None:
    number = {"guardian_id": "522630194705090505"}
    first = match(1, **number, **PHONE)
    assert groups(first, match(2, **number, guardian_name="吴桂华", **OTHER)) == [[1, 2]]


def test_name_and_phone_join_and_an_unlike_address_parts() -> None:
    rows = match(1, **PHONE), match(2, **PHONE, address="台江县台拱街道台拱村三组")
    assert groups(*rows, match(3, **PHONE, address="台拱村5组")) == [[1, 2], [3]]


def test_a_row_without_an_address_goes_with_its_guardian() -> None:
    assert groups(match(1, **PHONE), match(2, **PHONE, address="")) == [[1, 2]]


def test_both_parents_and_the_address_join_children_with_different_carers() -> None:
    parents = {"father_name": "杨勇", "mother_name": "龙丽"}
    assert groups(match(1, **PHONE, **parents), match(2, **OTHER, **parents)) == [[1, 2]]


def test_a_name_alone_joins_only_a_row_that_says_no_more_of_the_guardian() -> None:
    assert groups(match(1, **PHONE), match(2, **OTHER), match(3)) == [[1, 3], [2]]


def test_another_village_is_another_household() -> None:
    assert groups(match(1, **PHONE), match(2, **PHONE, village="522630001217")) == [[1], [2]]


def home(*matches: Match) -> Home:
    return Home(UUID(int=99), known=False, matches=list(matches))


def test_a_father_who_is_the_guardian_is_one_adult() -> None:
    father = {"guardian_relationship": "father", "guardian_name": "杨勇", "father_name": "杨勇"}
    found = adults(home(match(1, **father, **PHONE, father_place="广东东莞")), {})
    assert len(found) == 1
    assert found[0].children == {str(UUID(int=1)): {"guardian": True, "relationship": "father"}}
    assert found[0].parts["whereabouts"] == {"place": "广东东莞"}


def test_two_adults_of_one_name_with_different_numbers_stay_two() -> None:
    numbers = "522630194705090505", "522630194903163584"
    rows = [match(place, guardian_id=number) for place, number in enumerate(numbers)]
    found = adults(home(*rows), {})
    assert len({adult.id for adult in found}) == 2


def test_what_two_rows_say_differently_of_one_adult_is_told() -> None:
    second = match(2, **OTHER)
    found = adults(home(match(1, **PHONE), second), {})
    assert found[0].parts["contact"] == {"phone": "13985550101"}
    assert [(slip.column, slip.code, slip.value, slip.hint) for slip in second.row.slips] == [
        ("guardian_phone", "roster.sibling_differs", "13985550102", "13985550101")
    ]
