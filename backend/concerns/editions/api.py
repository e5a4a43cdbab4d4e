"""Rules on their way into force, their rehearsals, and what is in force for those who judge by it."""

from collections.abc import Callable
from dataclasses import asdict
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.permissions import WithRole, caller
from backend.common import clock
from backend.common.api import PAGING, page_of, paged, read

from ..models import RulesEdition
from . import queries, rehearsals, scope, services
from . import serializers as shapes

# Batches that are run within the request; the rest is a task's.
CHUNKS_AT_ONCE = 5


class Reader(WithRole):
    """Whoever sets up rules, or may know the numbers of the sealed ones; the services know who may what."""

    roles = frozenset(scope.READERS)


def _card(request: Request, row: RulesEdition, code: int = status.HTTP_200_OK) -> Response:
    viewer, now = caller(request), clock.now()
    (card,) = queries.cards([row], viewer=viewer, now=now)
    more = {
        "content": row.content,
        "unfitting": queries.unfitting(row, viewer=viewer, now=now),
        "unreachable": queries.unreachable(row, viewer=viewer, now=now),
    }
    return Response(shapes.EditionDetailOut(asdict(card) | more).data, status=code)


class EditionsView(APIView):
    permission_classes = [Reader]

    @extend_schema(
        operation_id="rules_editions",
        parameters=PAGING,
        responses=paged(shapes.EditionOut),
    )
    def get(self, request: Request) -> Response:
        viewer, now = caller(request), clock.now()
        found = queries.editions(viewer=viewer, now=now)
        return page_of(
            request,
            found,
            shapes.EditionOut,
            lambda rows: queries.cards(rows, viewer=viewer, now=now),
        )

    @extend_schema(
        operation_id="rules_draft",
        request=shapes.DraftIn,
        responses={201: shapes.EditionDetailOut},
    )
    def post(self, request: Request) -> Response:
        given = read(shapes.DraftIn, request.data)
        row = services.edition_draft(**given, actor=caller(request), now=clock.now())
        return _card(request, row, status.HTTP_201_CREATED)


class EditionView(APIView):
    permission_classes = [Reader]

    @extend_schema(operation_id="rules_edition", responses=shapes.EditionDetailOut)
    def get(self, request: Request, edition: UUID) -> Response:
        row = queries.edition(edition=edition, viewer=caller(request), now=clock.now())
        return _card(request, row)

    @extend_schema(
        operation_id="rules_revise", request=shapes.ReviseIn, responses=shapes.EditionDetailOut
    )
    def put(self, request: Request, edition: UUID) -> Response:
        given = read(shapes.ReviseIn, request.data)
        row = services.edition_revise(
            edition=edition, **given, actor=caller(request), now=clock.now()
        )
        return _card(request, row)


def _step(request: Request, service: Callable[..., RulesEdition], edition: UUID) -> Response:
    return _card(request, service(edition=edition, actor=caller(request), now=clock.now()))


class ApproveView(APIView):
    permission_classes = [Reader]

    @extend_schema(operation_id="rules_approve", request=None, responses=shapes.EditionDetailOut)
    def post(self, request: Request, edition: UUID) -> Response:
        return _step(request, services.edition_approve, edition)


class PublishView(APIView):
    permission_classes = [Reader]

    @extend_schema(operation_id="rules_publish", request=None, responses=shapes.EditionDetailOut)
    def post(self, request: Request, edition: UUID) -> Response:
        return _step(request, services.edition_publish, edition)


class RetireView(APIView):
    permission_classes = [Reader]

    @extend_schema(operation_id="rules_retire", request=None, responses=shapes.EditionDetailOut)
    def post(self, request: Request, edition: UUID) -> Response:
        return _step(request, services.edition_retire, edition)


class RehearsalsView(APIView):
    permission_classes = [Reader]

    @extend_schema(operation_id="rules_rehearsals", responses=shapes.RehearsalOut(many=True))
    def get(self, request: Request, edition: UUID) -> Response:
        row = queries.edition(edition=edition, viewer=caller(request), now=clock.now())
        found = queries.rehearsals(edition=row.id)
        return Response(shapes.RehearsalOut(found, many=True).data)

    @extend_schema(
        operation_id="rules_rehearse",
        request=shapes.SinceIn,
        responses={201: shapes.RehearsalOut},
    )
    def post(self, request: Request, edition: UUID) -> Response:
        """Starts it; what is not finished when this answers is carried on by a worker."""
        given = read(shapes.SinceIn, request.data)
        row = rehearsals.rehearsal_start(
            edition=edition, **given, actor=caller(request), now=clock.now()
        )
        rehearsals.rehearsal_run(rehearsal=row.id, now=clock.now(), chunks=CHUNKS_AT_ONCE)
        row.refresh_from_db()
        return Response(shapes.RehearsalOut(row).data, status=status.HTTP_201_CREATED)


class RehearsalView(APIView):
    permission_classes = [Reader]

    @extend_schema(operation_id="rules_rehearsal", responses=shapes.ResultOut)
    def get(self, request: Request, rehearsal: UUID) -> Response:
        found = queries.result(rehearsal=rehearsal, viewer=caller(request), now=clock.now())
        return Response(shapes.ResultOut(asdict(found)).data)


class DifferencesView(APIView):
    """What differs between two editions, rule by rule."""

    permission_classes = [Reader]

    @extend_schema(
        operation_id="rules_differences",
        parameters=[shapes.BetweenIn],
        responses=shapes.RuleDifferenceOut(many=True),
    )
    def get(self, request: Request) -> Response:
        given = read(shapes.BetweenIn, request.query_params)
        found = queries.differences(**given, viewer=caller(request), now=clock.now())
        return Response(shapes.RuleDifferenceOut(found, many=True).data)


class ContentView(APIView):
    """Published rules or a variant by the hash that a phone was told; for phones and the office."""

    @extend_schema(operation_id="rules_content", responses=shapes.ContentOut)
    def get(self, request: Request, sha256: str) -> Response:
        row = queries.by_hash(sha256, reader=caller(request), now=clock.now())
        # What has this hash never changes.
        headers = {"Cache-Control": "private, max-age=31536000, immutable"}
        return Response(shapes.ContentOut(row).data, headers=headers)
