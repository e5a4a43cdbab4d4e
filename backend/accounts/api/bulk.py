"""Many people in one call."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.common import clock
from backend.common.api import invalid_problem, read
from fieldforms.vocabulary import codes

from .. import services
from ..errors import RowsFaulty
from ..permissions import Administrator, caller
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


class _Envelope(serializers.Serializer):
    """Rows are looked at one by one, so that each has its own answer."""

    rows = serializers.ListField(child=serializers.DictField(), min_length=1, max_length=MAX_ROWS)
    dry_run = serializers.BooleanField(default=False)
    reason = serializers.CharField(max_length=2000, allow_blank=True, default="")


class PeopleBulkOut(serializers.Serializer):
    written = serializers.BooleanField()
    waiting = serializers.ListField(
        child=serializers.UUIDField(), help_text="Roles that a second person has to confirm."
    )
    people = serializers.ListField(child=serializers.UUIDField(allow_null=True))


class PeopleBulkView(APIView):
    """All rows or none. A dry run says what would be wrong and writes nothing."""

    permission_classes = [Administrator]

    @extend_schema(
        operation_id="people_bulk",
        request=PeopleBulkIn,
        responses={200: PeopleBulkOut, 201: PeopleBulkOut},
    )
    def post(self, request: Request) -> Response:
        given = read(_Envelope, request.data)
        dry_run: bool = given["dry_run"]
        made = services.people_create(
            rows=_rows(given["rows"]),
            actor=caller(request), now=clock.now(), dry_run=dry_run, reason=given["reason"],
        )  # fmt: skip
        told = {"written": not dry_run, "people": made.people, "waiting": made.waiting}
        return Response(
            PeopleBulkOut(told).data,
            status=status.HTTP_200_OK if dry_run else status.HTTP_201_CREATED,
        )


def _rows(raw: list[dict[str, Any]]) -> list[services.NewPerson]:
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
