"""Children, households and guardians: registers whose values are sealed, with the columns queries need."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from sync.models import RegisterRecord


class Household(RegisterRecord):
    """One household; a file of its own, because siblings share it. `file` is its own id."""

    division = models.TextField(default="")


class Guardian(RegisterRecord):
    """An adult of a household. `search` holds keyed hashes of name, phone and ID number."""

    household = models.UUIDField(null=True)
    search = ArrayField(models.BigIntegerField(), default=list)

    class Meta(RegisterRecord.Meta):
        indexes = [
            *RegisterRecord.Meta.indexes,
            GinIndex(fields=["search"], name="guardian_search"),
        ]


class Child(RegisterRecord):
    """A child's file. Name, ID number and address stand only in the sealed `state`."""

    household = models.UUIDField(null=True)
    division = models.TextField(default="")
    birth_date = models.DateField(null=True)
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
            models.Index(fields=["division"], name="child_division"),
            GinIndex(fields=["search"], name="child_search"),
        ]
