"""Keys, wrapped, and which lines of the ledger this database has carried out."""

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


class OutboxKey(models.Model):
    """A key pair that phones seal their outbox to. `wrapped` is the secret number, under the master key.

    An older key is never removed: what was sealed to it may come years later. One is `current`.
    """

    id = models.BinaryField(primary_key=True)
    public = models.BinaryField()
    wrapped = models.BinaryField()
    current = models.BooleanField(default=True)
    made_at = models.DateTimeField()

    class Meta:
        db_table = "common_outboxkey"
        constraints = [
            models.UniqueConstraint(
                fields=["current"], condition=models.Q(current=True), name="outboxkey_one_current"
            )
        ]


class LedgerLine(models.Model):
    """A line of the ledger that this database holds the effect of; `hash` is its SHA-256."""

    hash = models.BinaryField(primary_key=True)

    class Meta:
        db_table = "common_ledgerline"
