"""What templates may say: texts, labels, times. No logic of the domain."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import template
from django.utils import timezone

from backend.common.language import language
from backend.console import clocks, texts, words
from fieldforms import vocabulary
from sync.shown import Clock

register = template.Library()


@register.simple_tag
def t(key: str, **values: Any) -> str:
    """The words of a key: `{% t "queue.title" %}`."""
    return texts.text(key, **values)


@register.simple_tag
def label(name: str, code: str) -> str:
    """The label of a code of the vocabulary: `{% label "severity" row.severity %}`."""
    return vocabulary.label(name, code, language())


@register.simple_tag
def said(name: str, code: str) -> str:
    """The same for what rules and phones may know before the vocabulary does: else the code."""
    return words.said(name, code)


@register.filter
def spoken(pair: dict[str, str]) -> str:
    return words.spoken(pair)


@register.filter
def moment(value: dt.datetime | None, now: dt.datetime) -> str:
    """A time in China, to the minute, without the year while it is this year's."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    return f"{local:%m-%d %H:%M}" if local.year == now.year else f"{local:%Y-%m-%d %H:%M}"


@register.filter
def called(text: str, now: dt.datetime) -> str:
    """The time of a call as somebody wrote it; what is no time is shown as it is."""
    try:
        value = dt.datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment(value if value.tzinfo else timezone.make_aware(value), now)


@register.filter
def day(value: dt.datetime, now: dt.datetime) -> str:
    """A day in China, without the year while it is this year's."""
    local = timezone.localtime(value)
    return f"{local:%m-%d}" if local.year == timezone.localtime(now).year else f"{local:%Y-%m-%d}"


@register.filter
def last_day(deadline: dt.datetime) -> str:
    """The day on which something is still in time: what ends at midnight ends with the day before."""
    return f"{timezone.localtime(deadline - dt.timedelta.resolution):%Y-%m-%d}"


@register.filter
def of(given: Mapping[str, Any], key: str) -> Any:
    """A member, or nothing: `{{ levels|of:code }}`."""
    return given.get(key, {})


@register.filter
def until(deadline: dt.datetime, now: dt.datetime) -> str:
    return clocks.until(deadline, now)


@register.filter
def iso(text: str) -> dt.datetime:
    """A time as the wire writes it."""
    return dt.datetime.fromisoformat(text)


@register.filter
def passed(deadline: dt.datetime, now: dt.datetime) -> bool:
    return deadline <= now


@register.simple_tag
def lateness(observed: dt.datetime, received: dt.datetime) -> str:
    return clocks.lateness(observed, received)


@register.filter
def phone_clock(clock: Clock | None) -> str:
    return clocks.phone(clock)


@register.filter
def clock_time(value: dt.time | str | None) -> str:
    """Hours and minutes, as a time box wants them."""
    return str(value)[:5] if value else ""


@register.simple_tag
def delivery_error(code: str) -> str:
    """What its first part means, with the code itself where that says more."""
    known, dot, _ = code.partition(".")
    meaning = words.said("delivery_error", known)
    return f"{meaning} ({code})" if dot else meaning
