"""Phones: enrolment by a one-time code, the list of them, revocation."""

import io
from uuid import UUID

import qrcode
import qrcode.image.svg
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.common import clock
from backend.common.api import PAGING, page_of, paged, read
from sync import config

from .. import client, devices, limits, queries, services
from ..models import DEVICE_ORDERS
from ..permissions import Administrator, areas, caller


class EnrolmentCodeIn(serializers.Serializer):
    people = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=20)


class EnrolmentCodeOut(serializers.Serializer):
    code = serializers.CharField()
    qr = serializers.CharField(help_text="The same code as an SVG picture.")


class EnrolmentCodeView(APIView):
    """A one-time code that enrols one phone for one or more people."""

    permission_classes = [Administrator]

    @extend_schema(
        operation_id="enrolment_code", request=EnrolmentCodeIn, responses={201: EnrolmentCodeOut}
    )
    def post(self, request: Request) -> Response:
        given = read(EnrolmentCodeIn, request.data)
        code = services.enrolment_code_create(
            people=given["people"], actor=caller(request), now=clock.now()
        )
        return Response(
            EnrolmentCodeOut({"code": code, "qr": _svg(code)}).data,
            status=status.HTTP_201_CREATED,
        )


class EnrolIn(serializers.Serializer):
    code = serializers.CharField(max_length=40)
    device = serializers.UUIDField()
    label = serializers.CharField(max_length=100, allow_blank=True, default="")  # type: ignore[assignment]
    app = serializers.CharField(max_length=100, allow_blank=True, default="")


class EnrolledPerson(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()


class EnrolOut(serializers.Serializer):
    token = serializers.CharField()
    device = serializers.UUIDField()
    people = EnrolledPerson(many=True)
    server_time = serializers.DateTimeField()
    config = serializers.DictField(
        help_text="As in a sync's answer: what is needed before the first."
    )


class EnrolView(APIView):
    """A phone shows its code and gets its token."""

    permission_classes = [AllowAny]
    authentication_classes: list[type] = []

    @extend_schema(operation_id="enrol", request=EnrolIn, responses={201: EnrolOut})
    def post(self, request: Request) -> Response:
        given = read(EnrolIn, request.data)
        now = clock.now()
        asking = limits.Place(client.address(request._request))
        with limits.tried("enrolment", "", asking, now=now):
            device, token = services.device_enrol(**given, now=now)
        names = queries.names(queries.people_of(device.id))
        people = [{"id": person, "name": name} for person, name in sorted(names.items())]
        card = {
            "token": token, "device": device.id, "people": people, "server_time": now,
            "config": config.first(),
        }  # fmt: skip
        return Response(EnrolOut(card).data, status=status.HTTP_201_CREATED)


class DeviceOrderOut(serializers.Serializer):
    id = serializers.UUIDField()
    do = serializers.ChoiceField(choices=DEVICE_ORDERS)
    reason = serializers.CharField()
    given_by = serializers.UUIDField(source="given_by_id")
    given_at = serializers.DateTimeField()
    done_at = serializers.DateTimeField(allow_null=True, help_text="When the phone confirmed it.")
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    status = serializers.ChoiceField(choices=["pending", "done", "withdrawn"])


class DeviceOut(serializers.Serializer):
    id = serializers.UUIDField()
    label = serializers.CharField()  # type: ignore[assignment]
    app = serializers.CharField()
    enrolled_at = serializers.DateTimeField()
    synced_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    revoked_reason = serializers.CharField()
    orders = DeviceOrderOut(many=True)
    people = EnrolledPerson(many=True)


class DeviceFilter(serializers.Serializer):
    person = serializers.UUIDField(required=False)
    revoked = serializers.BooleanField(required=False, allow_null=True, default=None)


class DeviceListView(APIView):
    """The phones of people who work in the caller's area, the newest first."""

    permission_classes = [Administrator]

    @extend_schema(
        operation_id="device_list", parameters=[DeviceFilter, *PAGING], responses=paged(DeviceOut)
    )
    def get(self, request: Request) -> Response:
        given = read(DeviceFilter, request.query_params)
        own = areas(request, "administrator")
        found = devices.devices_in(own, on=clock.today(), **given)
        return page_of(request, found, DeviceOut, devices.cards)


class DeviceView(APIView):
    permission_classes = [Administrator]

    @extend_schema(operation_id="device_detail", responses=DeviceOut)
    def get(self, request: Request, device: UUID) -> Response:
        own = areas(request, "administrator")
        found = devices.device_in(own, device, on=clock.today())
        return Response(DeviceOut(devices.cards([found])[0]).data)


class RevokeIn(serializers.Serializer):
    reason = serializers.CharField(max_length=500)


class DeviceRevokeView(APIView):
    permission_classes = [Administrator]

    @extend_schema(operation_id="device_revoke", request=RevokeIn, responses={204: None})
    def post(self, request: Request, device: UUID) -> Response:
        given = read(RevokeIn, request.data)
        services.device_revoke(
            device=device,
            reason=given["reason"],
            actor=caller(request),
            now=clock.now(),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class OrderIn(serializers.Serializer):
    do = serializers.ChoiceField(choices=DEVICE_ORDERS)
    reason = serializers.CharField(max_length=500)


class OrderMade(serializers.Serializer):
    id = serializers.UUIDField()


class DeviceOrdersView(APIView):
    """Tells a phone at its next contact to close its files, to allow opening them, or to destroy their key."""

    permission_classes = [Administrator]

    @extend_schema(operation_id="device_order", request=OrderIn, responses={201: OrderMade})
    def post(self, request: Request, device: UUID) -> Response:
        given = read(OrderIn, request.data)
        order = services.device_order(
            device=device, **given, actor=caller(request), now=clock.now()
        )
        return Response(OrderMade({"id": order}).data, status=status.HTTP_201_CREATED)


class DeviceOrderWithdrawView(APIView):
    permission_classes = [Administrator]

    @extend_schema(operation_id="device_order_withdraw", request=None, responses={204: None})
    def post(self, request: Request, device: UUID, device_order: UUID) -> Response:
        services.device_order_withdraw(
            device=device, order=device_order, actor=caller(request), now=clock.now()
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


def _svg(code: str) -> str:
    picture = io.BytesIO()
    qrcode.make(code, image_factory=qrcode.image.svg.SvgPathImage).save(picture)
    return picture.getvalue().decode()
