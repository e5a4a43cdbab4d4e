"""Somebody's own messages and how they reach her; what could not be delivered, and webhooks."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.permissions import Administrator, Office, WithRole, caller
from backend.common import clock
from backend.common.api import PAGING, page_of, read
from backend.common.errors import NotFound
from backend.common.language import language

from . import queries, services
from . import serializers as shapes
from .models import Webhook


class NoticesView(APIView):
    """The caller's own messages, the newest first."""

    permission_classes = [Office]

    @extend_schema(
        operation_id="notices", parameters=[shapes.NoticesIn, *PAGING], responses=shapes.InboxOut
    )
    def get(self, request: Request) -> Response:
        given = read(shapes.NoticesIn, request.query_params)
        person = caller(request)
        rows = queries.inbox(person, unread=given["unread"])
        answer = page_of(
            request, rows, shapes.NoticeOut,
            lambda rows: queries.inbox_items(rows, language=language()),
        )  # fmt: skip
        answer.data["unread"] = queries.unread(person)
        return answer


class NoticeReadView(APIView):
    permission_classes = [Office]

    @extend_schema(operation_id="notice_read", request=None, responses={204: None})
    def post(self, request: Request, notice: UUID) -> Response:
        if not services.notices_read(person=caller(request), notice=notice, now=clock.now()):
            raise NotFound(fields=("notice",))
        return Response(status=204)


class NoticesReadView(APIView):
    """All of them."""

    permission_classes = [Office]

    @extend_schema(operation_id="notices_read", request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        services.notices_read(person=caller(request), now=clock.now())
        return Response(status=204)


class ContactView(APIView):
    """Where and when the caller wants to be reached outside the system."""

    permission_classes = [Office]

    @extend_schema(operation_id="my_contact", responses=shapes.ContactOut)
    def get(self, request: Request) -> Response:
        return self._shown(request)

    @extend_schema(
        operation_id="my_contact_save", request=shapes.ContactIn, responses=shapes.ContactOut
    )
    def put(self, request: Request) -> Response:
        given = read(shapes.ContactIn, request.data)
        services.contact_save(person=caller(request), now=clock.now(), **given)
        return self._shown(request)

    def _shown(self, request: Request) -> Response:
        found = queries.contact(caller(request), now=clock.now())
        return Response(shapes.ContactOut(found).data)


class Keeper(WithRole):
    """Administrators; county leads see the sealed ones and nothing else."""

    roles = queries.ROLES


class DeliveriesView(APIView):
    """What could not be delivered, or with `state` what was and what waits."""

    permission_classes = [Keeper]

    @extend_schema(
        operation_id="deliveries", parameters=[shapes.DeliveriesIn, *PAGING],
        responses=shapes.DELIVERIES,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        given = read(shapes.DeliveriesIn, request.query_params)
        filters = queries.Filters(**given)
        rows = queries.deliveries(caller(request), filters, now=clock.now())
        return page_of(
            request,
            rows,
            shapes.DeliveryOut,
            lambda rows: queries.dead_letters(rows, language=language()),
        )


class DeliveryStatusView(APIView):
    permission_classes = [Keeper]

    @extend_schema(operation_id="delivery_status", responses=shapes.StatusOut(many=True))
    def get(self, request: Request) -> Response:
        found = queries.delivery_status(caller(request), now=clock.now())
        return Response(shapes.StatusOut(found, many=True).data)


class DeliveryResendView(APIView):
    """Tries it anew, under the key it had."""

    permission_classes = [Keeper]

    @extend_schema(operation_id="delivery_resend", request=None, responses={202: None})
    def post(self, request: Request, delivery: UUID) -> Response:
        services.deliveries_resend(
            deliveries=[delivery], actor=caller(request), now=clock.now()
        )  # fmt: skip
        return Response(status=202)


class WebhooksView(APIView):
    """The addresses of the counties' own systems."""

    permission_classes = [Administrator]

    @extend_schema(operation_id="webhooks", parameters=PAGING, responses=shapes.WEBHOOKS)
    def get(self, request: Request) -> Response:
        rows = queries.webhooks(caller(request), now=clock.now())
        return page_of(request, rows, shapes.WebhookOut)

    @extend_schema(
        operation_id="webhook_create", request=shapes.WebhookIn,
        responses={201: shapes.WebhookMadeOut},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        given = read(shapes.WebhookIn, request.data)
        hook, secret = services.webhook_create(actor=caller(request), now=clock.now(), **given)
        return Response(_made(hook, secret), status=201)


class WebhookView(APIView):
    """Changes one. A closed one hears nothing any more; what waits for it is dropped."""

    permission_classes = [Administrator]

    @extend_schema(
        operation_id="webhook_change", request=shapes.WebhookChangeIn,
        responses=shapes.WebhookMadeOut,
    )  # fmt: skip
    def patch(self, request: Request, webhook: UUID) -> Response:
        given = read(shapes.WebhookChangeIn, request.data)
        hook, secret = services.webhook_change(
            webhook=webhook, actor=caller(request), now=clock.now(), **given
        )
        return Response(_made(hook, secret))


def _made(hook: Webhook, secret: str | None) -> dict[str, object]:
    return {**shapes.WebhookOut(hook).data, "secret": secret}
