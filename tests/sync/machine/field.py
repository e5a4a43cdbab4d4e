"""What supervisors do, with or without a network."""

import datetime as dt
import json
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from sync.client import New, Phone
from sync.protocol import ids

from . import town
from .stage import Stage, colours, deaths, phones, some

dangers = st.sampled_from(["high", "low", "unheard of"])
skews = st.sampled_from([-3650, 0, 3650])


def paint(phone: Phone, box: UUID, **change: Any) -> None:
    """By name: before its first sync a phone has no catalogue to find the kind in."""
    phone.edit(box, kind="box.paint", **change)


class Field(Stage):
    """Nothing here talks to the server."""

    @initialize()
    def the_first_file(self) -> None:
        self.registers("A", "red", None)
        self.syncs("A", "none", 0, 0, None)

    @rule(name=phones, colour=colours, dies_at=deaths)
    @precondition(lambda self: len(self.files) < 6)
    def registers(self, name: str, colour: str, dies_at: int | None) -> None:
        new = New(kind="box.make", data={"set": {"colour": {"v": colour, "saw": []}}})
        for line in self.says(name, lambda phone: phone.append(new), dies_at):
            self.files.append(UUID(json.loads(line)["target"]))

    @rule(name=phones, number=some, colour=colours, dies_at=deaths)
    def paints(self, name: str, number: int, colour: str, dies_at: int | None) -> None:
        file = self.file(number)
        self.edits(name, lambda phone: paint(phone, file, set={"colour": colour}), file, dies_at)

    @rule(name=phones, number=some, danger=dangers)
    def raises(self, name: str, number: int, danger: str) -> None:
        file = self.file(number)
        self.edits(name, lambda phone: paint(phone, file, set={"danger": danger}), file, None)

    @rule(name=phones, number=some, tag=colours, adds=st.booleans())
    def tags(self, name: str, number: int, tag: str, adds: bool) -> None:
        file = self.file(number)
        change: dict[str, Any] = (
            {"add": {"tags": {tag: True}}} if adds else {"remove": {"tags": [tag]}}
        )
        self.edits(name, lambda phone: paint(phone, file, **change), file, None)

    @rule(name=phones, number=some, value=colours)
    def resolves(self, name: str, number: int, value: str) -> None:
        file = self.file(number)

        def resolve(phone: Phone) -> None:
            for field in phone.record(file).conflicts:
                phone.resolve(file, field, value if field == "colour" else "low")

        self.edits(name, resolve, file, None)

    @rule(name=phones, number=some, cries=st.booleans(), dies_at=deaths, stub=st.booleans())
    def visits(self, name: str, number: int, cries: bool, dies_at: int | None, stub: bool) -> None:
        """On any file, also one that was taken from her or that nobody has heard of."""
        file = ids.uuid7(town.now_utc()) if stub and number == 5 else self.file(number)
        new = New(kind="note.write", file=file, data={"text": "help" if cries else "all is well"})
        self.says(name, lambda phone: phone.append(new), dies_at)

    @rule(name=phones, days=skews)
    def sets_the_clock(self, name: str, days: int) -> None:
        self.handsets[name].skew = dt.timedelta(days=days)
