"""What needs a second person: what waits, and the decisions."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.common import clock
from backend.common.api import PAGING, page_of, paged, read
from fieldforms.vocabulary import codes

from .. import confirmation_cards, services
from ..models import Confirmation
from ..permissions import Office, caller


class ConfirmationOut(serializers.Serializer):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=codes("confirmation_kind"))
    state = serializers.ChoiceField(choices=codes("confirmation_state"))
    subject = serializers.UUIDField()
    subject_type = serializers.CharField()
    person = serializers.UUIDField(allow_null=True)
    person_name = serializers.CharField()
    divisions = serializers.ListField(child=serializers.CharField(allow_blank=True))
    detail = serializers.JSONField()
    reason = serializers.CharField()
    answer = serializers.CharField(help_text="Why it was refused.")
    asked_by = serializers.UUIDField()
    asked_by_name = serializers.CharField()
    asked_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(help_text="Unconfirmed by then, it lapses.")
    decided_by = serializers.UUIDField(allow_null=True)
    decided_by_name = serializers.CharField()
    decided_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True, help_text="When it is carried out.")
    until = serializers.DateTimeField(allow_null=True, help_text="When what it gave ends.")
    stopped_by = serializers.CharField(
        help_text="The code of what stood in the way; for whoever asked."
    )
    may_confirm = serializers.BooleanField()
    hindrance = serializers.CharField(help_text="Why the caller may not confirm it.")
    may_refuse = serializers.BooleanField()
    may_withdraw = serializers.BooleanField()


class ConfirmationFilter(serializers.Serializer):
    state = serializers.ChoiceField(choices=codes("confirmation_state"), required=False)


class RefuseIn(serializers.Serializer):
    reason = serializers.CharField(max_length=2000)


def waiting(row: Confirmation, *, viewer: UUID) -> Response:
    """202: somebody else has to confirm it."""
    (card,) = confirmation_cards.cards([row], viewer=viewer, now=clock.now())
    return Response(ConfirmationOut(card).data, status=status.HTTP_202_ACCEPTED)


class ConfirmationsView(APIView):
    """The caller's own requests, and those of the area that the caller administers or leads."""

    permission_classes = [Office]

    @extend_schema(
        operation_id="confirmation_list",
        parameters=[ConfirmationFilter, *PAGING],
        responses=paged(ConfirmationOut),
    )
    def get(self, request: Request) -> Response:
        given, viewer, now = (
            read(ConfirmationFilter, request.query_params),
            caller(request),
            clock.now(),
        )
        found = confirmation_cards.visible(viewer, now=now, **given)
        return page_of(
            request, found, ConfirmationOut,
            lambda rows: confirmation_cards.cards(rows, viewer=viewer, now=now),
        )  # fmt: skip


class ConfirmationView(APIView):
    permission_classes = [Office]

    @extend_schema(operation_id="confirmation_detail", responses=ConfirmationOut)
    def get(self, request: Request, confirmation: UUID) -> Response:
        return _card(request, confirmation)


class ConfirmView(APIView):
    """Agrees as the second person; it is carried out at once, or on the day it names."""

    permission_classes = [Office]

    @extend_schema(operation_id="confirmation_confirm", request=None, responses=ConfirmationOut)
    def post(self, request: Request, confirmation: UUID) -> Response:
        return _decide(request, confirmation, services.confirmation_confirm)


class RefuseView(APIView):
    permission_classes = [Office]

    @extend_schema(operation_id="confirmation_refuse", request=RefuseIn, responses=ConfirmationOut)
    def post(self, request: Request, confirmation: UUID) -> Response:
        given = read(RefuseIn, request.data)
        return _decide(request, confirmation, services.confirmation_refuse, **given)


class WithdrawView(APIView):
    """By whoever asked; and while it waits for its day, by whoever confirmed it."""

    permission_classes = [Office]

    @extend_schema(operation_id="confirmation_withdraw", request=None, responses=ConfirmationOut)
    def post(self, request: Request, confirmation: UUID) -> Response:
        return _decide(request, confirmation, services.confirmation_withdraw)


def _decide(
    request: Request, confirmation: UUID, service: Callable[..., Confirmation], **given: Any
) -> Response:
    service(confirmation=confirmation, actor=caller(request), now=clock.now(), **given)
    return _card(request, confirmation)


def _card(request: Request, confirmation: UUID) -> Response:
    card = confirmation_cards.one(confirmation, viewer=caller(request), now=clock.now())
    return Response(ConfirmationOut(card).data)
