"""Whom children are referred to, what for, and what came of it. Words about a child are in operations."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from backend.common.keyed import MATTER, KeyedUUIDField
from backend.regions.villages import MATTERS, ResidenceField
from fieldforms.vocabulary import codes
from sync.models import AppendRecord, SerialisedRecord

from .life import ENDED
from .missing_life import MISSING_ENDED


class Organisation(models.Model):
    """One entry of the service directory; nothing in it is about a child.

    `division` is the area it serves, `phone` its fixed line. `as_of` is the day on which somebody last
    stood for it, None for an entry of before that was asked. One that closed keeps its row: referrals name it.
    """

    id = models.UUIDField(primary_key=True)
    name = models.TextField()
    kind = models.TextField()
    division = models.TextField()
    phone = models.TextField(default="")
    offers = models.TextField(default="")
    hours = models.TextField(default="")
    as_of = models.DateField(null=True)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=codes("agency")), name="organisation_kind_known"
            ),
            models.UniqueConstraint(fields=["division", "name"], name="organisation_once"),
        ]
        indexes = [
            models.Index(
                fields=["division"], name="organisation_division", opclasses=["text_pattern_ops"]
            )
        ]


class Membership(models.Model):
    """Whose referrals a partner account sees: nobody belongs to two organisations."""

    person = models.UUIDField(primary_key=True)
    organisation = models.ForeignKey(
        "referrals.Organisation", on_delete=models.PROTECT, related_name="members"
    )


class Referral(SerialisedRecord):
    """One need of one child (`file`), from its draft until it is met, refused or withdrawn.

    `auto`: drafted from a need that was ticked in a visit, `cause` the operation. `shared` are the
    fields the organisation was given; their values stand in `sent_op`. `asked_by` is who sent it and
    hears what comes of it.
    """

    id = KeyedUUIDField(primary_key=True, domain=MATTER)
    file = KeyedUUIDField(domain=MATTER)
    status = models.TextField()
    kind = models.TextField(default="referral")
    need = models.TextField(default="")
    agency = models.TextField(default="")
    auto = models.BooleanField(default=False)
    sealed = models.BooleanField(default=False)
    division = ResidenceField(domain=MATTERS)
    escalation = KeyedUUIDField(null=True, domain=MATTER)
    cause = KeyedUUIDField(null=True, domain=MATTER)
    organisation = models.UUIDField(null=True)
    shared = ArrayField(models.TextField(), default=list)
    due_on = models.DateField(null=True)
    drafted_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    sent_op = KeyedUUIDField(null=True, domain=MATTER)
    asked_by = models.UUIDField(null=True)
    accepted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    outcome = models.TextField(default="")

    class Meta(SerialisedRecord.Meta):
        constraints = [
            # A need that is ticked in every visit is one matter until it is met or refused.
            models.UniqueConstraint(
                fields=["file", "need"],
                condition=Q(auto=True) & ~Q(status__in=ENDED),
                name="referral_one_open_for_a_need",
            ),
            models.CheckConstraint(
                condition=Q(status__in=codes("referral_status")), name="referral_status_known"
            ),
            models.CheckConstraint(
                condition=Q(organisation__isnull=False) | Q(status__in=("draft", "withdrawn")),
                name="referral_sent_to_somebody",
            ),
        ]
        indexes = [
            *SerialisedRecord.Meta.indexes,
            models.Index(
                fields=["due_on"], name="referral_due", condition=~Q(status__in=ENDED)
            ),
            models.Index(
                fields=["division"], name="referral_division", opclasses=["text_pattern_ops"]
            ),
            models.Index(fields=["organisation"], name="referral_organisation"),
            models.Index(fields=["escalation"], name="referral_escalation"),
        ]  # fmt: skip


class ReferralCard(SerialisedRecord):
    """What the child's supervisor is told of a referral. `op` holds the words."""

    op = models.UUIDField()
    referral = KeyedUUIDField(domain="referral_card.referral")
    kind = models.TextField()
    need = models.TextField(default="")
    status = models.TextField()
    outcome = models.TextField(default="")
    organisation = models.UUIDField(null=True)
    due_on = models.DateField(null=True)


class Missing(SerialisedRecord):
    """A child that is missing. What the notice says stands in the operation `confirmed_op`.

    `prepared_op` is the notice that was written last: nobody but its confirmation shows it to anyone.
    """

    status = models.TextField()
    division = ResidenceField(domain=MATTERS)
    finding = KeyedUUIDField(null=True, domain="missing.finding")
    noted_at = models.DateTimeField()
    observed_at = models.DateTimeField()
    reported_at = models.DateTimeField(null=True)
    prepared_op = models.UUIDField(null=True)
    prepared_by = models.UUIDField(null=True)
    confirmed_op = models.UUIDField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    published_on = models.DateField(null=True)
    found_on = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta(SerialisedRecord.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["file"],
                condition=~Q(status__in=MISSING_ENDED),
                name="missing_one_open_per_child",
            ),
            models.CheckConstraint(
                condition=Q(status__in=codes("missing_status")), name="missing_status_known"
            ),
        ]
        indexes = [
            *SerialisedRecord.Meta.indexes,
            models.Index(
                fields=["division"], name="missing_division", opclasses=["text_pattern_ops"]
            ),
        ]


class MissingClue(AppendRecord):
    """Where somebody says the child was seen. The words stand in its operation."""

    person = models.UUIDField()
    observed = models.DateTimeField()
