"""The logs, the counters and the base of every record that is synced."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from .uploads.models import Attachment, Upload

__all__ = ["Attachment", "Upload"]


class Shard(models.Model):
    """The feed counter of one shard. Its row lock is what makes a cursor safe.

    A sequence or a timestamp loses rows that commit late; a counter row that is bumped last in each
    transaction cannot.
    """

    code = models.TextField(primary_key=True)
    value = models.BigIntegerField(default=0)
    # Inclusive ranges of numbers that this database never gave: what a phone holds under one of
    # them comes from the time that a restore has undone (see `recovery.begin`).
    gaps = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))


class File(models.Model):
    """What scope, holdings, keys and digests are about. Its row is the lock for all that is in it.

    `digest` is the sum over the file's records of the first 52 bits of SHA-256 over
    `type:id:feed`, modulo 2^52, so that a JavaScript number can hold it. Of an erased file this row
    and its records' operations are left, which nobody can open any more.
    """

    id = models.UUIDField(primary_key=True)
    shard = models.TextField()
    digest = models.BigIntegerField(default=0)
    stub = models.BooleanField(default=False)
    erased_at = models.DateTimeField(null=True)


class DeviceLog(models.Model):
    """One device's log. `have` is a list of inclusive ranges of received sequence numbers."""

    device = models.UUIDField(primary_key=True)
    have = models.JSONField(default=list)
    generation = models.BigIntegerField(default=0)
    clock_offset = models.BigIntegerField(null=True)
    synced_at = models.DateTimeField(null=True)
    cloned_at = models.DateTimeField(null=True)
    # Where its people work: whose administrators look after it.
    shard = models.TextField(default="")


class Operation(models.Model):
    """One operation, as it came. `body` is the line's bytes, sealed; `hash` is over the plain bytes.

    What the server decided about it (outcome, flags, corrected time) stands beside it and is
    replayed by a rebuild, never decided again.
    """

    ordinal = models.BigAutoField(primary_key=True)
    op = models.UUIDField(unique=True)
    device = models.UUIDField(null=True)
    seq = models.BigIntegerField(null=True)
    prev = models.BinaryField(null=True)
    hash = models.BinaryField()
    person = models.UUIDField()
    kind = models.TextField()
    target = models.UUIDField()
    file = models.UUIDField()
    group = models.UUIDField(null=True)
    group_n = models.IntegerField(default=0)
    base = models.BigIntegerField(null=True)
    # The phone's clocks when it was written, in milliseconds; `session` is a hash of its name.
    wall = models.BigIntegerField()
    session = models.UUIDField(null=True)
    elapsed = models.BigIntegerField(null=True)
    at = models.BigIntegerField()
    uncertainty = models.BigIntegerField()
    received = models.DateTimeField()
    body = models.BinaryField()
    # Whose administrators look after it: the file's shard, and of an unknown file its sender's.
    shard = models.TextField(default="")
    outcome = models.TextField(default="received")
    flags = ArrayField(models.TextField(), default=list)
    code = models.TextField(null=True)
    fields = ArrayField(models.TextField(), default=list)
    problems = models.JSONField(default=list)
    error = models.TextField(default="")
    # The operation of the repair whose members take the place of its own.
    amended = models.UUIDField(null=True)
    # How often the server failed on it, and when it tries again.
    attempts = models.IntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    # The order of decisions, taken under the file's lock: what serialised records are refolded in.
    decision = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)
    # Set when the outcome changed after its receipt: 0 until told, then the generation that told it,
    # none again when a cursor of that generation has come back.
    news = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["device", "seq"], name="operation_log"),
            models.Index(fields=["target"], name="operation_target"),
            models.Index(fields=["file"], name="operation_file"),
            models.Index(
                fields=["device"],
                name="operation_news",
                condition=models.Q(news__isnull=False),
            ),
            models.Index(
                fields=["shard", "received"],
                name="operation_waiting",
                condition=~models.Q(outcome="applied"),
            ),
            models.Index(
                fields=["shard", "received"],
                name="operation_marked",
                condition=models.Q(
                    outcome="applied", flags__overlap=["forced", "person", "revoked"]
                ),
            ),
            models.Index(
                fields=["target"],
                name="operation_unsettled",
                condition=~models.Q(outcome="applied"),
            ),
        ]


class VariantLine(models.Model):
    """A line whose operation id or place in the log was already taken by other bytes. Kept, never applied."""

    hash = models.BinaryField(primary_key=True)
    op = models.UUIDField()
    device = models.UUIDField()
    body = models.BinaryField()
    received = models.DateTimeField()


