"""Which children a phone knows of: what has to be asked when it is lost."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts import devices
from backend.accounts.permissions import Administrator, areas, caller
from backend.common import clock
from backend.common.api import PAGING, page_of, paged

from . import exposure


class ExposedOut(serializers.Serializer):
    """The values of `exposure.Exposed`."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    birth_date = serializers.DateField(allow_null=True)
    division = serializers.CharField()
    place = serializers.CharField()
    first_sent = serializers.DateTimeField(allow_null=True)
    last_sent = serializers.DateTimeField(allow_null=True)
    held = serializers.BooleanField(
        help_text="The phone has not confirmed that it removed the file."
    )
    written = serializers.BooleanField(help_text="The phone made records in the file itself.")


class ExposedView(APIView):
    permission_classes = [Administrator]

    @extend_schema(
        operation_id="device_children",
        parameters=PAGING,
        responses=paged(ExposedOut),
    )
    def get(self, request: Request, device: UUID) -> Response:
        found = devices.device_in(areas(request, "administrator"), device, on=clock.today())
        return page_of(
            request,
            exposure.children_known_to(found.id),
            ExposedOut,
            lambda rows: exposure.exposed(
                rows, device=found.id, viewer=caller(request), now=clock.now()
            ),
        )
