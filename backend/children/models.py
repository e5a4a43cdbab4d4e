"""Children, households and guardians: registers whose values are sealed, with the columns queries need."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from backend.regions.villages import CHILDREN, ResidenceField
from sync.models import AppendRecord, RegisterRecord

# A child with one of these has left; any other status, a newer phone's too, is still here.
LEFT = ("moved", "closed", "died")


class Household(RegisterRecord):
    """One household; a file of its own, because siblings share it. `file` is its own id."""

    division = ResidenceField(default="", domain=CHILDREN)

    class Meta(RegisterRecord.Meta):
        indexes = [
            *RegisterRecord.Meta.indexes,
            models.Index(
                fields=["division"], name="household_division", opclasses=["text_pattern_ops"]
            ),
            models.Index(
                fields=["division"], name="household_disputed", condition=~models.Q(conflicts=[])
            ),
        ]


class Guardian(RegisterRecord):
    """An adult of a household. `search` holds keyed hashes of name, phone and ID number."""

    household = models.UUIDField(null=True)
    search = ArrayField(models.BigIntegerField(), default=list)

    class Meta(RegisterRecord.Meta):
        indexes = [
            *RegisterRecord.Meta.indexes,
            models.Index(fields=["household"], name="guardian_household"),
            GinIndex(fields=["search"], name="guardian_search"),
            models.Index(
                fields=["household"], name="guardian_disputed", condition=~models.Q(conflicts=[])
            ),
        ]


class Child(RegisterRecord):
    """A child's file. Name, birth date, ID number and address stand only in the sealed `state`; of the birth
    date the year stands here too, and in `search` a keyed hash.
    """

    household = models.UUIDField(null=True)
    division = ResidenceField(default="", domain=CHILDREN)
    birth_year = models.SmallIntegerField(null=True)
    sex = models.TextField(default="not_collected")
    categories = ArrayField(models.TextField(), default=list)
    risk_level = models.TextField(default="")
    guardianship_rating = models.TextField(default="")
    status = models.TextField(default="registered")
    search = ArrayField(models.BigIntegerField(), default=list)

    class Meta(RegisterRecord.Meta):
        indexes = [
            *RegisterRecord.Meta.indexes,
            models.Index(fields=["household"], name="child_household"),
            # With this operator class a prefix, which is our scope, is a range of the index.
            models.Index(
                fields=["division"], name="child_division", opclasses=["text_pattern_ops"]
            ),
            GinIndex(fields=["search"], name="child_search"),
            models.Index(
                fields=["division"], name="child_disputed", condition=~models.Q(conflicts=[])
            ),
        ]


class Delegation(AppendRecord):
    """A delegated-guardianship confirmation (Minors Protection Law 22-23), in the child's file.

    The parties and everything they said stand in its operation, sealed. A term that cannot be read
    is empty, and the confirmation does not count as in force.
    """

    person = models.UUIDField()
    observed = models.DateTimeField()
    valid_from = models.DateField(null=True)
    expires_on = models.DateField(null=True)


class DelegationRevocation(AppendRecord):
    """Ends the one confirmation it names, from a day on."""

    delegation = models.UUIDField(null=True)
    person = models.UUIDField()
    observed = models.DateTimeField()
    revoked_on = models.DateField()
