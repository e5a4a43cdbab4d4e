"""Divisions are public geography: whoever is let in at all may read all of them."""

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

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


@extend_schema_view(
    get=extend_schema(
        operation_id="division_list",
        parameters=[
            OpenApiParameter("parent", str, description="Code; without it, the provinces.")
        ],
    )
)
class DivisionList(ListAPIView[Division]):
    serializer_class = DivisionSerializer
    filter_backends = []
    queryset = Division.objects.none()

    def get_queryset(self) -> QuerySet[Division]:
        return queries.children_of(self.request.GET.get("parent", codes.COUNTRY))


class DivisionDetail(APIView):
    @extend_schema(operation_id="division_detail", responses=DivisionDetailSerializer)
    def get(self, request: Request, code: str) -> Response:
        codes.level(code)
        division = Division.objects.filter(pk=code).first()
        if division is None:
            raise NotFound(fields=("code",))
        return Response(DivisionDetailSerializer(division).data)
