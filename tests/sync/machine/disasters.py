"""Copied phones, phones put back, and servers restored from a backup."""

from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from . import checks, town
from .handset import Handset
from .stage import NAMES, Stage, phones


class Disasters(Stage):
    """After each of them the oracle forgets what nobody can know any more."""

    @rule(name=phones)
    def somebody_copies_a_phone(self, name: str) -> None:
        path = self.folder / f"{name}.copy"
        self.handsets[name].copies_to(path)
        self.copies[name] = path

    @rule(name=phones)
    @precondition(lambda self: self.copies)
    def a_phone_is_put_back(self, name: str) -> None:
        if name in self.copies:
            self.handsets[name].becomes(self.copies[name])
            self._is_copied(name)

    @rule(name=phones)
    @precondition(lambda self: self.copies and len(self.handsets) == len(NAMES))
    def a_copy_goes_on_as_well(self, name: str) -> None:
        if name not in self.copies:
            return
        clone = Handset(f"{name}2", self.folder)
        clone.becomes(self.copies[name])
        self.handsets[clone.name] = clone
        self.devices[clone.name] = self.devices[name]
        self._is_copied(name)

    def _is_copied(self, name: str) -> None:
        device = self.devices[name]
        for other, handset in self.handsets.items():
            if self.devices[other] == device:
                handset.odd = True
        self.oracle.forgives(device=device)

    @rule()
    def a_backup_is_taken(self) -> None:
        made = town.back_up()
        self.backup = (made, checks.present(), set(self.closed), dict(self.office))

    @rule(told=st.booleans())
    @precondition(lambda self: self.backup is not None)
    def the_server_is_restored(self, told: bool) -> None:
        """A server that nobody told has to find out by what the phones know."""
        assert self.backup
        self.restored = True
        backup, kept, closed, office = self.backup
        self.closed, self.office = set(closed), dict(office)
        town.restore(backup, told=told)
        for file in sorted(self.town.keys.erased):
            self.town.erase(file)
        # What came after the backup is owed by the phones now; see the check once quiet.
        for handset in self.handsets.values():
            handset.ahead = True
        self.oracle.promised &= kept
        granted = {name: self.town.granted(device) for name, device in self.devices.items()}
        by_device = {str(self.devices[name]): files for name, files in granted.items()}
        self.oracle.must_apply = {
            op: said
            for op, said in self.oracle.must_apply.items()
            if UUID(said.get("file") or said["target"]) in by_device[said["device"]]
        }