class UnreadableLine(models.Model):
    """Bytes that are not an operation, kept once by their hash and sealed under the device's key.

    With the code `body.unreadable` it is a whole body, as it came. With `sealed.key_unknown` it is
    sealed to the key of that id, waits for that key and leaves with it (see `reopen`).
    """

    hash = models.BinaryField(primary_key=True)
    device = models.UUIDField()
    body = models.BinaryField()
    code = models.TextField(default="line.unreadable")
    detail = models.TextField()
    received = models.DateTimeField()
    sealed_to = models.BinaryField(null=True)
    # Server minus phone when it came, in milliseconds.
    clock_offset = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["device"],
                name="unreadable_unopened",
                condition=models.Q(code="sealed.key_unknown"),
            )
        ]


class Holding(models.Model):
    """A file that a device holds, may hold or is to give back.

    `entered` is the generation in which it was last sent and `confirmed` whether a cursor of that
    generation came back; until then it counts as held and is sent again. `exited` is the generation
    that told the device to purge it.
    """

    device = models.UUIDField()
    file = models.UUIDField()
    wanted = models.BooleanField(default=True)
    entered = models.BigIntegerField(null=True)
    confirmed = models.BooleanField(default=False)
    exited = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["device", "file"], name="holding_device_file")
        ]
        indexes = [
            models.Index(fields=["file"], name="holding_file"),
            models.Index(
                fields=["device"],
                name="holding_unsettled",
                condition=models.Q(wanted=False) | models.Q(confirmed=False),
            ),
        ]


class ScopeChange(models.Model):
    """A device may be to hold other files than it does: its next pull looks at that anew.

    With `at` from then on. Without it at once, whatever the clock says.
    """

    device = models.UUIDField()
    at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["device", "at"], name="scopechange_device")]


class Awaited(models.Model):
    """That an operation names a record which nobody knows yet; see `references`."""

    named = models.UUIDField()
    op = models.UUIDField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["named", "op"], name="awaited_named_op")]


class Server(models.Model):
    """One row: which incarnation of the server this is. A restore makes a new one."""

    incarnation = models.UUIDField()


class Record(models.Model):
    """Base of every synced record. `feed` is its one number in its shard's feed."""

    id = models.UUIDField(primary_key=True)
    file = models.UUIDField()
    shard = models.TextField()
    feed = models.BigIntegerField(default=0)

    class Meta:
        abstract = True
        indexes = [
            models.Index(fields=["shard", "feed"], name="%(class)s_feed"),
            models.Index(fields=["file"], name="%(class)s_file"),
        ]


class AppendRecord(Record):
    """Append-only: the operation that made it holds its contents; the row holds what queries need."""

    op = models.UUIDField()

    class Meta(Record.Meta):
        abstract = True


class RegisterRecord(Record):
    """Registers: `state` is the folded state as JSON, sealed under the file's key."""

    state = models.BinaryField()
    conflicts = ArrayField(models.TextField(), default=list)

    class Meta(Record.Meta):
        abstract = True


class Recovered(AppendRecord):
    """What a device held of a record that a restored server has lost: evidence, never folded into it.

    `record` of `type` at revision `rev`; the operation holds what it said. `ops` are the operations
    that its registers name. A person settles it, or nothing is left to settle once the server has
    the record and those operations again.
    """

    type = models.TextField()
    record = models.UUIDField()
    rev = models.BigIntegerField()
    device = models.UUIDField()
    received = models.DateTimeField()
    ops = ArrayField(models.UUIDField(), default=list)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.UUIDField(null=True)

    class Meta(AppendRecord.Meta):
        indexes = [
            *AppendRecord.Meta.indexes,
            models.Index(fields=["record", "rev"], name="recovered_record"),
            models.Index(
                fields=["shard"],
                name="recovered_open",
                condition=models.Q(settled_at__isnull=True),
            ),
        ]


class SerialisedRecord(Record):
    """Changed online only, with the revision its author saw."""

    revision = models.IntegerField(default=0)

    class Meta(Record.Meta):
        abstract = True


class AttachmentLoss(SerialisedRecord):
    """That nobody has an attachment, whose id it has, any more; see `uploads.losses`."""

    by = models.UUIDField()
    at = models.DateTimeField()


class Review(SerialisedRecord):
    """What was decided about an operation, whose id it has; see `review`. Its reasons are sealed."""

    status = models.TextField()
    by = models.UUIDField()
    at = models.DateTimeField()
    repair = models.UUIDField(null=True)
