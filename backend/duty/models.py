"""Who is on call where, and who is away."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class Shift(models.Model):
    """One person on call for a county or a township, from when to when; `deputies` in their order.

    Two that stand never overlap in one division: `services` holds a lock while it looks.
    """

    id = models.UUIDField(primary_key=True)
    division = models.TextField()
    person = models.UUIDField()
    deputies = ArrayField(models.UUIDField(), default=list)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    revision = models.IntegerField(default=1)
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["division", "ends_at"],
                name="shift_standing",
                condition=Q(cancelled_at__isnull=True),
            )
        ]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="shift_in_order")
        ]


class Leave(models.Model):
    """Somebody is away: her deputies are on call instead. Why is nobody's business here."""

    id = models.UUIDField(primary_key=True)
    person = models.UUIDField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["person", "ends_at"],
                name="leave_standing",
                condition=Q(cancelled_at__isnull=True),
            )
        ]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="leave_in_order")
        ]
