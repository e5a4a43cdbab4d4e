"""That a file was erased: what is left of it besides the destroyed key."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from sync.models import AppendRecord


class Erasure(AppendRecord):
    """`files` were erased for ever. A file of its own, so that the reason can still be read."""

    files = ArrayField(models.UUIDField())
    person = models.UUIDField()
    erased_at = models.DateTimeField()
