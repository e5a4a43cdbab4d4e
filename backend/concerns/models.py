"""What was seen to be wrong, what a rule made of it, and what the office does about it."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from fieldforms.vocabulary import codes
from sync.models import AppendRecord, SerialisedRecord

ENDED = ("resolved", "unfounded")


class Concern(AppendRecord):
    """Something a person reported. It is open for as long as no resolution names it."""

    kind = models.TextField(default="")
    observed = models.DateTimeField()
    reporter = models.UUIDField()


class Resolution(AppendRecord):
    """Closes exactly the concerns it names; the reason stands in its operation, sealed."""

    concerns = ArrayField(models.UUIDField())
    observed = models.DateTimeField()

    class Meta(AppendRecord.Meta):
        indexes = [
            *AppendRecord.Meta.indexes,
            GinIndex(fields=["concerns"], name="resolution_concerns"),
        ]


class Finding(AppendRecord):
    """A rule that held for a child. The facts that matched are in its operation, sealed.

    `cause` is the operation that was judged; `source` says who found it. `by_hand` means that no
    rule could decide and a person must.
    """

    rule = models.TextField()
    rule_version = models.IntegerField()
    branch = models.IntegerField(default=0)
    severity = models.TextField()
    source = models.TextField()
    sealed = models.BooleanField(default=False)
    by_hand = models.BooleanField(default=False)
    observed = models.DateTimeField()
    received = models.DateTimeField()
    basis = ArrayField(models.TextField(), default=list)
    cause = models.UUIDField()

    class Meta(AppendRecord.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(severity__in=codes("severity")), name="finding_severity_known"
            ),
            models.CheckConstraint(
                condition=Q(source__in=codes("finding_source")), name="finding_source_known"
            ),
        ]


class Gap(AppendRecord):
    """A critical rule that could not be decided, because facts were not collected."""

    rule = models.TextField()
    rule_version = models.IntegerField()
    branch = models.IntegerField(default=0)
    missing = ArrayField(models.TextField(), default=list)
    sealed = models.BooleanField(default=False)
    observed = models.DateTimeField()
    cause = models.UUIDField()


class Escalation(SerialisedRecord):
    """What the office works on: the findings of one child and one episode, until it is ended.

    `division` is where the child lived when it was opened and says whose queue it is in. Reason and
    feedback are words about a child: `closed_by_op` names the operation that holds them, sealed.
    """

    status = models.TextField()
    severity = models.TextField()
    deadline = models.DateTimeField()
    to = ArrayField(models.TextField())
    sealed = models.BooleanField(default=False)
    episode = models.IntegerField(default=1)
    findings = ArrayField(models.UUIDField())
    division = models.TextField()
    opened_at = models.DateTimeField()
    observed_at = models.DateTimeField()
    received_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.UUIDField(null=True)
    assigned_to = models.UUIDField(null=True)
    resolved_at = models.DateTimeField(null=True)
    outcome = models.TextField(default="")
    closed_by_op = models.UUIDField(null=True)

    class Meta(SerialisedRecord.Meta):
        constraints = [
            # A second one cannot be opened, even by a process that does not hold the child's lock.
            models.UniqueConstraint(
                fields=["file", "sealed"],
                condition=~Q(status__in=ENDED),
                name="escalation_one_open_per_child",
            ),
            models.CheckConstraint(
                condition=Q(status__in=codes("escalation_status")), name="escalation_status_known"
            ),
            models.CheckConstraint(
                condition=Q(severity__in=codes("severity")), name="escalation_severity_known"
            ),
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=False) | ~Q(status__in=ENDED),
                name="escalation_ended_has_time",
            ),
        ]
        indexes = [
            *SerialisedRecord.Meta.indexes,
            models.Index(
                fields=["deadline"], name="escalation_queue", condition=~Q(status__in=ENDED)
            ),
            models.Index(
                fields=["division"], name="escalation_division", opclasses=["text_pattern_ops"]
            ),
        ]


class Feedback(SerialisedRecord):
    """What the reporter is told came of it. `op` names the operation with the words, sealed.

    A sealed escalation has none: that it exists is known to named people only.
    """

    op = models.UUIDField()
    escalation = models.UUIDField()
    outcome = models.TextField()
    sent_at = models.DateTimeField()


class RulesetVersion(models.Model):
    """Published rules. A version never changes; `sha256` is over `content` in canonical JSON."""

    version = models.IntegerField(unique=True)
    content = models.JSONField()
    sha256 = models.TextField(unique=True)
    published_at = models.DateTimeField()
