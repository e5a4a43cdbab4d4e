"""Editions of rules on their way into force, and what rehearsing them showed."""

from django.db import models
from django.db.models import F, Q

from fieldforms.vocabulary import codes

# From then on the database refuses any other content (migration 0005).
SETTLED = ("approved", "published", "retired")


class RulesEdition(models.Model):
    """Rules, or a division's variant of them, with their life: who did which step, and when.

    `division` is empty for the national rules. `author` and the others are None for what the
    installation did by itself. `version` counts the publications of one division; of the national rules
    it is the number of the `RulesetVersion`.
    """

    id = models.UUIDField(primary_key=True)
    division = models.TextField(default="")
    content = models.JSONField()
    sha256 = models.TextField()
    status = models.TextField(default="draft")
    version = models.IntegerField(null=True)
    author = models.UUIDField(null=True)
    drafted_at = models.DateTimeField()
    approved_by = models.UUIDField(null=True)
    approved_at = models.DateTimeField(null=True)
    published_by = models.UUIDField(null=True)
    published_at = models.DateTimeField(null=True)
    retired_by = models.UUIDField(null=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=codes("rules_status")), name="rulesedition_status_known"
            ),
            models.CheckConstraint(
                condition=~Q(approved_by=F("author")), name="rulesedition_second_person"
            ),
            models.UniqueConstraint(
                fields=["division"],
                condition=Q(status="published"),
                name="rulesedition_one_in_force",
            ),
            models.UniqueConstraint(
                fields=["division", "version"], name="rulesedition_version_once"
            ),
        ]
        indexes = [models.Index(fields=["sha256"], name="rulesedition_sha256")]


class Rehearsal(models.Model):
    """Rules run over what was seen since a day, compared with those in force.

    `sha256` is of the content that ran, `against` of the rules it was compared with. `counts` are
    `{county: {rule: {what: number}}}`, those of `sealed_rules` for named people alone. `cursor` is the last file that was looked at: an interrupted rehearsal goes on there.
    """

    id = models.UUIDField(primary_key=True)
    edition = models.ForeignKey(RulesEdition, on_delete=models.PROTECT, related_name="rehearsals")
    sha256 = models.TextField()
    against = models.TextField()
    since = models.DateField()
    status = models.TextField(default="waiting")
    actor = models.UUIDField()
    started_at = models.DateTimeField()
    touched_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # About how many there are: what comes meanwhile is looked at too.
    files = models.IntegerField(default=0)
    files_done = models.IntegerField(default=0)
    cursor = models.UUIDField(null=True)
    counts = models.JSONField(default=dict)
    sealed_rules = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=codes("rehearsal_status")), name="rehearsal_status_known"
            )
        ]


class RehearsalSample(models.Model):
    """A finding that would change, as an example. `sealed` holds its facts under the child's key."""

    rehearsal = models.ForeignKey(Rehearsal, on_delete=models.CASCADE, related_name="samples")
    county = models.TextField()
    rule = models.TextField()
    change = models.TextField()
    op = models.UUIDField()
    file = models.UUIDField()
    branch = models.IntegerField()
    severity = models.TextField()
    sealed = models.BinaryField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(change__in=codes("rules_change")), name="rehearsalsample_change_known"
            )
        ]
