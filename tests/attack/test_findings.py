"""The table says what was found, and the attack fails on any hit and on having tried nothing."""

from tests.attack.findings import Row, exit_code, table


def test_any_hit_fails_and_is_told_secure() -> None:
    clean, hit = Row("doors", 1200, [], "all"), Row("slow", 3, ["the page was answered 503"], "few")
    assert exit_code([clean]) == 0
    assert exit_code([clean, hit]) == 1
    assert table([clean, hit]).splitlines() == [
        "attack  tried  hits  where",
        "doors   1,200     0  all",
        "slow        3     1  few",
        "HIT slow: the page was answered 503",
    ]


def test_what_tried_nothing_has_shown_nothing_secure() -> None:
    assert exit_code([Row("doors")]) == 1
