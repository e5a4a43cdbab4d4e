"""Publishing the shipped forms."""

from datetime import datetime

from .compile import compile_form, form_names
from .models import FormVersion, PublishedFormChanged


def publish_forms(*, now: datetime) -> list[FormVersion]:
    """The newly published versions; nothing for a hash that already stands.

    Raises `PublishedFormChanged` where a source changed and its version did not.
    """
    published = []
    for name in form_names():
        compiled = compile_form(name)
        standing, created = FormVersion.objects.get_or_create(
            form=compiled["form"],
            version=compiled["version"],
            defaults={**compiled, "published_at": now},
        )
        if created:
            published.append(standing)
        elif standing.sha256 != compiled["sha256"]:
            raise PublishedFormChanged
    return published
