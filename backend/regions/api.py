"""Divisions are public geography: whoever is let in at all may read all of them."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.common.api import PAGING, page_of, paged
from backend.common.errors import NotFound

from . import codes, queries
from .models import Division


class DivisionSerializer(serializers.ModelSerializer[Division]):
    class Meta:
        model = Division
        fields = [
            "code",
            "name",
            "level",
            "parent",
            "pinyin",
            "valid_from",
            "valid_to",
            "successor",
        ]


class DivisionDetailSerializer(DivisionSerializer):
    path = serializers.SerializerMethodField()

    class Meta(DivisionSerializer.Meta):
        fields = [*DivisionSerializer.Meta.fields, "path"]

    def get_path(self, division: Division) -> list[str]:
        return queries.path(division.code)


class DivisionList(APIView):
    @extend_schema(
        operation_id="division_list",
        parameters=[
            OpenApiParameter("parent", str, description="Code; without it, the provinces."),
            *PAGING,
        ],
        responses=paged(DivisionSerializer),
    )
    def get(self, request: Request) -> Response:
        found = queries.children_of(request.query_params.get("parent", codes.COUNTRY))
        return page_of(request, found, DivisionSerializer)


class DivisionDetail(APIView):
    @extend_schema(operation_id="division_detail", responses=DivisionDetailSerializer)
    def get(self, request: Request, code: str) -> Response:
        codes.level(code)
        division = Division.objects.filter(pk=code).first()
        if division is None:
            raise NotFound(fields=("code",))
        return Response(DivisionDetailSerializer(division).data)
