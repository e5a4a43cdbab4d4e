"""Home visits: one for a household, with a part for each child."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from sync.models import AppendRecord


class Visit(AppendRecord):
    """The shared part, in the household's file. Its answers stand in its operation, sealed."""

    person = models.UUIDField()
    mode = models.TextField(default="")
    observed = models.DateTimeField()


class VisitPart(AppendRecord):
    """What was seen of one child, in the child's file."""

    visit = models.UUIDField(null=True)
    person = models.UUIDField()
    observed = models.DateTimeField()
    child_seen = models.BooleanField(null=True)
    skipped = ArrayField(models.TextField(), default=list)

    class Meta(AppendRecord.Meta):
        indexes = [
            *AppendRecord.Meta.indexes,
            models.Index(fields=["file", "observed"], name="visitpart_history"),
        ]
