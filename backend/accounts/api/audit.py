"""The audit log for auditors. It stands here because who an auditor is, and where, is known here."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.audit import queries as audit
from backend.audit import services as auditing
from backend.common import clock
from backend.common.api import read

from .. import queries
from ..permissions import Auditor, areas, caller

PAGE = 100
NOBODY = UUID(int=0)


class AuditFilter(serializers.Serializer):
    county = serializers.CharField(
        required=False, max_length=12, help_text="A code or its beginning."
    )
    actor = serializers.UUIDField(required=False)
    subject = serializers.UUIDField(required=False)
    subject_type = serializers.CharField(required=False)
    device = serializers.UUIDField(required=False)
    action = serializers.CharField(required=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False, help_text="Not included.")
    before = serializers.IntegerField(
        required=False, min_value=1, help_text="The `next` of the page before."
    )


class AuditLineOut(serializers.Serializer):
    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    actor = serializers.UUIDField(allow_null=True)
    actor_name = serializers.CharField(help_text="Empty for the system itself.")
    action = serializers.CharField()
    subject = serializers.UUIDField()
    subject_type = serializers.CharField()
    device = serializers.UUIDField(allow_null=True)
    county = serializers.CharField()
    detail = serializers.JSONField()


class AuditPage(serializers.Serializer):
    results = AuditLineOut(many=True)
    next = serializers.IntegerField(allow_null=True)


class AuditView(APIView):
    """Newest first, a hundred lines a page; the log of who read the log is kept too."""

    permission_classes = [Auditor]

    @extend_schema(operation_id="audit_list", parameters=[AuditFilter], responses=AuditPage)
    def get(self, request: Request) -> Response:
        where = read(AuditFilter, request.query_params)
        own, before = areas(request, "auditor"), where.pop("before", None)
        found = audit.entries(areas=own, where=where, before=before)[: PAGE + 1]
        lines = list(found.values())
        auditing.record(
            actor=caller(request), action="audit.read", subject=caller(request), now=clock.now(),
            subject_type="person", county=own[0][:6], detail=request.query_params.dict(),
        )  # fmt: skip
        names = queries.names({line["actor"] for line in lines if line["actor"]})
        page = [
            {**line, "actor_name": names.get(line["actor"] or NOBODY, "")} for line in lines[:PAGE]
        ]
        following = page[-1]["id"] if len(lines) > PAGE else None
        return Response(AuditPage({"results": page, "next": following}).data)
