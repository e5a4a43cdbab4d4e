"""What a message may say, and how it reads (rules.md, "Delivery": no child's name outside the system)."""

import datetime as dt
import re
from typing import Any

import pytest

from backend.notifications import messages
from backend.notifications.messages import MessageRefused
from fieldforms import vocabulary

AT = dt.datetime(2026, 11, 25, 6, 30, tzinfo=dt.UTC)
OPENED = {"severity": "high", "division": "522630100", "deadline": AT, "link": "/office/queue/"}
TYPES = {
    "division": "522630",
    "moment": AT,
    "day": AT.date(),
    "number": 3,
    "link": "/office/queue/",
}


def value_of(type_: str) -> Any:
    if type_.startswith("list "):
        return vocabulary.codes(type_.removeprefix("list "))[0]
    return TYPES[type_]


@pytest.mark.parametrize("name", messages.kinds())
def test_every_kind_is_whole_in_both_languages_and_can_be_filled(name: str) -> None:
    kind = messages.kinds()[name]
    stored = messages.checked(name, {n: value_of(type_) for n, type_ in kind.values.items()})
    for pair in (kind.title, kind.text):
        assert set(pair) == set(messages.LANGUAGES)
        said = [set(re.findall(r"{(\w+)}", pair[language])) for language in messages.LANGUAGES]
        assert said[0] == said[1] <= kind.values.keys() - {"link"}
        assert not re.search(r"[\u4e00-\u9fff]", pair["en"])
    for language in messages.LANGUAGES:
        words = messages.words(name, stored, language=language, places={})
        assert "{" not in words.title + words.text


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("no.such.kind", {}),
        ("escalation.opened", {**OPENED, "child": "龙小燕"}),
        ("escalation.opened", {**OPENED, "severity": "龙小燕"}),
        ("escalation.opened", {**OPENED, "division": "龙小燕"}),
        ("escalation.opened", {**OPENED, "deadline": "明天"}),
        ("escalation.opened", {**OPENED, "deadline": AT.replace(tzinfo=None)}),
        ("escalation.opened", {**OPENED, "link": "https://elsewhere.example/龙小燕"}),
        ("escalation.opened", {**OPENED, "link": "/office/queue/?q=龙小燕"}),
        ("escalation.opened", {"severity": "high"}),
    ],
)
def test_what_is_not_declared_or_not_of_its_type_is_refused(
    name: str, values: dict[str, Any]
) -> None:
    with pytest.raises(MessageRefused):
        messages.checked(name, values)


def test_codes_and_times_are_said_in_the_readers_language_and_in_chinas_time() -> None:
    stored = messages.checked("escalation.opened", OPENED)
    places = {"522630100": "台江县施洞镇"}
    zh = messages.words("escalation.opened", stored, language="zh", places=places)
    en = messages.words("escalation.opened", stored, language="en", places=places)
    label = vocabulary.label("severity", "high", "zh")
    assert zh.text.startswith(f"台江县施洞镇有新的{label}预警，须在11月25日 14:30前处理。")
    assert "by 25 Nov 14:30" in en.text
    assert zh.link == "/office/queue/"


def test_the_sealed_message_says_nothing_but_that_something_waits() -> None:
    for name in messages.sealed():
        kind = messages.kinds()[name]
        assert kind.values == {"link": "link"}
        assert not kind.webhook
    assert messages.sealed() == ["sealed.waiting"]


def test_what_passes_over_a_countys_office_goes_to_no_webhook() -> None:
    assert "escalation.apart" in messages.above()
    assert not any(messages.kinds()[name].webhook for name in messages.above())
