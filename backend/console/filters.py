"""What the lists can be narrowed by. An unknown value in the address narrows nothing."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict

from backend.children import queries as children
from backend.concerns import queries as escalations
from backend.guardianship import queries as cases
from backend.notifications import queries as notifications
from backend.quarantine import queries as quarantine
from backend.referrals import queries as referrals
from backend.regions import codes as divisions
from backend.regions import queries as regions
from fieldforms.choices import choices

from .texts import text
from .words import said


class Narrowing(forms.Form):
    """Select boxes whose first choice is "any", and boxes to tick."""

    def _offer(self, name: str, nothing: str, offered: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", text(nothing)), *offered]

    def given(self) -> dict[str, Any]:
        """What can be used of the address."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


class QueueForm(Narrowing):
    status = forms.ChoiceField(required=False)
    severity = forms.ChoiceField(required=False)
    level = forms.ChoiceField(required=False)
    division = forms.ChoiceField(required=False)
    overdue = forms.BooleanField(required=False)
    unassigned = forms.BooleanField(required=False)
    mine = forms.BooleanField(required=False)

    def __init__(self, data: QueryDict, *, prefixes: Iterable[str]) -> None:
        super().__init__(data)
        self._offer("status", "queue.not_ended", [*choices("escalation_status")])
        self._offer("severity", "queue.any_severity", [*reversed(choices("severity"))])
        self._offer("level", "queue.any_level", [*choices("escalation_level")])
        self._offer("division", "queue.any_place", _places(prefixes))

    def filters(self, viewer: UUID) -> escalations.Filters:
        given = self.given()
        return escalations.Filters(
            status=(given["status"],) if "status" in given else (),
            severity=(given["severity"],) if "severity" in given else (),
            overdue=True if "overdue" in given else None,
            division=given.get("division", ""),
            level=given.get("level", ""),
            assigned_to=viewer if "mine" in given else None,
            unassigned="unassigned" in given,
        )


class CasesForm(Narrowing):
    state = forms.ChoiceField(required=False)
    clock = forms.ChoiceField(required=False)
    division = forms.ChoiceField(required=False)
    overdue = forms.BooleanField(required=False)
    proposed = forms.BooleanField(required=False)
    mine = forms.BooleanField(required=False)

    def __init__(self, data: QueryDict, *, prefixes: Iterable[str]) -> None:
        super().__init__(data)
        self._offer("state", "cases.not_closed", [*choices("case_state")])
        self._offer("clock", "cases.any_clock", [*choices("case_clock")])
        self._offer("division", "queue.any_place", _places(prefixes))

    def filters(self, viewer: UUID) -> cases.Filters:
        given = self.given()
        return cases.Filters(
            state=(given["state"],) if "state" in given else (),
            clock=given.get("clock", ""),
            division=given.get("division", ""),
            overdue=True if "overdue" in given else None,
            proposed="proposed" in given,
            worker=viewer if "mine" in given else None,
        )


class ReferralsForm(Narrowing):
    status = forms.ChoiceField(required=False)
    need = forms.ChoiceField(required=False)
    division = forms.ChoiceField(required=False)
    overdue = forms.BooleanField(required=False)

    def __init__(self, data: QueryDict, *, prefixes: Iterable[str]) -> None:
        super().__init__(data)
        needs = [c for c in choices("need") if c[0] not in ("none", "not_collected")]
        self._offer("status", "queue.not_ended", [*choices("referral_status")])
        self._offer("need", "referral.any_need", needs)
        self._offer("division", "queue.any_place", _places(prefixes))

    def filters(self) -> referrals.Filters:
        given = self.given()
        status = (given["status"],) if "status" in given else ()
        return referrals.Filters(
            status=status, need=given.get("need", ""), division=given.get("division", ""),
            overdue="overdue" in given,
        )  # fmt: skip


class WaitingForm(Narrowing):
    state = forms.ChoiceField(required=False)
    what = forms.ChoiceField(required=False)

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        states = [(state, said("waiting_state", state)) for state in quarantine.STATES[1:]]
        self._offer("state", "waiting.open", states)
        self._offer(
            "what", "waiting.any_what", [(w, said("audit_subject", w)) for w in quarantine.WHAT]
        )

    def filters(self) -> quarantine.Filters:
        return quarantine.Filters(**{"state": "open", **self.given()})


class DeliveriesForm(Narrowing):
    state = forms.ChoiceField(required=False)
    channel = forms.ChoiceField(required=False)

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        dead, *others = sorted(choices("delivery_state"), key=lambda choice: choice[0] != "dead")
        field = self.fields["state"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [dead, *others]
        self._offer("channel", "deliveries.any_channel", [*choices("delivery_channel")])

    def filters(self) -> notifications.Filters:
        return notifications.Filters(**self.given())


class ChildrenForm(Narrowing):
    q = forms.CharField(required=False, max_length=100)
    division = forms.ChoiceField(required=False)
    category = forms.ChoiceField(required=False)
    risk_level = forms.ChoiceField(required=False)
    overdue = forms.BooleanField(required=False)
    unassigned = forms.BooleanField(required=False)

    def __init__(self, data: QueryDict, *, prefixes: Iterable[str]) -> None:
        super().__init__(data)
        self._offer("division", "queue.any_place", _places(prefixes))
        self._offer("category", "children.any_category", choices("category"))
        self._offer("risk_level", "children.any_risk", choices("risk_level"))

    def filters(self) -> children.Filters:
        given = self.given()
        names = ("category", "risk_level", "division")
        chosen = {name: given.get(name, "") for name in names}
        return children.Filters(text=given.get("q", ""), **chosen)


def _places(prefixes: Iterable[str]) -> list[tuple[str, str]]:
    """One level below each prefix: a county's townships. Nothing below a township."""
    wider = [code for code in prefixes if len(code) <= 6]
    return [
        (division.code, division.name)
        for code in wider
        if code == divisions.COUNTRY or divisions.is_well_formed(code)
        for division in regions.children_of(code)
    ]
