"""The toy server over HTTP: the real endpoint behind the smallest possible log-in and enrolment."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import path
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sync import config, ports
from sync.api import SyncView
from sync.uploads.api import FetchView, FileView, UploadsView, UploadView

SHARD = "522630"

people: dict[UUID, UUID] = {}
revoked: set[UUID] = set()
orders: dict[UUID, list[ports.Order]] = {}
LEASE_DAYS = 14


@dataclass(frozen=True)
class Granted:
    """Enough of a phone for `World.grant`."""

    device: UUID


class Known:
    """Whoever has a device's token."""

    is_authenticated = True


class DeviceToken(BaseAuthentication):
    """`Token <device id>`: the toy's tokens are no secret."""

    def authenticate(self, request: Request) -> tuple[Any, Any]:
        token = request.headers.get("Authorization", "").removeprefix("Token ")
        try:
            device = UUID(token)
        except ValueError:
            raise AuthenticationFailed from None
        if device not in people:
            raise AuthenticationFailed
        return Known(), device

    def authenticate_header(self, request: Request) -> str:
        return "Token"


class EnrolView(APIView):
    """The code is the person's id."""

    authentication_classes: list[type] = []
    permission_classes: list[type] = []

    def post(self, request: Request) -> Response:
        device, person = UUID(request.data["device"]), UUID(request.data["code"])
        people[device] = person
        card = {
            "token": str(device),
            "device": str(device),
            "people": [{"id": str(person), "name": "toy"}],
            "server_time": dt.datetime.now(dt.UTC),
            "config": config.first(),
        }
        return Response(card, status=201)


def sender_of(request: Request) -> ports.Sender:
    device: Any = request.auth
    return ports.Sender(
        device, frozenset([people[device]]), SHARD, device in revoked, "scope",
        tuple(orders.get(device, ())),
    )  # fmt: skip


def config_of(sender: ports.Sender) -> dict[str, Any]:
    """An office's number, which every holder of the phone may see, and somebody's own, which not."""
    return {
        "lease": {"days": LEASE_DAYS},
        "offices": {"workshop": [{"name": "Box workshop", "phone": "0855-0000001"}]},
        "people": ports.Personal({"workshop": [{"name": "Wu", "phone": "19000000001"}]}),
    }


def _view(view: type[APIView]) -> Any:
    return view.as_view(authentication_classes=[DeviceToken], permission_classes=[IsAuthenticated])


urlpatterns = [
    path("api/v1/enrol", EnrolView.as_view()),
    path("api/v1/sync", _view(SyncView)),
    path("api/v1/uploads/", _view(UploadsView), name="uploads"),
    path("api/v1/uploads/<uuid:upload>", _view(UploadView), name="upload"),
    path("api/v1/files/<uuid:file>/attachments", _view(FileView)),
    path("api/v1/files/<uuid:file>/attachments/<str:sha256>/<str:what>", _view(FetchView)),
]
