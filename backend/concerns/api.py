"""The escalation queue and its steps, for those who work it."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts import queries as accounts
from backend.accounts.permissions import Office, caller
from backend.common import clock
from backend.common.api import PAGING, page_of, read

from . import queries, scope, services
from . import serializers as shapes
from .models import Escalation


class Worker(Office):
    """Somebody with a role that works escalations, wherever; the queries know where."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return super().has_permission(request, view) and not accounts.roles_of(
            caller(request), on=clock.today()
        ).isdisjoint(scope.WORKERS)


class QueueView(APIView):
    permission_classes = [Worker]

    @extend_schema(
        operation_id="escalations",
        parameters=[shapes.FiltersIn, *PAGING],
        responses=shapes.PageOut,
    )
    def get(self, request: Request) -> Response:
        given = read(shapes.FiltersIn, request.query_params)
        viewer, now = caller(request), clock.now()
        found = queries.queue(viewer=viewer, filters=queries.Filters(**given), now=now)
        return page_of(
            request, found, shapes.ItemOut, lambda rows: queries.items(rows, viewer=viewer, now=now)
        )


class CountsView(APIView):
    permission_classes = [Worker]

    @extend_schema(operation_id="escalation_counts", responses=shapes.CountsOut)
    def get(self, request: Request) -> Response:
        found = queries.counts(viewer=caller(request), now=clock.now())
        return Response(shapes.CountsOut(found).data)


def _detail(request: Request, escalation: UUID, reason: str = "") -> Response:
    item, evidence = queries.detail(
        viewer=caller(request), escalation=escalation, now=clock.now(), reason=reason
    )
    return Response(shapes.EscalationOut(asdict(item) | asdict(evidence)).data)


class EscalationView(APIView):
    """An escalation with its evidence. A sealed one has to be opened with a reason."""

    permission_classes = [Worker]

    @extend_schema(operation_id="escalation", responses=shapes.EscalationOut)
    def get(self, request: Request, escalation: UUID) -> Response:
        return _detail(request, escalation)


class OpenView(APIView):
    permission_classes = [Worker]

    @extend_schema(
        operation_id="escalation_open", request=shapes.ReasonIn, responses=shapes.EscalationOut
    )
    def post(self, request: Request, escalation: UUID) -> Response:
        given = read(shapes.ReasonIn, request.data)
        return _detail(request, escalation, **given)


def _step(
    request: Request, shape: type[shapes.RevisionIn], service: Callable[..., Escalation], id_: UUID
) -> Response:
    given = read(shape, request.data)
    row = service(escalation=id_, actor=caller(request), now=clock.now(), **given)
    return Response(shapes.RevisionOut(row).data)


class AcknowledgeView(APIView):
    permission_classes = [Worker]

    @extend_schema(
        operation_id="escalation_acknowledge",
        request=shapes.RevisionIn,
        responses=shapes.RevisionOut,
    )
    def post(self, request: Request, escalation: UUID) -> Response:
        return _step(request, shapes.RevisionIn, services.escalation_acknowledge, escalation)


class AssignView(APIView):
    permission_classes = [Worker]

    @extend_schema(
        operation_id="escalation_assign", request=shapes.AssignIn, responses=shapes.RevisionOut
    )
    def post(self, request: Request, escalation: UUID) -> Response:
        return _step(request, shapes.AssignIn, services.escalation_assign, escalation)


class StartView(APIView):
    permission_classes = [Worker]

    @extend_schema(
        operation_id="escalation_start", request=shapes.RevisionIn, responses=shapes.RevisionOut
    )
    def post(self, request: Request, escalation: UUID) -> Response:
        return _step(request, shapes.RevisionIn, services.escalation_start, escalation)


class ResumeView(APIView):
    """What joined it goes on in the case or the referral where the rest is."""

    permission_classes = [Worker]

    @extend_schema(
        operation_id="escalation_resume", request=shapes.ResumeIn, responses=shapes.RevisionOut
    )
    def post(self, request: Request, escalation: UUID) -> Response:
        return _step(request, shapes.ResumeIn, services.escalation_resume, escalation)


class ResolveView(APIView):
    permission_classes = [Worker]

    @extend_schema(
        operation_id="escalation_resolve", request=shapes.ResolveIn, responses=shapes.RevisionOut
    )
    def post(self, request: Request, escalation: UUID) -> Response:
        return _step(request, shapes.ResolveIn, services.escalation_resolve, escalation)


class UnfoundedView(APIView):
    permission_classes = [Worker]

    @extend_schema(
        operation_id="escalation_unfounded",
        request=shapes.UnfoundedIn,
        responses=shapes.RevisionOut,
    )
    def post(self, request: Request, escalation: UUID) -> Response:
        return _step(request, shapes.UnfoundedIn, services.escalation_mark_unfounded, escalation)


class ReportedView(APIView):
    """Records that the police have been told."""

    permission_classes = [Worker]

    @extend_schema(
        operation_id="escalation_reported",
        request=shapes.ReportedIn,
        responses=shapes.RevisionOut,
    )
    def post(self, request: Request, escalation: UUID) -> Response:
        return _step(request, shapes.ReportedIn, services.escalation_report, escalation)


class KeepOutView(APIView):
    """Keeps people who are concerned out of it."""

    permission_classes = [Worker]

    @extend_schema(
        operation_id="escalation_keep_out",
        request=shapes.KeepOutIn,
        responses=shapes.RevisionOut,
    )
    def post(self, request: Request, escalation: UUID) -> Response:
        return _step(request, shapes.KeepOutIn, services.escalation_keep_out, escalation)


class ConcernsView(APIView):
    """Ends the concerns that are named, and no other."""

    permission_classes = [Worker]

    @extend_schema(
        operation_id="concerns_resolve",
        request=shapes.ConcernsIn,
        responses=shapes.ConcernsOut,
    )
    def post(self, request: Request, escalation: UUID) -> Response:
        given = read(shapes.ConcernsIn, request.data)
        still_open = services.concerns_resolve(
            escalation=escalation, actor=caller(request), now=clock.now(), **given
        )
        return Response(shapes.ConcernsOut({"concerns": still_open}).data)
