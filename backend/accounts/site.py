"""Django's admin at /admin/: for administrators, within their area, each look on the audit log."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from backend.audit import services as audit
from backend.common import clock
from backend.common.admin import LookOnly, site
from backend.regions import queries as regions

from . import queries


def administered(request: HttpRequest, *, on: date) -> list[str]:
    """The prefixes that the visitor administers; none for whoever is not logged in."""
    person = request.user.pk
    return queries.administered(person, on=on) if person else []


site.admits = lambda request: bool(administered(request, on=clock.today()))


class AreaAdmin(LookOnly):
    """Rows of the visitor's area. `division` is the column whose code says where a row belongs.

    A row elsewhere does not exist for her; one that she opens stands in the audit log.
    """

    division = "division"
    hidden: tuple[str, ...] = ("search",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        areas = administered(request, on=clock.today())
        return self.inside(super().get_queryset(request), areas)

    def inside(self, rows: QuerySet[Any], areas: Sequence[str]) -> QuerySet[Any]:
        return rows.filter(regions.inside(self.division, areas))

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.hidden

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        answer = super().change_view(request, object_id, form_url, extra_context)
        if answer.status_code == 200:
            person: UUID = request.user.pk  # type: ignore[assignment]
            areas = administered(request, on=clock.today())
            audit.record(
                actor=person, action="admin.read", subject=person, now=clock.now(),
                subject_type="person", county=areas[0][:6],
                detail={"model": self.opts.label_lower, "id": object_id},
            )  # fmt: skip
        return answer
