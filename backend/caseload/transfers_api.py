"""Transfers between counties, for the officers and leads of both."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.permissions import caller
from backend.common import clock
from backend.common.api import PAGING, page_of, paged, read
from fieldforms.vocabulary import codes

from . import scope, transfer_cards, transfers
from .models import Transfer
from .permissions import Reader


class County(Reader):
    """Somebody who decides for a county."""

    roles = scope.COUNTY


class TransferOut(serializers.Serializer):
    """The values of `transfer_cards.Card`."""

    id = serializers.UUIDField()
    revision = serializers.IntegerField()
    status = serializers.ChoiceField(codes("transfer_status"))
    child = serializers.UUIDField()
    name = serializers.CharField()
    sex = serializers.CharField()
    birth_date = serializers.CharField()
    from_county = serializers.CharField()
    from_place = serializers.CharField()
    to_division = serializers.CharField()
    to_place = serializers.CharField()
    reason = serializers.CharField()
    offered_at = serializers.DateTimeField()
    offered_by = serializers.UUIDField()
    offered_by_name = serializers.CharField()
    answer = serializers.CharField(help_text="Why it was refused.")
    decided_at = serializers.DateTimeField(allow_null=True)
    decided_by = serializers.UUIDField(allow_null=True)
    decided_by_name = serializers.CharField()
    steps = serializers.ListField(child=serializers.CharField())


class OfferIn(serializers.Serializer):
    to = serializers.CharField(max_length=12, help_text="County, township or village.")
    reason = serializers.CharField(max_length=2000, help_text="Both counties read it.")


class ListIn(serializers.Serializer):
    status = serializers.ChoiceField(codes("transfer_status"), required=False, default="")
    side = serializers.ChoiceField(["in", "out"], required=False, default="")


class RevisionIn(serializers.Serializer):
    revision = serializers.IntegerField(min_value=1, help_text="The one that was read.")


class AcceptIn(RevisionIn):
    division = serializers.CharField(
        max_length=12, required=False, default="", allow_blank=True,
        help_text="Where the child lives now, if more is known than the offer says.",
    )  # fmt: skip


class RefuseIn(RevisionIn):
    reason = serializers.CharField(max_length=2000, help_text="Told to the other county.")


def _shown(request: Request, transfer: UUID, answer: int = status.HTTP_200_OK) -> Response:
    card = transfer_cards.one(viewer=caller(request), transfer=transfer, now=clock.now())
    return Response(TransferOut(card).data, status=answer)


class OfferView(APIView):
    permission_classes = [County]

    @extend_schema(operation_id="transfer_offer", request=OfferIn, responses={201: TransferOut})
    def post(self, request: Request, child: UUID) -> Response:
        given = read(OfferIn, request.data)
        row = transfers.transfer_offer(child=child, actor=caller(request), now=clock.now(), **given)
        return _shown(request, row.id, status.HTTP_201_CREATED)


class TransfersView(APIView):
    """Offers that the caller's county made and got, the last one first."""

    permission_classes = [County]

    @extend_schema(
        operation_id="transfers",
        parameters=[ListIn, *PAGING],
        responses=paged(TransferOut),
    )
    def get(self, request: Request) -> Response:
        given = read(ListIn, request.query_params)
        viewer, now = caller(request), clock.now()
        found = transfer_cards.listed(viewer=viewer, now=now, **given)
        return page_of(
            request,
            found,
            TransferOut,
            lambda rows: transfer_cards.cards(rows, viewer=viewer, now=now),
        )


class TransferView(APIView):
    permission_classes = [County]

    @extend_schema(operation_id="transfer", responses=TransferOut)
    def get(self, request: Request, transfer: UUID) -> Response:
        return _shown(request, transfer)


def _step(
    request: Request, shape: type[RevisionIn], service: Callable[..., Transfer], transfer: UUID
) -> Response:
    given = read(shape, request.data)
    values: dict[str, Any] = given
    row = service(transfer=transfer, actor=caller(request), now=clock.now(), **values)
    return _shown(request, row.id)


class AcceptView(APIView):
    permission_classes = [County]

    @extend_schema(operation_id="transfer_accept", request=AcceptIn, responses=TransferOut)
    def post(self, request: Request, transfer: UUID) -> Response:
        return _step(request, AcceptIn, transfers.transfer_accept, transfer)


class RefuseView(APIView):
    permission_classes = [County]

    @extend_schema(operation_id="transfer_refuse", request=RefuseIn, responses=TransferOut)
    def post(self, request: Request, transfer: UUID) -> Response:
        return _step(request, RefuseIn, transfers.transfer_refuse, transfer)


class WithdrawView(APIView):
    permission_classes = [County]

    @extend_schema(operation_id="transfer_withdraw", request=RevisionIn, responses=TransferOut)
    def post(self, request: Request, transfer: UUID) -> Response:
        return _step(request, RevisionIn, transfers.transfer_withdraw, transfer)
