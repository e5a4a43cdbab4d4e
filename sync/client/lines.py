"""Operations from text: JSON lines `{"kind": …, "target": …, "file": …, "data": {…}}`.

A target that begins with `@` names a new record: wherever the same lines say that name again, as a
file, a target or a value inside `data`, the new id is put. So records that refer to each other can
be written down before they exist.
`attach` names files: `["photo.jpg", "thumbnail:small.jpg"]`.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from sync.protocol import ids

from .attachments import ROLES, Attached, from_files
from .errors import Unusable
from .log import New


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line as somebody writes it; a misspelt member is an error, not an omission."""

    kind: str
    data: dict[str, Any] = {}
    target: str | None = None
    file: str | None = None
    person: UUID | None = None
    at: dt.datetime | None = None
    ruleset: str | None = None
    form: str | None = None
    form_version: str | None = None
    attach: list[str] = []


_decoder = msgspec.json.Decoder(Line)


def read(text: str, *, now: dt.datetime) -> list[New]:
    """Raises `Unusable` with the number of the first line that is wrong."""
    lines = [_decode(n, raw) for n, raw in enumerate(text.splitlines(), 1) if raw.strip()]
    names = {
        line.target: str(ids.uuid7(now))
        for line in lines
        if line.target and line.target.startswith("@")
    }
    return [_new(line, names) for line in lines]


def _decode(number: int, raw: str) -> Line:
    try:
        return _decoder.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Unusable(f"line {number}: {error}") from error


def _new(line: Line, names: Mapping[str, str]) -> New:
    return New(
        kind=line.kind, data=_named(line.data, names), target=_id(line.target, names),
        file=_id(line.file, names), person=line.person, at=line.at, ruleset=line.ruleset,
        form=line.form, form_version=line.form_version, attach=attached(line.attach),
    )  # fmt: skip


def attached(given: Iterable[str]) -> list[Attached]:
    """Files as `[ROLE:]FILE`; one with a role is a copy of the last one without. Raises `Unusable`."""
    pairs = [text.partition(":") for text in given]
    return from_files(
        (role, path) if role in ROLES else ("", "".join((role, colon, path)))
        for role, colon, path in pairs
    )


def _id(given: str | None, names: Mapping[str, str]) -> UUID | None:
    if given is None:
        return None
    try:
        return UUID(names.get(given, given))
    except ValueError:
        raise Unusable(f"{given} is neither an id nor the target of a line") from None


def _named(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, dict):
        return {name: _named(part, names) for name, part in value.items()}
    if isinstance(value, list):
        return [_named(part, names) for part in value]
    return value


def changes(items: Iterable[str]) -> dict[str, Any]:
    """`field=JSON` pairs; what is not JSON is taken as text."""
    pairs = [item.partition("=") for item in items]
    return {name: value(text) for name, _, text in pairs}


def elements(items: Iterable[str]) -> dict[str, dict[str, Any]]:
    """`field.element` or `field.element=JSON`; without a value an element is simply there (true)."""
    made: dict[str, dict[str, Any]] = {}
    for item in items:
        place, given, text = item.partition("=")
        name, _, element = place.partition(".")
        if not element:
            raise Unusable(f"{item}: write the field, a dot and the element")
        made.setdefault(name, {})[element] = value(text) if given else True
    return made


def value(text: str) -> Any:
    """JSON if it is JSON, else the text itself."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
