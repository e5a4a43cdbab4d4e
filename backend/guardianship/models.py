"""The guardianship case. Columns hold codes, dates and ids; every word about a child is in an operation."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from backend.common.keyed import MATTER, KeyedUUIDField
from backend.regions.villages import MATTERS, ResidenceField
from fieldforms.vocabulary import codes
from sync.models import AppendRecord, SerialisedRecord

from .case_flow import STATES

CLOSED = "closed"
RUNNING_ORDER = ("applied", "issued")


class Case(SerialisedRecord):
    """One child's case (`file`), from the concern to its end.

    `since` is when the last step was received, `since_observed` when it was taken. `clocks` are those
    that run, see `clocks`; `next_due` is when the next of them runs out. `assessed_from` is when the
    assessment that counts now began. `proposed_*` is a step that waits for a lead.
    """

    id = KeyedUUIDField(primary_key=True, domain=MATTER)
    file = KeyedUUIDField(domain=MATTER)
    status = models.TextField()
    sealed = models.BooleanField(default=False)
    # A suspect in the reporting chain, as on the escalation: the level that is passed over and the
    # people who must not know of it.
    skips = models.TextField(default="")
    kept_out = ArrayField(models.UUIDField(), default=list)
    division = ResidenceField(domain=MATTERS)
    escalation = KeyedUUIDField(null=True, domain=MATTER)
    worker = models.UUIDField(null=True)
    opened_at = models.DateTimeField()
    opened_by = models.UUIDField()
    since = models.DateTimeField()
    since_observed = models.DateTimeField()
    assessed_from = models.DateTimeField(null=True)
    clocks = models.JSONField(default=list)
    next_due = models.DateTimeField(null=True)
    placement = models.TextField(default="")
    temporary_ground = models.TextField(default="")
    temporary_on = models.DateField(null=True)
    revocation_grounds = ArrayField(models.TextField(), default=list)
    applicant = models.TextField(default="")
    revoked_on = models.DateField(null=True)
    guardian_kind = models.TextField(default="")
    intentional_crime = models.BooleanField(default=False)
    monitor_days = models.IntegerField(null=True)
    monitor_from = models.DateTimeField(null=True)
    monitor_until = models.DateField(null=True)
    outcome = models.TextField(default="")
    closed_at = models.DateTimeField(null=True)
    proposed_step = models.TextField(default="")
    proposed_op = KeyedUUIDField(null=True, domain=MATTER)
    proposed_by = models.UUIDField(null=True)
    proposed_at = models.DateTimeField(null=True)

    class Meta(SerialisedRecord.Meta):
        constraints = [
            # Those that not everybody sees apart: to be refused a second case must not tell of a first.
            models.UniqueConstraint(
                fields=["file", "sealed", "skips"],
                condition=~Q(status=CLOSED),
                name="case_one_open",
            ),
            models.CheckConstraint(condition=Q(status__in=STATES), name="case_status_known"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=False) | ~Q(status=CLOSED),
                name="case_closed_has_time",
            ),
        ]
        indexes = [
            *SerialisedRecord.Meta.indexes,
            models.Index(fields=["next_due"], name="case_next_due", condition=~Q(status=CLOSED)),
            models.Index(fields=["division"], name="case_division", opclasses=["text_pattern_ops"]),
            models.Index(fields=["escalation"], name="case_escalation"),
        ]


class ProtectionOrder(SerialisedRecord):
    """A personal safety protection order, beside its case and with a revision of its own."""

    id = KeyedUUIDField(primary_key=True, domain=MATTER)
    file = KeyedUUIDField(domain=MATTER)
    case = KeyedUUIDField(domain=MATTER)
    status = models.TextField()
    applicant = models.TextField()
    urgent = models.BooleanField(default=False)
    applied_at = models.DateTimeField()
    issued_on = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    extensions = models.IntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    clocks = models.JSONField(default=list)
    next_due = models.DateTimeField(null=True)

    class Meta(SerialisedRecord.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(status__in=RUNNING_ORDER),
                name="protection_one_running",
            ),
            models.CheckConstraint(
                condition=Q(status__in=codes("protection_status")), name="protection_status_known"
            ),
        ]
        indexes = [
            *SerialisedRecord.Meta.indexes,
            models.Index(fields=["case"], name="protection_case"),
        ]


class Assessment(AppendRecord):
    """One assessment form filled in for a case. The answers stand in its operation, sealed."""

    id = KeyedUUIDField(primary_key=True, domain=MATTER)
    file = KeyedUUIDField(domain=MATTER)
    op = KeyedUUIDField(domain=MATTER)
    case = KeyedUUIDField(domain=MATTER)
    form = models.TextField()
    form_version = models.TextField()
    person = models.UUIDField()
    observed = models.DateTimeField()

    class Meta(AppendRecord.Meta):
        indexes = [
            *AppendRecord.Meta.indexes,
            models.Index(fields=["case"], name="assessment_case"),
        ]


class GuardianWarning(AppendRecord):
    """That a guardian was spoken to, when and by whom. What was said stands in its operation.

    It belongs to the child and not to a case: it counts for one that is opened later. `sealed`:
    given within a sealed case.
    """

    id = KeyedUUIDField(primary_key=True, domain=MATTER)
    file = KeyedUUIDField(domain=MATTER)
    op = KeyedUUIDField(domain=MATTER)
    kind = models.TextField(default="")
    by = models.TextField(default="")
    given_on = models.DateField()
    person = models.UUIDField()
    sealed = models.BooleanField(default=False)


class CaseCard(SerialisedRecord):
    """What the child's supervisor is told of a case. A sealed case has none. `op` holds the words."""

    op = models.UUIDField()
    case = KeyedUUIDField(domain="case_card.case")
    state = models.TextField()
    placement = models.TextField(default="")
    monitor_days = models.IntegerField(null=True)
    monitor_until = models.DateField(null=True)


class CaseLimits(models.Model):
    """What a county has set differently: `overrides` maps names of `clocks.Limits` to numbers."""

    county = models.TextField(primary_key=True)
    overrides = models.JSONField(default=dict)


class ClockAhead(models.Model):
    """That a clock of a case or order was seen to start in the future, by a server's clock that was ahead.

    `seen_at` is when that was first seen by the clock there is now: from then on it runs.
    """

    record = models.UUIDField()
    clock = models.TextField()
    starts = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record", "clock", "starts"], name="clock_ahead_once")
        ]


class AlertGiven(models.Model):
    """That somebody was told of a clock: `record` is a case or a protection order."""

    record = KeyedUUIDField(domain=MATTER)
    clock = models.TextField()
    at = models.DateTimeField()
    severity = models.TextField()
    given_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record", "clock", "at"], name="alert_given_once")
        ]
