"""Cases, their steps and what they are decided on, for the county."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.permissions import WithRole, caller
from backend.common import clock
from backend.common.api import PAGING, page_of, read

from . import flow_card, queries, scope, services
from . import serializers as shapes


class County(WithRole):
    """Somebody who works on cases, wherever; the queries know where."""

    roles = frozenset(scope.COUNTY)


def _done(
    request: Request, shape: type[Any], service: Callable[..., Any], answer: type[Any],
    status: int = 200, **subject: UUID,
) -> Response:  # fmt: skip
    data = read(shape, request.data)
    row = service(actor=caller(request), now=clock.now(), **subject, **data)
    return Response(answer(row).data, status=status)


class CasesView(APIView):
    permission_classes = [County]

    @extend_schema(
        operation_id="cases",
        parameters=[shapes.FiltersIn, *PAGING],
        responses=shapes.PageOut,
    )
    def get(self, request: Request) -> Response:
        given = read(shapes.FiltersIn, request.query_params)
        viewer, now = caller(request), clock.now()
        found = queries.listed(viewer=viewer, filters=queries.Filters(**given), now=now)
        return page_of(
            request, found, shapes.ItemOut, lambda rows: queries.items(rows, viewer=viewer, now=now)
        )

    @extend_schema(
        operation_id="case_open", request=shapes.OpenIn, responses={201: shapes.RevisionOut}
    )
    def post(self, request: Request) -> Response:
        return _done(request, shapes.OpenIn, services.case_open, shapes.RevisionOut, 201)


class FlowView(APIView):
    """What the steps are, what each needs and what it rests on: the same for everybody."""

    permission_classes = [County]

    @extend_schema(operation_id="case_flow", responses=shapes.FlowOut)
    def get(self, request: Request) -> Response:
        return Response(shapes.FlowOut(flow_card.card()).data)


def _detail(request: Request, case: UUID, reason: str = "") -> Response:
    item, detail = queries.detail(viewer=caller(request), case=case, now=clock.now(), reason=reason)
    return Response(shapes.CaseOut(asdict(item) | asdict(detail)).data)


class CaseView(APIView):
    """A case with everything on record. A sealed one has to be opened with a reason."""

    permission_classes = [County]

    @extend_schema(operation_id="case", responses=shapes.CaseOut)
    def get(self, request: Request, case: UUID) -> Response:
        return _detail(request, case)


class UnsealView(APIView):
    permission_classes = [County]

    @extend_schema(operation_id="case_unseal", request=shapes.ReasonIn, responses=shapes.CaseOut)
    def post(self, request: Request, case: UUID) -> Response:
        return _detail(request, case, **read(shapes.ReasonIn, request.data))


class StepView(APIView):
    """Takes a step, or puts it before a lead."""

    permission_classes = [County]

    @extend_schema(operation_id="case_step", request=shapes.StepIn, responses=shapes.RevisionOut)
    def post(self, request: Request, case: UUID) -> Response:
        return _done(request, shapes.StepIn, services.case_step, shapes.RevisionOut, case=case)


class ApproveView(APIView):
    permission_classes = [County]

    @extend_schema(
        operation_id="case_approve", request=shapes.ApproveIn, responses=shapes.RevisionOut
    )
    def post(self, request: Request, case: UUID) -> Response:
        return _done(
            request, shapes.ApproveIn, services.case_approve, shapes.RevisionOut, case=case
        )


class DeclineView(APIView):
    permission_classes = [County]

    @extend_schema(
        operation_id="case_decline", request=shapes.DeclineIn, responses=shapes.RevisionOut
    )
    def post(self, request: Request, case: UUID) -> Response:
        return _done(
            request, shapes.DeclineIn, services.case_decline, shapes.RevisionOut, case=case
        )


class AssessmentsView(APIView):
    """A form as it was answered; what is missing in it is told and stops nothing."""

    permission_classes = [County]

    @extend_schema(
        operation_id="case_assess", request=shapes.AssessIn, responses={201: shapes.RecordedOut}
    )
    def post(self, request: Request, case: UUID) -> Response:
        return _done(
            request, shapes.AssessIn, services.assessment_record, shapes.RecordedOut, 201, case=case
        )


class WarningsView(APIView):
    permission_classes = [County]

    @extend_schema(
        operation_id="case_warn", request=shapes.WarnIn, responses={201: shapes.RecordedOut}
    )
    def post(self, request: Request, case: UUID) -> Response:
        data = read(shapes.WarnIn, request.data)
        row = services.warning_give(case=case, given=data, actor=caller(request), now=clock.now())
        return Response(shapes.RecordedOut(row).data, status=201)


class OrdersView(APIView):
    """Applies for a protection order, beside whatever state the case is in."""

    permission_classes = [County]

    @extend_schema(
        operation_id="protection_order_apply", request=shapes.ApplyIn,
        responses={201: shapes.OrderRevisionOut},
    )  # fmt: skip
    def post(self, request: Request, case: UUID) -> Response:
        return _done(
            request, shapes.ApplyIn, services.protection_order_apply, shapes.OrderRevisionOut, 201,
            case=case,
        )  # fmt: skip


class OrderStepView(APIView):
    permission_classes = [County]

    @extend_schema(
        operation_id="protection_order_step", request=shapes.OrderStepIn,
        responses=shapes.OrderRevisionOut,
    )  # fmt: skip
    def post(self, request: Request, protection_order: UUID) -> Response:
        return _done(
            request, shapes.OrderStepIn, services.protection_order_step, shapes.OrderRevisionOut,
            order=protection_order,
        )  # fmt: skip
