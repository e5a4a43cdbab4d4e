"""What the office does, online."""

import json

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from .. import served, toys
from .stage import Stage, colours, phones, some


class Office(Stage):
    """Every change goes through the office's one door."""

    @rule(number=some, colour=colours, saw_all=st.booleans())
    def the_office_paints(self, number: int, colour: str, saw_all: bool) -> None:
        file = self.file(number)
        box = toys.Box.objects.filter(id=file).first()
        if box is None:
            return
        key = self.town.keys([file]).get(file)
        state = json.loads(key.open(box.state)) if key else {}
        saw = list(state.get("colour", {}).get("live", {})) if saw_all else []
        data = {"set": {"colour": {"v": colour, "saw": saw}}}
        receipt = self.town.submit("box.paint", file, file, data)
        said = {"op": str(receipt.op), "kind": "box.paint", "target": str(file), "data": data}
        self.office[str(receipt.op)] = said
        assert receipt.outcome == ("applied" if key else "quarantined")

    @rule(number=some, stale=st.booleans())
    @precondition(lambda self: toys.Alarm.objects.filter(status="open").exists())
    def the_office_closes_an_alarm(self, number: int, stale: bool) -> None:
        alarms = list(toys.Alarm.objects.filter(status="open").order_by("id"))
        alarm = alarms[number % len(alarms)]
        revision = alarm.revision - stale
        receipt = self.town.submit("alarm.closed", alarm.id, alarm.file, {"revision": revision})
        possible = not stale and alarm.file not in self.town.keys.erased
        assert receipt.outcome == ("applied" if possible else "quarantined")
        if possible:
            self.closed.add(alarm.id)

    @rule(name=phones, number=some, holds=st.booleans())
    def the_office_assigns(self, name: str, number: int, holds: bool) -> None:
        file = self.file(number)
        known = toys.Box.objects.filter(id=file).exists()
        if known and file not in self.town.keys.erased:
            self.town.assign(file, self.devices[name], holds=holds)

    @rule(name=phones)
    def the_office_revokes(self, name: str) -> None:
        served.revoked.add(self.devices[name])
        self.oracle.forgives(device=self.devices[name])

    @rule(number=some)
    def the_office_erases(self, number: int) -> None:
        file = self.file(number)
        self.town.erase(file)
        self.oracle.forgives(file=file)

    @rule()
    def the_office_publishes(self) -> None:
        version = self.town.config["forms"]["version"] + 1
        self.town.config = {"forms": {"version": version}}
