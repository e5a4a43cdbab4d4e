"""The shape of many people in one call; `backend.tasks.people` writes them."""

from typing import Any

from rest_framework import serializers

from backend.common.api import invalid_problem
from fieldforms.vocabulary import codes

from .. import services
from ..errors import RowsFaulty
from .people import PersonIn

MAX_ROWS = 1000


class PersonRowIn(PersonIn):
    role = serializers.ChoiceField(choices=codes("role"), required=False)
    prefixes = serializers.ListField(
        child=serializers.CharField(max_length=12), required=False, max_length=100
    )
    starts_on = serializers.DateField(required=False)
    ends_on = serializers.DateField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs.get("role")) != bool(attrs.get("prefixes")):
            raise serializers.ValidationError(
                {"prefixes": "A role needs its divisions / 角色须写明所辖区划"}
            )
        return super().validate(attrs)


class PeopleBulkIn(serializers.Serializer):
    rows = PersonRowIn(many=True)
    dry_run = serializers.BooleanField(default=False)
    reason = serializers.CharField(
        max_length=2000,
        allow_blank=True,
        default="",
        help_text="Needed where a role has to be confirmed by a second person.",
    )


class PeopleBulkEnvelope(serializers.Serializer):
    """Rows are looked at one by one, so that each has its own answer."""

    rows = serializers.ListField(child=serializers.DictField(), min_length=1, max_length=MAX_ROWS)
    dry_run = serializers.BooleanField(default=False)
    reason = serializers.CharField(max_length=2000, allow_blank=True, default="")


def rows_of(raw: list[dict[str, Any]]) -> list[services.NewPerson]:
    """Raises `RowsFaulty` for rows whose cells cannot be read."""
    read = [PersonRowIn(data=row) for row in raw]
    faulty = [
        {"row": place, "errors": [invalid_problem(row.errors)]}
        for place, row in enumerate(read)
        if not row.is_valid()
    ]
    if faulty:
        raise RowsFaulty(faulty=len(faulty), details=faulty)
    return [services.NewPerson(**row.validated_data) for row in read]
