"""What guardians ask for by law, filed by the office: a copy of what is kept."""

from django.db import models
from django.db.models import F, Q

from fieldforms.vocabulary import codes

ASKED, APPROVED, REFUSED, WITHDRAWN = codes("copy_state")
# In these a second request of the same guardian would be the same one.
STANDING = (ASKED,)


class CopyRequest(models.Model):
    """A guardian's request for a copy (Personal Information Protection Law 45), filed by `filed_by`.

    `sealed` holds `{note, answer}` under the child's key: what was said when it was filed, and what the
    lead wrote for the file. `identity_check` says how whoever asked was identified. `due_at` is when it
    should be answered. The copy lies in the storage until `expires_at`, see `store`; none lies there
    while that is empty.
    """

    id = models.UUIDField(primary_key=True)
    child = models.UUIDField()
    guardian = models.UUIDField()
    county = models.TextField()
    identity_check = models.TextField()
    state = models.TextField(default=ASKED, db_default=ASKED)
    sealed = models.BinaryField()
    filed_by = models.UUIDField()
    filed_at = models.DateTimeField()
    due_at = models.DateTimeField()
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    task = models.UUIDField(null=True)
    made_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=codes("copy_state")), name="copyrequest_state_known"
            ),
            models.CheckConstraint(
                condition=Q(identity_check__in=codes("identity_check")),
                name="copyrequest_check_known",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("filed_by")) | Q(state=WITHDRAWN),
                name="copyrequest_by_another",
            ),
            models.UniqueConstraint(
                fields=["child", "guardian"],
                condition=Q(state__in=STANDING),
                name="copyrequest_stands_once",
            ),
        ]
        indexes = [
            models.Index(fields=["child"], name="copyrequest_child"),
            models.Index(fields=["filed_by", "filed_at"], name="copyrequest_filer"),
            models.Index(
                fields=["expires_at"],
                name="copyrequest_expires",
                condition=Q(expires_at__isnull=False),
            ),
        ]


class Correction(models.Model):
    """A guardian's wish to have a fact corrected (Personal Information Protection Law 46).

    `fact` is one of `correctable`. `sealed` holds `{now, wished, ground, answer}` under the child's key.
    `op` is the edit that was made of it: the old value stays in the record's history as of every edit.
    """

    id = models.UUIDField(primary_key=True)
    child = models.UUIDField()
    guardian = models.UUIDField()
    county = models.TextField()
    fact = models.TextField()
    state = models.TextField(default=ASKED, db_default=ASKED)
    sealed = models.BinaryField()
    filed_by = models.UUIDField()
    filed_at = models.DateTimeField()
    due_at = models.DateTimeField()
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    op = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=codes("correction_state")), name="correction_state_known"
            ),
            models.CheckConstraint(
                condition=Q(fact__in=codes("correctable")), name="correction_fact_known"
            ),
            models.UniqueConstraint(
                fields=["child", "guardian", "fact"],
                condition=Q(state=ASKED),
                name="correction_stands_once",
            ),
        ]
        indexes = [models.Index(fields=["child"], name="correction_child")]
