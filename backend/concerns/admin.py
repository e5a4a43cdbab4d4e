from django.contrib import admin

from backend.common.admin import LookOnly, site

from .models import RulesetVersion


@admin.register(RulesetVersion, site=site)
class RulesetVersionAdmin(LookOnly):
    """Rules are published by `manage.py publish_rules`. Escalations are no administrator's business."""

    list_display = ["version", "sha256", "published_at"]
