from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from fieldforms.errors import FormError
from fieldforms.services import publish_forms


class Command(BaseCommand):
    help = "Publishes the shipped forms; a version that stands is left as it is."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            published = publish_forms(now=timezone.now())
        except FormError as error:
            raise CommandError(str(error)) from error
        for version in published:
            self.stdout.write(f"{version.form} {version.version} {version.sha256}")
