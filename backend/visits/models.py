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
    # The level of the reporting chain that it accuses: its words are not for anybody there.
    skips = models.TextField(default="")

    class Meta(AppendRecord.Meta):
        indexes = [
            *AppendRecord.Meta.indexes,
            models.Index(fields=["file", "observed"], name="visitpart_history"),
            models.Index(fields=["visit"], name="visitpart_visit"),
            models.Index(fields=["person", "observed"], name="visitpart_person"),
        ]


class VisitSealed(AppendRecord):
    """The sealed answers about a child, in the child's file; they stand in its operation only.

    `of` is the part or the concern they were given with, if any. A phone sends one with every part
    and every concern, so that there being one says nothing. No device ever receives it back.
    """

    of = models.UUIDField(null=True)
    person = models.UUIDField()
    observed = models.DateTimeField()
    # As of a part, from the sealed answers alone.
    skips = models.TextField(default="")

    class Meta(AppendRecord.Meta):
        indexes = [
            *AppendRecord.Meta.indexes,
            models.Index(fields=["of"], name="visitsealed_of"),
        ]
