"""What fieldforms, which knows no app of ours, has to look at."""

from django.contrib import admin

from backend.common.admin import LookOnly, site
from fieldforms.models import FormVersion


@admin.register(FormVersion, site=site)
class FormVersionAdmin(LookOnly):
    """Forms are published by `manage.py publish_forms`."""

    list_display = ["form", "version", "sha256", "published_at", "retired_at"]
    list_filter = ["form"]
