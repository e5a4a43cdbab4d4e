"""People, what they may do and where, and the phones they work on."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from knox.models import AbstractAuthToken

from backend.common.keyed import KeyedUUIDField
from fieldforms.vocabulary import codes

from .login_models import RecoveryCodes, TotpDevice, Tries, WebSession

__all__ = [
    "AccessToken", "Device", "DeviceOrder", "DevicePerson", "EnrolmentCode", "Person", "RecoveryCodes",
    "RoleGrant", "TotpDevice", "Tries", "WebSession",
]  # fmt: skip
DEVICE_ORDERS = ("lock", "unlock", "wipe")
# A confirmation that waits: for a second person, or for its day.
OPEN_STATES = ("asked", "confirmed")


class PersonManager(BaseUserManager["Person"]):
    """People are made by `services.person_create`; this only finds them."""


class Person(AbstractBaseUser):  # type: ignore[django-manager-missing]
    """Somebody who logs in or works on a phone. `sealed` holds `{name, phone}` under the person's key.

    `username` is for those who log in at the office. `division` is where the person belongs: its
    administrators keep her while she has no role. `search` holds keyed hashes of name and phone. A
    person who left keeps the row: her visits stay attributed. `factor_at` is when the second factor
    was set up, `factor_from` when a role first asked for one at a log-in.
    """

    id = models.UUIDField(primary_key=True)
    username = models.TextField(null=True)
    division = models.TextField(default="")
    sealed = models.BinaryField()
    search = ArrayField(models.BigIntegerField(), default=list)
    language = models.TextField(default="zh-hans")
    is_active = models.BooleanField(default=True)
    left_on = models.DateField(null=True)
    factor_at = models.DateTimeField(null=True)
    factor_from = models.DateTimeField(null=True)

    USERNAME_FIELD = "username"
    objects: ClassVar[PersonManager] = PersonManager()

    # Django's admin asks for these; accounts/site.py says who gets in, and nobody changes anything.
    @property
    def is_staff(self) -> bool:
        return False

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return False

    def has_module_perms(self, app_label: str) -> bool:
        return False

    class Meta:
        indexes = [GinIndex(fields=["search"], name="person_search")]
        constraints = [models.UniqueConstraint(fields=["username"], name="person_username_once")]

    def __str__(self) -> str:
        return self.username or str(self.id)


class RoleGrant(models.Model):
    """A role in some divisions for some time, its last day included; `ended_at` ends it at once.

    `prefixes` are division codes; "" is the country. `within` holds them and every wider division,
    so that an index answers which grants lie in an area.
    """

    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="grants")
    role = models.TextField(choices=[(code, code) for code in codes("role")])
    prefixes = ArrayField(models.TextField())
    within = ArrayField(models.TextField(), default=list)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [GinIndex(fields=["within"], name="rolegrant_within")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="rolegrant_dates_in_order",
            ),
            models.CheckConstraint(
                condition=Q(role__in=codes("role")), name="rolegrant_role_known"
            ),
        ]


class Device(models.Model):  # type: ignore[django-manager-missing]
    """One installation on one phone; a reinstallation is a new device. Its id is made on the phone."""

    id = models.UUIDField(primary_key=True)
    label = models.TextField(default="")
    app = models.TextField(default="")
    enrolled_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_reason = models.TextField(default="")
    people: "models.ManyToManyField[Person, DevicePerson]" = models.ManyToManyField(
        "accounts.Person", through="accounts.DevicePerson", related_name="devices"
    )


class DevicePerson(models.Model):
    """Somebody who works on a phone; villages share phones."""

    device = models.ForeignKey("accounts.Device", on_delete=models.PROTECT)
    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["device", "person"], name="deviceperson_once")
        ]


class DeviceOrder(models.Model):
    """What a phone is told at its next contact: close your files, allow opening them, destroy their key.

    It stands until the phone says that it has done so (`done_at`) or it is withdrawn before that.
    """

    id = models.UUIDField(primary_key=True)
    device = models.ForeignKey("accounts.Device", on_delete=models.PROTECT, related_name="orders")
    do = models.TextField(choices=[(do, do) for do in DEVICE_ORDERS])
    reason = models.TextField()
    given_by = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(do__in=DEVICE_ORDERS), name="deviceorder_known"),
            models.UniqueConstraint(
                fields=["device", "do"],
                condition=Q(done_at=None, withdrawn_at=None),
                name="deviceorder_open_once",
            ),
        ]
        indexes = [models.Index(fields=["device", "given_at"], name="deviceorder_device")]


class EnrolmentCode(models.Model):
    """A one-time code, known here only by its hash."""

    digest = models.TextField(primary_key=True)
    people: "models.ManyToManyField[Person, Any]" = models.ManyToManyField("accounts.Person")
    made_by = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class AccessToken(AbstractAuthToken):
    """An office log-in, or with `device` a phone's token, which has no end.

    Knox looks it up by the first 15 of its 64 digits and keeps the SHA-512 of them all. `factor` says
    that a second factor was shown for it.
    """

    device = models.ForeignKey(
        "accounts.Device", on_delete=models.PROTECT, null=True, related_name="tokens"
    )
    factor = models.BooleanField(db_default=False)
    seen_at = models.DateTimeField(null=True)
    address = models.TextField(db_default="")
    browser = models.TextField(db_default="")


class Confirmation(models.Model):
    """What one person asked for and a second one has to confirm; `confirming.py` says what it performs.

    `subject` is what it is about (`subject_type` says what that is the id of), `person` whom it gives
    something to or takes something from, `divisions` what the confirming person's area must cover, and
    `covered_by` each code that covers all of them, so that an index answers what lies in an area.
    `detail` may be shown; `sealed` holds `{reason, answer, secret}` under the row's own key, or under
    `key_of`'s. `due_at` is when it is carried out, `until` when what it gave ends. `identity` tells
    two requests of a kind about one subject apart: of the same one only one is open.
    """

    id = KeyedUUIDField(primary_key=True, domain="confirmation")
    kind = models.TextField()
    subject = KeyedUUIDField(domain="confirmation")
    subject_type = models.TextField()
    person = models.ForeignKey(
        "accounts.Person", on_delete=models.PROTECT, null=True, related_name="+"
    )
    identity = models.TextField(default="")
    divisions = ArrayField(models.TextField())
    covered_by = ArrayField(models.TextField())
    detail = models.JSONField(default=dict)
    sealed = models.BinaryField()
    key_of = KeyedUUIDField(domain="confirmation")
    state = models.TextField(default="asked")
    stopped_by = models.TextField(default="")
    asked_by = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        "accounts.Person", on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=codes("confirmation_state")), name="confirmation_state_known"
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by")),
                name="confirmation_by_another",
            ),
            models.UniqueConstraint(
                fields=["kind", "subject", "person", "identity"],
                condition=Q(state__in=OPEN_STATES),
                nulls_distinct=False,
                name="confirmation_open_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["state", "expires_at"],
                name="confirmation_open",
                condition=Q(state__in=OPEN_STATES),
            ),
            models.Index(fields=["person", "kind", "until"], name="confirmation_given"),
            GinIndex(fields=["covered_by"], name="confirmation_covered"),
            models.Index(fields=["asked_by", "asked_at"], name="confirmation_asked_by"),
        ]
