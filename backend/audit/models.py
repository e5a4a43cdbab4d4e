"""The audit log. Append-only: a trigger refuses change and removal, whoever asks."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class AuditEntry(models.Model):
    """Who did what to which subject, without names: ids say enough to those who may open them.

    `county` is the code of the division it happened in, six digits where it is one county's; the
    scope of an auditor reads by it. `subject_type` is what `subject` is the id of, `device` the
    phone it came from; both empty in entries from before they were kept.
    """

    at = models.DateTimeField()
    actor = models.UUIDField(null=True)
    action = models.TextField()
    subject = models.UUIDField()
    subject_type = models.TextField(default="")
    device = models.UUIDField(null=True)
    county = models.TextField(default="")
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["subject", "at"], name="audit_subject"),
            models.Index(fields=["county", "at"], name="audit_county"),
            models.Index(fields=["actor", "at"], name="audit_actor"),
            models.Index(
                fields=["device", "action"], name="audit_device", condition=Q(device__isnull=False)
            ),
        ]


class AuditSeal(models.Model):
    """One minute of one county's log, closed: a Merkle root, chained to the county's seal before it.

    A row that commits late gets a later seal of the same minute. `ids` are its rows in order, `leaves`
    their hashes one after another (32 bytes each), so that the row that does not fit can be named.
    `upto`: when the seal was made, no row with an id up to this could come any more; seals of one
    round share it. Refuses change and removal as the rows do.
    """

    county = models.TextField()
    number = models.IntegerField()
    minute = models.DateTimeField()
    ids = ArrayField(models.BigIntegerField())
    leaves = models.BinaryField()
    root = models.BinaryField()
    before = models.BinaryField()
    hash = models.BinaryField()
    upto = models.BigIntegerField()
    sealed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "number"], name="audit_seal_number")
        ]
        indexes = [models.Index(fields=["upto"], name="audit_seal_upto")]
