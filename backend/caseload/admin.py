from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from backend.accounts.site import AreaAdmin, site
from backend.children import queries as children

from .models import Assignment, PlanSetting, RosterImport, VisitDue


@admin.register(Assignment, site=site)
class AssignmentAdmin(AreaAdmin):
    list_display = ["file", "person", "starts_on", "ends_on"]
    hidden = ()

    def inside(self, rows: QuerySet[Any], areas: Sequence[str]) -> QuerySet[Any]:
        return rows.filter(
            file__in=children.everybody().filter(children.lives_in(areas)).values("id")
        )


@admin.register(VisitDue, site=site)
class VisitDueAdmin(AreaAdmin):
    list_display = ["child_id", "due_on", "basis", "last_visit"]
    division = "child__division"
    # Set by a critical finding, which is no administrator's business.
    hidden = ("critical_at",)


@admin.register(PlanSetting, site=site)
class PlanSettingAdmin(AreaAdmin):
    list_display = ["county", "overrides"]
    division = "county"
    hidden = ()


@admin.register(RosterImport, site=site)
class RosterImportAdmin(AreaAdmin):
    list_display = ["id", "division", "person", "at", "operations", "done"]
    hidden = ()
