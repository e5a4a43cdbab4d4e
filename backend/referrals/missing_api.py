"""Missing children, for the county's officers and leads."""

from dataclasses import asdict
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.permissions import WithRole, caller
from backend.common import clock
from backend.common.api import PAGING, page_of, paged, read

from . import missing_queries as queries
from . import missing_serializers as shapes
from . import services


class County(WithRole):
    roles = frozenset(queries.COUNTY)


class MissingListView(APIView):
    permission_classes = [County]

    @extend_schema(
        operation_id="missing", parameters=[shapes.MissingFiltersIn, *PAGING],
        responses=paged(shapes.MissingOut),
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        data = read(shapes.MissingFiltersIn, request.query_params)
        viewer, now = caller(request), clock.now()
        found = queries.listed(viewer=viewer, now=now, **data)
        return page_of(
            request,
            found,
            shapes.MissingOut,
            lambda rows: queries.items(rows, viewer=viewer, now=now),
        )

    @extend_schema(
        operation_id="missing_note", request=shapes.NoteIn,
        responses={201: shapes.MissingRevisionOut},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        data = read(shapes.NoteIn, request.data)
        row = services.missing_note(actor=caller(request), now=clock.now(), **data)
        return Response(shapes.MissingRevisionOut(row).data, status=201)


class MissingView(APIView):
    permission_classes = [County]

    @extend_schema(operation_id="missing_child", responses=shapes.MissingFullOut)
    def get(self, request: Request, missing: UUID) -> Response:
        item, opened = queries.detail(viewer=caller(request), missing=missing, now=clock.now())
        both = asdict(opened) | asdict(item) | {"confirmed_notice": opened.confirmed}
        return Response(shapes.MissingFullOut(both).data)


class MissingStepView(APIView):
    """Report (`called_at`, `receipt`), prepare (`description`, `last_seen_at`, `last_seen_place`,
    `contact`, `photo`, `names`), confirm (a lead), publish (`number`, `published_on`), find
    (`found_on`, `words`), revisit (`visited_on`, `words`), close (`reason`).
    """

    permission_classes = [County]

    @extend_schema(
        operation_id="missing_step", request=shapes.MissingStepIn,
        responses=shapes.MissingRevisionOut,
    )  # fmt: skip
    def post(self, request: Request, missing: UUID) -> Response:
        data = read(shapes.MissingStepIn, request.data)
        row = services.missing_step(missing=missing, actor=caller(request), now=clock.now(), **data)
        return Response(shapes.MissingRevisionOut(row).data)


class CluesView(APIView):
    permission_classes = [County]

    @extend_schema(
        operation_id="missing_clue", request=shapes.ClueIn, responses={201: shapes.ClueIdOut}
    )
    def post(self, request: Request, missing: UUID) -> Response:
        data = read(shapes.ClueIn, request.data)
        clue = services.missing_clue(
            missing=missing, actor=caller(request), now=clock.now(), **data
        )
        return Response({"id": str(clue)}, status=201)
