"""The service directory: read by everybody in the area it serves, kept by administrators."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts import queries as accounts
from backend.accounts.permissions import Administrator, Office, WithRole, caller
from backend.common import clock

from . import directory, queries, services
from . import serializers as shapes
from .api import read


class Reader(WithRole):
    """Everybody but partner accounts, whose view is what was referred to them."""

    roles = frozenset({*queries.WORKERS, "village_supervisor", "administrator", "viewer"})


class DirectoryView(APIView):
    def get_permissions(self) -> list[Any]:
        keepers = self.request.method not in ("GET", "HEAD", "OPTIONS")
        return [Administrator()] if keepers else [Office(), Reader()]

    @extend_schema(operation_id="directory", responses=shapes.DirectoryOut)
    def get(self, request: Request) -> Response:
        prefixes = accounts.prefixes(caller(request), on=clock.today())
        found = {
            "hotlines": directory.hotlines(),
            "organisations": directory.around({p[:6] for p in prefixes}),
            "lacking": directory.lacking(caller(request), now=clock.now()),
        }
        return Response(shapes.DirectoryOut(found).data)

    @extend_schema(
        operation_id="organisation_create", request=shapes.OrganisationIn,
        responses={201: shapes.OrganisationOut},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        data = read(shapes.OrganisationIn, request.data)
        row = services.organisation_create(actor=caller(request), now=clock.now(), **data)
        return Response(shapes.OrganisationOut(row).data, status=201)


class OrganisationView(APIView):
    permission_classes = [Administrator]

    @extend_schema(
        operation_id="organisation_change", request=shapes.OrganisationChangeIn,
        responses=shapes.OrganisationOut,
    )  # fmt: skip
    def post(self, request: Request, organisation: UUID) -> Response:
        data = read(shapes.OrganisationChangeIn, request.data)
        row = services.organisation_change(
            organisation=organisation, actor=caller(request), now=clock.now(), **data
        )
        return Response(shapes.OrganisationOut(row).data)


class PeopleView(APIView):
    """Whose accounts see what is referred to the organisation: exactly those named."""

    permission_classes = [Administrator]

    @extend_schema(
        operation_id="organisation_people", request=shapes.PeopleIn, responses=shapes.PeopleIn
    )
    def put(self, request: Request, organisation: UUID) -> Response:
        data = read(shapes.PeopleIn, request.data)
        people = services.organisation_people(
            organisation=organisation, actor=caller(request), now=clock.now(), **data
        )
        return Response(shapes.PeopleIn({"people": people}).data)
