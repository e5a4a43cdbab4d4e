"""Publishing the shipped forms."""

from datetime import datetime

from django.db import transaction

from .compile import compile_form, form_names
from .errors import PublishedFormChanged
from .models import FormVersion


@transaction.atomic
def publish_forms(*, now: datetime) -> list[FormVersion]:
    """The newly published versions; nothing for a hash that already stands. All forms or none.

    Raises `PublishedFormChanged` where a source changed and its version did not.
    """
    published = []
    for compiled in [compile_form(name) for name in form_names()]:
        standing, created = FormVersion.objects.get_or_create(
            form=compiled["form"],
            version=compiled["version"],
            defaults={**compiled, "published_at": now},
        )
        if created:
            published.append(standing)
        elif standing.sha256 != compiled["sha256"]:
            raise PublishedFormChanged(f"{compiled['form']} {compiled['version']}")
    return published
