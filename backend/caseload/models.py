"""Who covers whom, from when to when, when a child is to be visited, and what is open about it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from backend.common.keyed import KeyedUUIDField
from backend.regions.villages import CHILDREN, MATTERS, ResidenceField
from fieldforms.vocabulary import codes
from sync.models import SerialisedRecord


class Assignment(SerialisedRecord):
    """One supervisor's cover of one child (`file`). At most one is open for a child."""

    person = models.UUIDField()
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)

    class Meta(SerialisedRecord.Meta):
        indexes = [
            *SerialisedRecord.Meta.indexes,
            models.Index(fields=["person"], name="assignment_person"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["file"], condition=Q(ends_on__isnull=True), name="assignment_one_open"
            )
        ]


class Transfer(SerialisedRecord):
    """An offer of one county to another to take a child over, and what became of it.

    In the file of the child (`file`), and one in that of a household that went along (`followed`).
    Who it is about and why stand in the operations, sealed: `offer_op` and `decided_op`.
    """

    status = models.TextField()
    from_county = models.TextField()
    to_county = models.TextField()
    to_division = ResidenceField(domain=CHILDREN)
    offer_op = models.UUIDField()
    offered_at = models.DateTimeField()
    offered_by = models.UUIDField()
    decided_op = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)

    class Meta(SerialisedRecord.Meta):
        indexes = [
            *SerialisedRecord.Meta.indexes,
            models.Index(
                fields=["from_county"], name="transfer_from", opclasses=["text_pattern_ops"]
            ),
            models.Index(fields=["to_county"], name="transfer_to", opclasses=["text_pattern_ops"]),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["file"], condition=Q(status="offered"), name="transfer_one_open"
            ),
            models.CheckConstraint(
                condition=Q(status__in=codes("transfer_status")), name="transfer_status_known"
            ),
        ]


class VisitDue(models.Model):
    """A child's next visit, kept by reactions; no record of its own, it follows from the others.

    The three days after `due_on` are those on which each level hears of an overdue visit. All four
    are empty once the child has left (moved, closed, died).
    """

    child = models.OneToOneField(
        "children.Child", on_delete=models.CASCADE, primary_key=True, related_name="visit_due"
    )
    registered_on = models.DateField()
    last_visit = models.DateTimeField(null=True)
    critical_at = models.DateTimeField(null=True)
    # Visits that were ordered for a time, see `plan.Monitoring`; all three or none.
    monitor_days = models.IntegerField(null=True)
    monitor_from = models.DateTimeField(null=True)
    monitor_until = models.DateField(null=True)
    due_on = models.DateField(null=True)
    basis = models.TextField(default="")
    supervisor_on = models.DateField(null=True)
    township_on = models.DateField(null=True)
    county_on = models.DateField(null=True)


class FileLoan(models.Model):
    """A file that a township supervisor asked for by name, for her own phone; it ends at `until`, or
    before when she gives it back. Why she asked stands in the audit log.
    """

    id = models.UUIDField(primary_key=True)
    person = models.UUIDField()
    child = models.UUIDField()
    borrowed_at = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "child"], condition=Q(ended_at=None), name="fileloan_open_once"
            )
        ]


class OpenDanger(SerialisedRecord):
    """What is open about a child (`file`) and known to everybody who has the file, phones too.

    One a child, made by the server; `level` is empty when nothing is open. `because`: `risk.Reason`.
    """

    level = models.TextField(default="")
    because = models.JSONField(default=list)

    class Meta(SerialisedRecord.Meta):
        indexes = [
            *SerialisedRecord.Meta.indexes,
            models.Index(fields=["file", "level"], name="opendanger_level", condition=~Q(level="")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(level__in=["", *codes("risk_level")]), name="opendanger_level_known"
            ),
        ]


class RestrictedDanger(models.Model):
    """The open part of one escalation that only some may know of: it is sealed, or goes round somebody.

    Kept by reactions, no record of its own; it follows from the escalation, whose id it has and whose
    `sealed`, `skips`, `kept_out` and `division` say who sees it. The days are those of the child's next
    visit (see `VisitDue`) for whoever knows of it; empty until the child is registered.
    """

    escalation = KeyedUUIDField(primary_key=True, domain="restricted_danger")
    child = KeyedUUIDField(domain="restricted_danger")
    sealed = models.BooleanField()
    skips = models.TextField(default="")
    kept_out = ArrayField(models.UUIDField(), default=list)
    division = ResidenceField(domain=MATTERS)
    level = models.TextField()
    because = models.JSONField(default=list)
    critical_at = models.DateTimeField(null=True)
    due_on = models.DateField(null=True)
    basis = models.TextField(default="")
    supervisor_on = models.DateField(null=True)
    township_on = models.DateField(null=True)
    county_on = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["child"], name="restricteddanger_child")]
        constraints = [
            models.CheckConstraint(
                condition=Q(level__in=codes("risk_level")), name="restricteddanger_level_known"
            ),
        ]


class PlanSetting(models.Model):
    """What a county has set differently: `overrides` maps names of `plan.Setting` to numbers."""

    county = models.TextField(primary_key=True)
    overrides = models.JSONField(default=dict)


class RosterImport(models.Model):
    """One roster that was imported. `sealed` holds the report, with what rows said, under a key of its own.

    `done` of `operations` are written; an import that stopped half-way is repeated with the same file.
    """

    id = models.UUIDField(primary_key=True)
    person = models.UUIDField()
    at = models.DateTimeField()
    division = models.TextField(db_index=True)
    counts = models.JSONField(default=dict)
    operations = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    sealed = models.BinaryField()


class AssignmentOrder(models.Model):
    """Somebody's order to assign many children, carried out in chunks; `lines` tell how far it is.

    `touched_at` is when somebody last worked on it: an order left alone for a while was left by a
    process that died, and is taken up by the next.
    """

    id = models.UUIDField(primary_key=True)
    kind = models.TextField(choices=[(code, code) for code in codes("assignment_order")])
    actor = models.UUIDField()
    to = models.UUIDField()
    from_person = models.UUIDField(null=True)
    made_at = models.DateTimeField()
    touched_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)


class OrderLine(models.Model):
    """One child of an order and what became of it."""

    order = models.ForeignKey(
        "caseload.AssignmentOrder", on_delete=models.CASCADE, related_name="lines"
    )
    child = models.UUIDField()
    outcome = models.TextField(default="waiting")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "child"], name="orderline_once"),
            models.CheckConstraint(
                condition=Q(outcome__in=codes("assignment_outcome")), name="orderline_outcome_known"
            ),
        ]
