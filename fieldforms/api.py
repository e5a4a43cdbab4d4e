"""Published forms for phones and the office. Who may call is the project's default permission."""

import hashlib
from typing import Any

from django.utils.http import parse_etags, quote_etag
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from . import queries


class FormCardOut(serializers.Serializer):
    form = serializers.CharField()
    version = serializers.CharField()
    sha256 = serializers.CharField()
    published_at = serializers.DateTimeField()
    retired_at = serializers.DateTimeField(allow_null=True)


class FormOut(FormCardOut):
    xform = serializers.CharField(help_text="XForm XML, as compiled by pyxform.")
    manifest = serializers.JSONField(
        help_text="Every question with type, list, codes, condition and whether it is sealed."
    )


class FormFilter(serializers.Serializer):
    retired = serializers.BooleanField(default=False, help_text="Retired versions too.")


class FormListView(APIView):
    @extend_schema(
        operation_id="form_list", parameters=[FormFilter], responses=FormCardOut(many=True)
    )
    def get(self, request: Request) -> Response:
        given = FormFilter(data=request.query_params)
        given.is_valid(raise_exception=True)
        cards = FormCardOut(queries.cards(**given.validated_data), many=True).data
        return _unless_known(request, hashlib.sha256(repr(cards).encode()).hexdigest(), cards)


class FormView(APIView):
    """A version never changes, so its hash says whether a phone has it already."""

    @extend_schema(operation_id="form_detail", responses={200: FormOut, 304: None})
    def get(self, request: Request, form: str, version: str) -> Response:
        found = queries.version(form, version)
        # Retiring is the one thing that changes, and a phone has to hear of it.
        tag = f"{found.sha256}-{'retired' if found.retired_at else 'standing'}"
        return _unless_known(request, tag, FormOut(found).data)


def _unless_known(request: Request, tag: str, body: Any) -> Response:
    etag = quote_etag(tag)
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        return Response(status=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(body, headers=headers)
