"""Who is named in a dossier. Whoever reported is not (Anti-Domestic Violence Law 14).

A village has one supervisor: to name her on all visits but the one that began the matter would name
her there too. So people are named for what they did in the county's office, and for nothing else.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from backend.accounts import queries as accounts
from sync.entries import Entry

from . import words

OFFICE = ("county_lead", "county_officer")
_FIELD = ("township_supervisor", "village_supervisor", "partner_worker")
SERVER = UUID(int=0)
# What tells who reported: the phone and the place in its log would, too.
REPORTS = ("concern.raise", "visit.sealed")
CONCEALED = "（依法保密）"


class Naming:
    """The names of a dossier's authors, in two statements."""

    def __init__(self, entries: Sequence[Entry], *, on: dt.date) -> None:
        people = {entry.person for entry in entries} - {SERVER}
        self._names = accounts.names(people)
        self._roles = {
            person: {role for role, _ in grants}
            for person, grants in accounts.grants(people, on=on).items()
        }
        reporters = {entry.person for entry in entries if entry.kind in REPORTS}
        self._hidden = self._concealed(people, reporters)

    def _concealed(self, people: Collection[UUID], reporters: Collection[UUID]) -> list[str]:
        hidden = {p for p in people if p in reporters or not self._roles[p] & set(OFFICE)}
        # The longest first: one name may begin another.
        return sorted((self._names[p] for p in hidden if self._names.get(p)), key=len)[::-1]

    def by(self, entry: Entry) -> str:
        """A role, with a name for what was done in the county's office."""
        if entry.person == SERVER:
            return "系统"
        if entry.kind in REPORTS:
            return f"报告人{CONCEALED}"
        roles = self._roles.get(entry.person, set())
        for role in OFFICE:
            if role in roles and entry.device is None:
                return f"{self._names.get(entry.person, '')}（{words.said('role', role)}）"
        field = next((role for role in _FIELD if role in roles), None)
        return words.said("role", field) if field else "工作人员"

    def redacted(self, value: Any) -> Any:
        """The same with the names of those who are not named taken out of every text."""
        if isinstance(value, str):
            for name in self._hidden:
                value = value.replace(name, CONCEALED)
            return value
        if isinstance(value, dict):
            return {key: self.redacted(own) for key, own in value.items()}
        if isinstance(value, list | tuple):
            return [self.redacted(own) for own in value]
        return value
