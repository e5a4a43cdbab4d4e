"""Wishes for corrections, over HTTP."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.permissions import caller
from backend.common import clock
from backend.common.api import PAGING, page_of, paged, read

from . import correction_cards as cards
from . import corrections, scope
from . import serializers as shapes
from .api import Filer
from .models import Correction


class FileView(APIView):
    """Files what a guardian wants corrected; somebody else who works there looks into it."""

    permission_classes = [Filer]

    @extend_schema(
        operation_id="correction_ask", request=shapes.CorrectionIn,
        responses={201: shapes.CorrectionOut},
    )  # fmt: skip
    def post(self, request: Request, child: UUID) -> Response:
        given = read(shapes.CorrectionIn, request.data)
        row = corrections.correction_ask(
            child=child, actor=caller(request), now=clock.now(), **given
        )
        return _card(request, row, status=201)


class CorrectionsView(APIView):
    """Those of the caller's area, the next to be answered first."""

    permission_classes = [Filer]

    @extend_schema(
        operation_id="corrections", parameters=PAGING, responses=paged(shapes.CorrectionOut)
    )
    def get(self, request: Request) -> Response:
        viewer, now = caller(request), clock.now()
        return page_of(
            request, scope.corrections(viewer, now=now), shapes.CorrectionOut,
            lambda rows: cards.cards(list(rows), viewer=viewer, now=now),
        )  # fmt: skip


class AcceptView(APIView):
    """Edits the record as wished; the old value stays in its history."""

    permission_classes = [Filer]

    @extend_schema(operation_id="correction_accept", request=None, responses=shapes.CorrectionOut)
    def post(self, request: Request, correction: UUID) -> Response:
        row = corrections.correction_accept(
            correction=correction, actor=caller(request), now=clock.now()
        )
        return _card(request, row)


class RefuseView(APIView):
    permission_classes = [Filer]

    @extend_schema(
        operation_id="correction_refuse", request=shapes.AnswerIn, responses=shapes.CorrectionOut
    )
    def post(self, request: Request, correction: UUID) -> Response:
        given = read(shapes.AnswerIn, request.data)
        row = corrections.correction_refuse(
            correction=correction, actor=caller(request), now=clock.now(), **given
        )
        return _card(request, row)


class WithdrawView(APIView):
    """By whoever filed it."""

    permission_classes = [Filer]

    @extend_schema(operation_id="correction_withdraw", request=None, responses=shapes.CorrectionOut)
    def post(self, request: Request, correction: UUID) -> Response:
        row = corrections.correction_withdraw(
            correction=correction, actor=caller(request), now=clock.now()
        )
        return _card(request, row)


def _card(request: Request, row: Correction, *, status: int = 200) -> Response:
    card = cards.one(viewer=caller(request), correction=row.id, now=clock.now())
    return Response(shapes.CorrectionOut(card).data, status=status)
