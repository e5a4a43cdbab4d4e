"""Files as the database holds them. Who a child is stays sealed; families are read in the office's pages."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from backend.accounts.site import AreaAdmin, site

from .models import Child, Delegation, Guardian, Household
from .search import lives_in


@admin.register(Child, site=site)
class ChildAdmin(AreaAdmin):
    list_display = ["id", "division", "status", "categories", "conflicts"]
    list_filter = ["status"]
    # The year of birth helps to name a child together with the village. The risk level of the register may be below
    # the open danger; the office's pages show the one that counts.
    hidden = ("search", "birth_year", "risk_level")


@admin.register(Household, site=site)
class HouseholdAdmin(AreaAdmin):
    list_display = ["id", "division", "conflicts"]


@admin.register(Guardian, site=site)
class GuardianAdmin(AreaAdmin):
    list_display = ["id", "household", "conflicts"]

    def inside(self, rows: QuerySet[Any], areas: Sequence[str]) -> QuerySet[Any]:
        return rows.filter(household__in=Household.objects.filter(lives_in(areas)).values("id"))


class OfChildren(AreaAdmin):
    """Records in the files of children."""

    hidden = ()

    def inside(self, rows: QuerySet[Any], areas: Sequence[str]) -> QuerySet[Any]:
        return rows.filter(file__in=Child.objects.filter(lives_in(areas)).values("id"))


@admin.register(Delegation, site=site)
class DelegationAdmin(OfChildren):
    list_display = ["id", "file", "person", "valid_from", "expires_on"]
