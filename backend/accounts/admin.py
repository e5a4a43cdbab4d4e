from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from backend.common import clock

from . import devices, queries
from .models import Device, Person, RoleGrant
from .site import AreaAdmin, site


@admin.register(Person, site=site)
class PersonAdmin(AreaAdmin):
    """Names and phones are sealed: the people's API opens them for those who may."""

    list_display = ["id", "username", "division", "is_active", "left_on"]
    list_filter = ["is_active"]
    hidden = ("search", "password")

    def inside(self, rows: QuerySet[Any], areas: Sequence[str]) -> QuerySet[Any]:
        return rows.filter(
            id__in=queries.people_in(areas, on=clock.today()).order_by().values("id")
        )


@admin.register(RoleGrant, site=site)
class RoleGrantAdmin(AreaAdmin):
    list_display = ["person", "role", "prefixes", "starts_on", "ends_on", "ended_at"]
    list_filter = ["role"]
    hidden = ("within",)

    def inside(self, rows: QuerySet[Any], areas: Sequence[str]) -> QuerySet[Any]:
        return queries.granted_in(areas)


@admin.register(Device, site=site)
class DeviceAdmin(AreaAdmin):
    list_display = ["id", "label", "app", "enrolled_at", "revoked_at"]
    hidden = ()

    def inside(self, rows: QuerySet[Any], areas: Sequence[str]) -> QuerySet[Any]:
        return devices.devices_in(areas, on=clock.today())
