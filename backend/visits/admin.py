"""That a visit was made, when and by whom. What was seen is sealed, and sealed answers do not appear."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from backend.accounts.site import AreaAdmin, site
from backend.children import queries as children

from .models import Visit, VisitPart


@admin.register(Visit, site=site)
class VisitAdmin(AreaAdmin):
    list_display = ["id", "file", "person", "mode", "observed"]
    hidden = ()

    def inside(self, rows: QuerySet[Any], areas: Sequence[str]) -> QuerySet[Any]:
        return rows.filter(file__in=children.households_in(areas).values("id"))


@admin.register(VisitPart, site=site)
class VisitPartAdmin(AreaAdmin):
    list_display = ["id", "file", "visit", "person", "observed", "child_seen"]
    hidden = ()

    def inside(self, rows: QuerySet[Any], areas: Sequence[str]) -> QuerySet[Any]:
        return rows.filter(
            file__in=children.everybody().filter(children.lives_in(areas)).values("id")
        )
