"""What was seen to be wrong, what a rule made of it, and what the office does about it."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from backend.common.errors import DomainError
from backend.common.keyed import MATTER, KeyedUUIDField
from backend.regions.villages import MATTERS, ResidenceField
from fieldforms.vocabulary import codes
from sync.models import AppendRecord, SerialisedRecord

from .editions.models import Rehearsal, RehearsalSample, RulesEdition

__all__ = [
    "ENDED", "Concern", "Escalation", "Feedback", "Finding", "Gap", "PublishedRulesChanged",
    "Rehearsal", "RehearsalSample", "Resolution", "RulesEdition", "RulesetVersion",
]  # fmt: skip

ENDED = ("resolved", "unfounded")


class Concern(AppendRecord):
    """Something a person reported. It is open for as long as no resolution names it."""

    kind = models.TextField(default="")
    observed = models.DateTimeField()
    reporter = models.UUIDField()
    # The level of the reporting chain that it accuses, and so must not reach; see decisions/0005.
    skips = models.TextField(default="")


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

    id = KeyedUUIDField(primary_key=True, domain=MATTER)
    file = KeyedUUIDField(domain=MATTER)
    op = KeyedUUIDField(domain=MATTER)
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
    cause = KeyedUUIDField(domain=MATTER)

    class Meta(AppendRecord.Meta):
        indexes = [
            *AppendRecord.Meta.indexes,
            models.Index(fields=["cause"], name="finding_cause"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(severity__in=codes("severity")), name="finding_severity_known"
            ),
            models.CheckConstraint(
                condition=Q(source__in=codes("finding_source")), name="finding_source_known"
            ),
        ]


class Gap(AppendRecord):
    """A critical rule that could not be decided, because facts were not collected.

    `ask`: the questions of her form that were open and would have decided it.
    """

    id = KeyedUUIDField(primary_key=True, domain=MATTER)
    file = KeyedUUIDField(domain=MATTER)
    op = KeyedUUIDField(domain=MATTER)
    rule = models.TextField()
    rule_version = models.IntegerField()
    branch = models.IntegerField(default=0)
    missing = ArrayField(models.TextField(), default=list)
    ask = ArrayField(models.TextField(), default=list)
    sealed = models.BooleanField(default=False)
    observed = models.DateTimeField()
    cause = KeyedUUIDField(domain=MATTER)

    class Meta(AppendRecord.Meta):
        indexes = [
            *AppendRecord.Meta.indexes,
            models.Index(fields=["cause"], name="gap_cause"),
        ]


class Escalation(SerialisedRecord):
    """What the office works on: the findings of one child and one episode, until it is ended.

    `division` is where the child lived when it was opened and says whose queue it is in. Reason and
    feedback are words about a child: `closed_by_op` names the operation that holds them, sealed.

    `level` answers for it since `level_since`, after `climbs` rises since `waits_since`, when a person
    had to take it on. `skips`: a suspect works at that level, so nobody there or below sees it; nor do
    the people in `kept_out`. `deadline_fallback`: counted without a calendar of working days.
    `reported_*`: the first call to the police on record. `uncalled_since`: when each event came of which
    no call is on record though the police must hear of it; `uncalled_observed`: when the last was seen.

    What is new begins a round: it waits since `waits_since`, and its clock runs by `round_deadline`;
    `deadline` is the earliest of all. `resume`: the status it goes back to from a round, "" for none.
    """

    id = KeyedUUIDField(primary_key=True, domain=MATTER)
    file = KeyedUUIDField(domain=MATTER)
    status = models.TextField()
    severity = models.TextField()
    deadline = models.DateTimeField()
    to = ArrayField(models.TextField())
    sealed = models.BooleanField(default=False)
    episode = models.IntegerField(default=1)
    findings = ArrayField(KeyedUUIDField(domain=MATTER))
    division = ResidenceField(domain=MATTERS)
    level = models.TextField(default="county")
    level_since = models.DateTimeField()
    waits_since = models.DateTimeField()
    climbs = models.IntegerField(default=0)
    skips = models.TextField(default="")
    kept_out = ArrayField(models.UUIDField(), default=list)
    deadline_fallback = models.BooleanField(default=False)
    reported_at = models.DateTimeField(null=True)
    reported_by = models.UUIDField(null=True)
    uncalled_since = ArrayField(models.DateTimeField(), default=list)
    uncalled_observed = models.DateTimeField(null=True)
    round_deadline = models.DateTimeField()
    resume = models.TextField(default="")
    opened_at = models.DateTimeField()
    observed_at = models.DateTimeField()
    received_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.UUIDField(null=True)
    assigned_to = models.UUIDField(null=True)
    resolved_at = models.DateTimeField(null=True)
    outcome = models.TextField(default="")
    closed_by_op = KeyedUUIDField(null=True, domain=MATTER)

    class Meta(SerialisedRecord.Meta):
        constraints = [
            # A second one cannot be opened, even by a process that does not hold the child's lock.
            models.UniqueConstraint(
                fields=["file", "sealed", "skips"],
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
                condition=Q(level__in=codes("escalation_level")), name="escalation_level_known"
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
            # A county's queue is a twentieth of what is stored of it, and asked for all day.
            models.Index(
                fields=["division"],
                name="escalation_open_place",
                opclasses=["text_pattern_ops"],
                condition=~Q(status__in=ENDED),
            ),
        ]


class EscalationClock(models.Model):
    """When an escalation's clock is to be looked at again; kept by reactions, it follows from the row.

    Only of those that have not ended. `said` are the reminders that were given. `since` is the latest
    of its times. `ahead_since`: when it was first seen that this is in the future, because the server's
    clock ran ahead then or is behind now.
    """

    escalation = models.OneToOneField(
        "concerns.Escalation", on_delete=models.CASCADE, primary_key=True, related_name="clock"
    )
    next_at = models.DateTimeField(null=True)
    since = models.DateTimeField()
    ahead_since = models.DateTimeField(null=True)
    said = ArrayField(models.TextField(), default=list)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_at"], name="escalationclock_due", condition=Q(next_at__isnull=False)
            ),
            models.Index(fields=["since"], name="escalationclock_since"),
        ]


class LimitSetting(models.Model):
    """What a county has set differently: `overrides` maps names of `limits.Limits` to numbers."""

    county = models.TextField(primary_key=True)
    overrides = models.JSONField(default=dict)


class CalendarYear(models.Model):
    """A year's announced holidays and weekend days worked, loaded here; it stands above the shipped one."""

    year = models.IntegerField(primary_key=True)
    table = models.JSONField()
    loaded_at = models.DateTimeField()


class Feedback(SerialisedRecord):
    """What the reporter is told came of it. `op` names the operation with the words, sealed.

    A sealed escalation has none: that it exists is known to named people only.
    """

    op = models.UUIDField()
    escalation = KeyedUUIDField(domain="feedback.escalation")
    outcome = models.TextField()
    sent_at = models.DateTimeField()


class PublishedRulesChanged(DomainError):
    code = "rules.published"
    status = 409
    zh = "已发布的规则不能更改。请提高规则的版本号后再发布。"
    en = "Published rules cannot change. Raise the rule's version and publish again."


class RulesetVersion(models.Model):
    """Published rules. A version never changes; `sha256` is over `content` in canonical JSON.

    The database refuses a change too, whoever asks (migration 0002).
    """

    version = models.IntegerField(unique=True)
    content = models.JSONField()
    sha256 = models.TextField(unique=True)
    published_at = models.DateTimeField()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises `PublishedRulesChanged` for anything but the first save."""
        if not self._state.adding:
            raise PublishedRulesChanged
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise PublishedRulesChanged
