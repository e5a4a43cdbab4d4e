"""Signs of a visit that is worth a look: when they hold and when they do not."""

import datetime as dt
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from backend.visits import places, signs
from fieldforms.vocabulary import codes

NOW = dt.datetime(2026, 11, 29, 8, tzinfo=dt.UTC)
VECTORS = json.loads(Path(__file__).with_name("visit_signs.json").read_text("utf-8"))


def where(given: list[float] | None) -> places.Place | None:
    return spot(*given) if given else None


def spot(lat: float, lon: float, accuracy_m: float = 0) -> places.Place:
    return places.Place(lat=lat, lon=lon, accuracy_m=accuracy_m)


def seen(given: dict[str, Any]) -> signs.Seen:
    minutes, days = given.get("minutes"), given.get("days", 0)
    return signs.Seen(
        observed=NOW - dt.timedelta(days=given.get("ago", 0)),
        received=NOW + dt.timedelta(days=days), mode=given.get("mode", "home"),
        home=UUID(int=home) if (home := given.get("home", 1)) else None,
        child_seen=given.get("child_seen", True), alone=given.get("alone", True),
        started=None if minutes is None else NOW,
        ended=None if minutes is None else NOW + dt.timedelta(minutes=minutes),
        place=where(given.get("place")), residence=where(given.get("residence")),
        words=tuple(given.get("words", ())), clock_off=given.get("clock_off", False),
    )  # fmt: skip


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_a_visit_shows_the_signs_that_a_risk_may_be_missed(vector: dict[str, Any]) -> None:
    before, elsewhere = (list(map(seen, vector.get(name, []))) for name in ("before", "elsewhere"))
    assert signs.of(seen(vector["visit"]), before=before, elsewhere=elsewhere) == vector["signs"]


def test_only_the_last_visits_elsewhere_are_compared_for_a_risk_of_words_reused() -> None:
    words = ["家里干净，灶上有饭。"]
    others = [seen({"home": 3, "ago": days / 10}) for days in range(signs.LATELY_MOST - 1)]
    same = seen({"home": 2, "ago": 20, "words": words})
    visit = seen({"words": words})
    assert signs.of(visit, before=[], elsewhere=[same, *others]) == ["reused"]
    more = [same, *others, seen({"home": 3, "ago": 10})]
    assert signs.of(visit, before=[], elsewhere=more) == []


def test_every_sign_has_its_words_and_a_vector() -> None:
    assert {sign for vector in VECTORS for sign in vector["signs"]} == {
        # What was not asked is told by the gaps, not by this function.
        code
        for code in codes("visit_sign")
        if code != "unasked"
    }


@pytest.mark.parametrize("given", [
    None, "26.5,108.0", [26.5, 108.0], {}, {"lat": 26.5, "lon": 108.0},
    {"lat": 26.5, "lon": 108.0, "accuracy_m": -1}, {"lat": "26.5", "lon": 108.0, "accuracy_m": 5},
    {"lat": True, "lon": 108.0, "accuracy_m": 5}, {"lat": 90.1, "lon": 108.0, "accuracy_m": 5},
    {"lat": 26.5, "lon": -180.1, "accuracy_m": 5}, {"lat": float("nan"), "lon": 1.0, "accuracy_m": 5},
    {"lat": 26.5, "lon": 10**400, "accuracy_m": 5},
])  # fmt: skip
def test_what_is_no_place_is_none_and_no_risk_follows_from_it(given: Any) -> None:
    assert places.read(given) is None


def test_a_home_without_an_accuracy_is_where_the_register_says() -> None:
    home = places.read({"lat": 26.5, "lon": 108, "division": "522630"}, accuracy_m=0)
    assert home == places.Place(lat=26.5, lon=108.0, accuracy_m=0)


def test_distances_are_those_of_the_earth() -> None:
    """From Kaili to Guiyang as a bird flies, and across the date line."""
    kaili, guiyang = spot(26.566, 107.981), spot(26.647, 106.630)
    east, west = spot(0, 179.99), spot(0, -179.99)
    assert places.apart(kaili, guiyang) == pytest.approx(134_600, abs=500)
    assert places.apart(east, west) == pytest.approx(2_224, abs=2)
