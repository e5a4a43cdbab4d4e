from django.contrib import admin
from django.http import HttpRequest

from .models import Division


@admin.register(Division)
class DivisionAdmin(admin.ModelAdmin):
    """To look at only: divisions change by `manage.py load_divisions`."""

    list_display = ["code", "name", "level", "valid_to", "successor"]
    list_filter = ["level"]
    search_fields = ["code__startswith", "name"]
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Division | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Division | None = None) -> bool:
        return False
