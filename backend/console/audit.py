"""The audit log for auditors: who read or changed what, newest first."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.audit import queries
from backend.audit import services as auditing
from backend.common import clock
from backend.common.api import is_far

from .access import OfficeRequest, office, show

SIZE = 100
NOBODY = UUID(int=0)


class AuditForm(forms.Form):
    """Days in China, both included. What is not a day or an id narrows nothing."""

    since = forms.DateField(required=False)
    until = forms.DateField(required=False)
    action = forms.CharField(required=False, max_length=60)
    actor = forms.UUIDField(required=False)
    subject = forms.UUIDField(required=False)
    before = forms.IntegerField(required=False, min_value=1)

    def given(self) -> dict[str, Any]:
        self.is_valid()
        found = self.cleaned_data.items()
        given = {name: value for name, value in found if value and not is_far(value)}
        if "since" in given:
            given["since"] = _midnight(given["since"])
        if "until" in given:
            given["until"] = _midnight(given["until"]) + timedelta(days=1)
        return given


@office("audit")
def audit(request: OfficeRequest) -> HttpResponse:
    """A hundred lines; that somebody read the log stands in the log."""
    person, now = request.visitor.person, clock.now()
    form = AuditForm(request.GET)
    where = form.given()
    before = where.pop("before", None)
    areas = accounts.prefixes(person, on=clock.today(), roles=["auditor"])
    found = list(queries.entries(areas=areas, where=where, before=before)[: SIZE + 1])
    auditing.record(
        actor=person, action="audit.read", subject=person, now=now, subject_type="person",
        county=areas[0][:6], detail=request.GET.dict(),
    )  # fmt: skip
    names = accounts.names({line.actor for line in found if line.actor})
    query = request.GET.copy()
    query.pop("before", None)
    context = {
        "form": form,
        "lines": [(line, names.get(line.actor or NOBODY, "")) for line in found[:SIZE]],
        "older": found[SIZE - 1].id if len(found) > SIZE else None,
        "address": query.urlencode(),
    }
    return show(request, "audit", context)


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
