"""Files that a township supervisor has on her own phone for a while, by name."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.permissions import caller
from backend.common import clock
from backend.common.api import PAGING, page_of, paged, read

from . import loan_cards, loans, scope
from .permissions import Reader


class TownshipSupervisor(Reader):
    """Logged in with a password: a phone that was found does not fetch itself more files."""

    roles = scope.TOWNSHIP


class LoanIn(serializers.Serializer):
    child = serializers.UUIDField()
    reason = serializers.CharField(
        max_length=2000, allow_blank=True, help_text="It stands in the audit log."
    )


class LoanOut(serializers.Serializer):
    """The values of `loan_cards.Card`."""

    id = serializers.UUIDField()
    child = serializers.UUIDField()
    name = serializers.CharField()
    place = serializers.CharField()
    borrowed_at = serializers.DateTimeField()
    until = serializers.DateTimeField()


class LoansView(APIView):
    """The caller's own, the next to end first."""

    permission_classes = [TownshipSupervisor]

    @extend_schema(operation_id="file_loans", parameters=PAGING, responses=paged(LoanOut))
    def get(self, request: Request) -> Response:
        viewer, now = caller(request), clock.now()
        return page_of(
            request, loans.listed(viewer=viewer, now=now), LoanOut,
            lambda rows: loan_cards.cards(rows, viewer=viewer, now=now),
        )  # fmt: skip

    @extend_schema(operation_id="file_borrow", request=LoanIn, responses={201: LoanOut})
    def post(self, request: Request) -> Response:
        given = read(LoanIn, request.data)
        actor, now = caller(request), clock.now()
        loan = loans.file_borrow(actor=actor, now=now, **given)
        (card,) = loan_cards.cards([loan], viewer=actor, now=now)
        return Response(LoanOut(card).data, status=status.HTTP_201_CREATED)


class LoanView(APIView):
    """Given back before its time."""

    permission_classes = [TownshipSupervisor]

    @extend_schema(operation_id="file_return", responses={204: None})
    def delete(self, request: Request, loan: UUID) -> Response:
        loans.file_return(loan=loan, actor=caller(request), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
