"""The audit log. Append-only: a trigger refuses change and removal, whoever asks."""

from django.db import models


class AuditEntry(models.Model):
    """Who did what to which subject, without names: ids say enough to those who may open them."""

    at = models.DateTimeField()
    actor = models.UUIDField(null=True)
    action = models.TextField()
    subject = models.UUIDField()
    county = models.TextField(default="")
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["subject", "at"], name="audit_subject"),
            models.Index(fields=["county", "at"], name="audit_county"),
        ]
