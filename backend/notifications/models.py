"""Messages to people, and the outbox of what is still to leave the system."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from fieldforms.vocabulary import codes

WAITING, SENT, DEAD, VOID = "waiting", "sent", "dead", "void"


class Notice(models.Model):
    """A message in somebody's inbox. Its id follows from key and person: see `message.Notice`.

    `values` are as `messages.checked` gives them: nothing in them names anybody.
    """

    id = models.UUIDField(primary_key=True)
    key = models.TextField()
    person = models.UUIDField()
    kind = models.TextField()
    values = models.JSONField(default=dict)
    critical = models.BooleanField(default=False)
    county = models.TextField(default="")
    subject = models.UUIDField(null=True)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["person", "-at"], name="notice_inbox"),
            models.Index(
                fields=["person"], name="notice_unread", condition=Q(read_at__isnull=True)
            ),
        ]


class Delivery(models.Model):
    """A notice on one way out of the system. Its id is the key by which a receiver knows a repetition.

    `target` is the person, or the webhook; `critical` is the notice's. Whoever claims a row counts `attempts` up and moves `due_at`
    behind its lease: if it dies, the row comes back. `since` is when the first try of this round was.
    A row is `void` when there is nobody to send to any more. `error` is a code and never holds an address.
    """

    id = models.UUIDField(primary_key=True)
    notice = models.ForeignKey("notifications.Notice", on_delete=models.PROTECT)
    channel = models.TextField()
    target = models.UUIDField()
    critical = models.BooleanField(default=False)
    state = models.TextField(default=WAITING)
    due_at = models.DateTimeField()
    attempts = models.IntegerField(default=0)
    since = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    error = models.TextField(default="")

    class Meta:
        indexes = [
            models.Index(
                "channel",
                F("critical").desc(),
                "due_at",
                name="delivery_due",
                condition=Q(state=WAITING),
            ),
            models.Index(fields=["done_at"], name="delivery_dead", condition=Q(state=DEAD)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(channel__in=codes("delivery_channel")), name="delivery_channel_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=codes("delivery_state")), name="delivery_state_known"
            ),
        ]


class Preference(models.Model):
    """How somebody wants to be reached; without a row the defaults of `preferences.py` hold.

    `sealed` holds `{email, mobile}` under the person's key. `normal` and `critical` are the ways out
    for either urgency, beside the inbox. Quiet hours that begin when they end are none.
    """

    person = models.UUIDField(primary_key=True)
    sealed = models.BinaryField(null=True)
    has_email = models.BooleanField(default=False)
    normal = ArrayField(models.TextField(), default=list)
    critical = ArrayField(models.TextField(), default=list)
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="preference_quiet_both_or_none",
            )
        ]


class Webhook(models.Model):
    """An address of a county's own system. `sealed` holds `{secret}` under the webhook's own key."""

    id = models.UUIDField(primary_key=True)
    county = models.TextField()
    url = models.TextField()
    sealed = models.BinaryField()
    active = models.BooleanField(default=True)
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["county"], name="webhook_county")]
        constraints = [
            models.UniqueConstraint(
                fields=["county", "url"], condition=Q(active=True), name="webhook_once"
            )
        ]
