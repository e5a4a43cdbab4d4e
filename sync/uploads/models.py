"""Attachments and the uploads that bring their bytes."""

from django.db import models

STATUSES = ("pending", "unopened", "complete", "refused", "lost")


class Attachment(models.Model):
    """A file that an operation declares. Its bytes lie in the storage, sealed under its file's key.

    `complete`: served; `refused`: its bytes came and are kept, but are not what was declared or not
    of a kind that is served (`detail` is the code); `lost`: a person closed it, because nobody has
    it any more. What was closed and comes after all is taken.
    `unopened`: its bytes came sealed to a key that the server does not have; they are kept and opened
    when the key is there. `sealed_to` is the key's id as long as they are.
    `sealed`: its operation never leaves the server, and neither does this.
    `made_from` is the hash of the file that this one is a smaller copy of. `found` is the type by
    content, `meta` what the picture said of itself (place, time, camera) and `reason` why it was
    closed, both sealed.
    """

    id = models.UUIDField(primary_key=True)
    op = models.UUIDField()
    file = models.UUIDField()
    device = models.UUIDField(null=True)
    sha256 = models.BinaryField()
    size = models.BigIntegerField()
    type = models.TextField()
    role = models.TextField(default="")
    made_from = models.BinaryField(null=True)
    sealed = models.BooleanField(default=False)
    declared_at = models.DateTimeField(null=True)
    status = models.TextField(default="pending")
    sealed_to = models.BinaryField(null=True)
    detail = models.TextField(default="")
    found = models.TextField(default="")
    has_view = models.BooleanField(default=False)
    meta = models.BinaryField(null=True)
    reason = models.BinaryField(null=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.UUIDField(null=True)

    class Meta:
        app_label = "sync"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=STATUSES), name="attachment_status_known"
            )
        ]
        indexes = [
            models.Index(fields=["op"], name="attachment_op"),
            models.Index(fields=["file"], name="attachment_file"),
            models.Index(fields=["device", "sha256"], name="attachment_declared"),
            models.Index(
                fields=["id"],
                name="attachment_unopened",
                condition=models.Q(sealed_to__isnull=False),
            ),
            models.Index(
                fields=["device"],
                name="attachment_pending",
                condition=models.Q(status="pending"),
            ),
        ]


class Upload(models.Model):
    """One try to bring an attachment's bytes. Its row lock is what makes one writer at a time.

    `pieces` says where each piece in the storage begins; a piece ends where the next one begins or
    at `offset`, and what an object holds beyond that was never told to anybody. `sealed`: what comes is
    sealed to the server and opened when it is whole. `metadata` is the header of that name, sealed: it is given back as it came.
    """

    id = models.UUIDField(primary_key=True)
    attachment = models.ForeignKey(Attachment, on_delete=models.CASCADE)
    device = models.UUIDField()
    length = models.BigIntegerField()
    offset = models.BigIntegerField(default=0)
    # Objects of their own, because an S3-compatible store cannot append.
    pieces = models.JSONField(default=list)
    metadata = models.BinaryField(default=bytes)
    sealed = models.BooleanField(default=False)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        app_label = "sync"
