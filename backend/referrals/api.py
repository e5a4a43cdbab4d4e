"""Referrals for the office, and what an organisation sees of those that went to it."""

from dataclasses import asdict
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.permissions import WithRole, caller
from backend.common import clock
from backend.common.api import PAGING, page_of, paged, read

from . import partner, queries, scope, services
from . import serializers as shapes


class Worker(WithRole):
    """Somebody who refers children, wherever; the queries know where."""

    roles = frozenset(scope.WORKERS)


class Partner(WithRole):
    roles = frozenset({scope.PARTNER})


class ReferralsView(APIView):
    permission_classes = [Worker]

    @extend_schema(
        operation_id="referrals", parameters=[shapes.FiltersIn, *PAGING],
        responses=paged(shapes.ReferralOut),
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        given = read(shapes.FiltersIn, request.query_params)
        filters = given | {"status": tuple(sorted(given.get("status", ())))}
        viewer, now = caller(request), clock.now()
        found = queries.listed(viewer=viewer, filters=queries.Filters(**filters), now=now)
        return page_of(
            request,
            found,
            shapes.ReferralOut,
            lambda rows: queries.items(rows, viewer=viewer, now=now),
        )

    @extend_schema(
        operation_id="referral_draft", request=shapes.DraftIn, responses={201: shapes.RevisionOut}
    )
    def post(self, request: Request) -> Response:
        data = read(shapes.DraftIn, request.data)
        row = services.referral_draft(actor=caller(request), now=clock.now(), **data)
        return Response(shapes.RevisionOut(row).data, status=201)


class CountsView(APIView):
    permission_classes = [Worker]

    @extend_schema(operation_id="referral_counts", responses=shapes.CountsOut)
    def get(self, request: Request) -> Response:
        found = queries.counts(viewer=caller(request), now=clock.now())
        return Response(shapes.CountsOut(found).data)


def _detail(request: Request, referral: UUID, reason: str = "") -> Response:
    item, opened = queries.detail(
        viewer=caller(request), referral=referral, now=clock.now(), reason=reason
    )
    return Response(shapes.ReferralFullOut(asdict(item) | asdict(opened)).data)


class ReferralView(APIView):
    """A referral with everything on record. A sealed one has to be opened with a reason."""

    permission_classes = [Worker]

    @extend_schema(operation_id="referral", responses=shapes.ReferralFullOut)
    def get(self, request: Request, referral: UUID) -> Response:
        return _detail(request, referral)


class UnsealView(APIView):
    permission_classes = [Worker]

    @extend_schema(
        operation_id="referral_unseal", request=shapes.ReasonIn, responses=shapes.ReferralFullOut
    )
    def post(self, request: Request, referral: UUID) -> Response:
        return _detail(request, referral, **read(shapes.ReasonIn, request.data))


class PreviewView(APIView):
    """Exactly what the organisation would be given, before anything is sent."""

    permission_classes = [Worker]

    @extend_schema(
        operation_id="referral_preview", request=shapes.FieldsIn, responses=shapes.PreviewOut
    )
    def post(self, request: Request, referral: UUID) -> Response:
        data = read(shapes.FieldsIn, request.data)
        shown, digest = queries.preview(
            viewer=caller(request), referral=referral, now=clock.now(), **data
        )
        return Response(shapes.PreviewOut({"shown": shown, "digest": digest}).data)


class SendView(APIView):
    permission_classes = [Worker]

    @extend_schema(
        operation_id="referral_send", request=shapes.SendIn, responses=shapes.RevisionOut
    )
    def post(self, request: Request, referral: UUID) -> Response:
        data = read(shapes.SendIn, request.data)
        row = services.referral_send(
            referral=referral, actor=caller(request), now=clock.now(), **data
        )
        return Response(shapes.RevisionOut(row).data)


class StepView(APIView):
    """Accept (`note`), refuse (`reason`), done (`outcome`, `report`), withdraw (`reason`), extend
    (`due_on`, `reason`), tell (`words`).
    """

    permission_classes = [Worker]

    @extend_schema(
        operation_id="referral_step", request=shapes.StepIn, responses=shapes.RevisionOut
    )
    def post(self, request: Request, referral: UUID) -> Response:
        data = read(shapes.StepIn, request.data)
        row = services.referral_step(
            referral=referral, actor=caller(request), now=clock.now(), **data
        )
        return Response(shapes.RevisionOut(row).data)


class PartnerListView(APIView):
    """What was referred to the caller's organisation: no child is named in the list."""

    permission_classes = [Partner]

    @extend_schema(
        operation_id="partner_referrals",
        parameters=[OpenApiParameter("ended", bool, description="Ended ones too."), *PAGING],
        responses=paged(shapes.PartnerItemOut),
    )
    def get(self, request: Request) -> Response:
        viewer, now = caller(request), clock.now()
        ended = request.query_params.get("ended") in ("true", "1")
        found = partner.listed(viewer=viewer, now=now, ended=ended)
        return page_of(
            request,
            found,
            shapes.PartnerItemOut,
            lambda rows: partner.items(rows, viewer=viewer, now=now),
        )


class PartnerView(APIView):
    permission_classes = [Partner]

    @extend_schema(operation_id="partner_referral", responses=shapes.PartnerReferralOut)
    def get(self, request: Request, referral: UUID) -> Response:
        item, opened = partner.detail(viewer=caller(request), referral=referral, now=clock.now())
        return Response(shapes.PartnerReferralOut(asdict(item) | asdict(opened)).data)


class PartnerStepView(APIView):
    """Accept (`note`), refuse (`reason`), done (`outcome`, `report`)."""

    permission_classes = [Partner]

    @extend_schema(
        operation_id="partner_step", request=shapes.AnswerIn, responses=shapes.RevisionOut
    )
    def post(self, request: Request, referral: UUID) -> Response:
        data = read(shapes.AnswerIn, request.data)
        row = services.referral_answer(
            referral=referral, actor=caller(request), now=clock.now(), **data
        )
        return Response(shapes.RevisionOut(row).data)
