from django.contrib import admin

from backend.common.admin import LookOnly, site

from .models import Division


@admin.register(Division, site=site)
class DivisionAdmin(LookOnly):
    """To look at only: divisions change by `manage.py load_divisions`."""

    list_display = ["code", "name", "level", "valid_to", "successor"]
    list_filter = ["level"]
    search_fields = ["code__startswith", "name"]
