"""Division codes by themselves: levels, parents and what a scope covers."""

import pytest

from backend.regions import codes
from backend.regions.errors import CodeMalformed
from backend.regions.sources import Row, narrowed, read_pack, write_pack

TAIJIANG = "522630"
VILLAGE = "522630101003"


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("52", "province"),
        ("5226", "prefecture"),
        (TAIJIANG, "county"),
        ("522630101", "township"),
        (VILLAGE, "village"),
    ],
)
def test_the_number_of_digits_is_the_level(code: str, level: str) -> None:
    assert codes.level(code) == level


@pytest.mark.parametrize("code", ["", "5", "522", "52263", "5226301", "52263O", "５２", "-1"])
def test_a_malformed_code_is_refused_with_the_code_given(code: str) -> None:
    with pytest.raises(CodeMalformed) as refused:
        codes.level(code)
    assert refused.value.code == "division.code_malformed"
    assert f"“{code}”" in refused.value.message


def test_ancestors_and_parent_step_through_the_levels() -> None:
    assert codes.ancestors(VILLAGE) == ["52", "5226", TAIJIANG, "522630101", VILLAGE]
    assert codes.parent_of(VILLAGE) == "522630101"
    assert codes.parent_of("52") == codes.COUNTRY


def test_county_of_is_nothing_for_what_is_wider_than_a_county() -> None:
    assert codes.county_of(VILLAGE) == TAIJIANG
    assert codes.county_of("5226") is None


def test_a_scope_covers_its_own_divisions_and_no_neighbour() -> None:
    assert codes.covers([TAIJIANG], VILLAGE)
    assert codes.covers(["11", TAIJIANG], TAIJIANG)
    assert not codes.covers([TAIJIANG], "522631100001")
    assert not codes.covers([TAIJIANG], "5226")


def test_a_scope_cut_short_by_a_slip_covers_nothing() -> None:
    assert not codes.covers(["52263"], VILLAGE)
    assert not codes.covers([], VILLAGE)
    assert codes.covers([codes.COUNTRY], VILLAGE)


def test_the_shipped_pack_has_every_county_and_all_villages_of_guizhou() -> None:
    found = [row.code for row in read_pack()]
    by_length = {length: sum(len(code) == length for code in found) for length in codes.LEVELS}
    assert (by_length[2], by_length[4], by_length[6], by_length[12]) == (31, 342, 2978, 17964)
    assert sum(code.startswith(TAIJIANG) and len(code) == 12 for code in found) == 71
    assert len(set(found)) == len(found)


def test_in_the_shipped_pack_every_parent_precedes_its_children() -> None:
    seen = {codes.COUNTRY}
    for row in read_pack():
        assert codes.parent_of(row.code) in seen
        seen.add(row.code)


def test_packing_keeps_villages_of_the_chosen_province_only_and_repeats_exactly(tmp_path) -> None:
    rows = [
        Row("52", "贵州省", "gui zhou sheng"),
        Row("110101001", "东华门街道", "dong"),
        Row("522630101", "台拱街道", "tai"),
    ]
    first, second = tmp_path / "first.xz", tmp_path / "second.xz"
    assert write_pack(first, narrowed(rows, ["52"])) == 2
    write_pack(second, narrowed(rows, ["52"]))
    assert list(read_pack(first)) == [rows[0], rows[2]]
    assert first.read_bytes() == second.read_bytes()
