"""The data keys. Everything else that is sealed stands in the tables it belongs to."""

from django.db import models


class DataKey(models.Model):
    """The key of one file (a child, a household, a person), wrapped by the master key.

    Erasing the owner destroys `wrapped` and leaves the row: `(owner, erased_at)` is what remains,
    so that a late operation on it is recognised and never gets a new key.
    """

    owner = models.UUIDField(primary_key=True)
    wrapped = models.BinaryField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "common_datakey"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(wrapped__isnull=False) | models.Q(erased_at__isnull=False),
                name="datakey_wrapped_or_erased",
            )
        ]
