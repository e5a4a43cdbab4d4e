"""The office sets a child's risk level."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.permissions import caller
from backend.children import services
from backend.common import clock
from backend.common.api import read

from . import detail
from . import serializers as shapes
from .permissions import Rater


class RatingView(APIView):
    """In place of every value that the caller saw; what is open is shown all the same."""

    permission_classes = [Rater]

    @extend_schema(operation_id="child_rate", request=shapes.RateIn, responses=shapes.RatedOut)
    def post(self, request: Request, child: UUID) -> Response:
        given, actor, now = read(shapes.RateIn, request.data), caller(request), clock.now()
        services.risk_level_set(child=child, actor=actor, now=now, **given)
        return Response(shapes.RatedOut(detail.shown(viewer=actor, child=child, now=now)).data)
