"""A phone's time as people are shown it: what its clock said, what was made of it, and how sure that is."""

import datetime as dt
from dataclasses import dataclass

from rest_framework import serializers

from . import times
from .entries import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """`ahead` is phone minus corrected time, negative for a clock that was behind. `off` says that
    either that or the uncertainty is more than the server tolerates.
    """

    phone: dt.datetime
    corrected: dt.datetime
    ahead: dt.timedelta
    uncertainty: dt.timedelta
    off: bool


def clock(entry: Entry) -> Clock | None:
    """None for what was not written on a phone."""
    if entry.device is None:
        return None
    ahead = times.millis(entry.wall) - entry.at
    return Clock(
        phone=entry.wall, corrected=entry.observed, off=times.is_off(entry),
        ahead=dt.timedelta(milliseconds=ahead),
        uncertainty=dt.timedelta(milliseconds=entry.uncertainty),
    )  # fmt: skip


class ClockOut(serializers.Serializer[Clock]):
    """The values of `Clock`."""

    phone = serializers.DateTimeField(help_text="What the phone's clock said.")
    corrected = serializers.DateTimeField()
    ahead = serializers.DurationField(help_text="Phone minus corrected; negative: it was behind.")
    uncertainty = serializers.DurationField()
    off = serializers.BooleanField(help_text="More than the server tolerates: worth a look.")
