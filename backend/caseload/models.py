"""Who covers whom, from when to when."""

from django.db import models
from django.db.models import Q

from sync.models import SerialisedRecord


class Assignment(SerialisedRecord):
    """One supervisor's cover of one child (`file`). At most one is open for a child."""

    person = models.UUIDField()
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)

    class Meta(SerialisedRecord.Meta):
        indexes = [
            *SerialisedRecord.Meta.indexes,
            models.Index(fields=["person"], name="assignment_person"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["file"], condition=Q(ends_on__isnull=True), name="assignment_one_open"
            )
        ]
