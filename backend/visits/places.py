"""Where a visit was, as its phone says, and how far from another place. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import asin, cos, isfinite, radians, sin, sqrt
from typing import Any

EARTH_M = 6_371_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Degrees in WGS 84, as a phone's receiver gives them. The true place lies within `accuracy_m`."""

    lat: float
    lon: float
    accuracy_m: float


def read(given: Any, *, accuracy_m: float | None = None) -> Place | None:
    """Of `{lat, lon, accuracy_m}`; `accuracy_m` is that of a place that does not say it.

    What is no place on earth, or may be anywhere, is none: nobody is to be suspected of a broken receiver.
    """
    if not isinstance(given, Mapping):
        return None
    lat, lon = _number(given.get("lat")), _number(given.get("lon"))
    within = _number(given.get("accuracy_m", accuracy_m))
    if lat is None or lon is None or within is None or within < 0:
        return None
    if abs(lat) > 90 or abs(lon) > 180:
        return None
    return Place(lat=lat, lon=lon, accuracy_m=within)


def apart(one: Place, other: Place) -> float:
    """Metres between the two at the least, whatever their accuracies hide."""
    return max(0.0, _between(one, other) - one.accuracy_m - other.accuracy_m)


def _between(one: Place, other: Place) -> float:
    """Along a great circle."""
    north, south = radians(one.lat), radians(other.lat)
    across = sin((north - south) / 2) ** 2
    along = sin(radians(one.lon - other.lon) / 2) ** 2
    return 2 * EARTH_M * asin(min(1.0, sqrt(across + cos(north) * cos(south) * along)))


def _number(given: Any) -> float | None:
    if isinstance(given, bool) or not isinstance(given, int | float):
        return None
    return float(given) if abs(given) < 1e9 and isfinite(given) else None
