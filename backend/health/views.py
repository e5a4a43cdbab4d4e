"""What a load balancer and an operator's monitoring ask. See `decisions/0001-ready-and-watched.md`."""

import asyncio
import secrets
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView
from health_check.base import HealthCheckResult
from health_check.exceptions import ServiceWarning
from prometheus_client import CONTENT_TYPE_LATEST

from . import metrics
from .checks import CHECKS


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answers while the process does, whatever else is down: who restarts it would not mend the rest."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 while people can work here, else 503. Each check by name for whoever has the operator's token."""
    results = async_to_sync(_results)()
    ready = all(not result.error or _is_warning(result) for result in results.values())
    answer: dict[str, Any] = {"ready": ready}
    if _is_operator(request):
        answer["checks"] = {name: _said(result) for name, result in results.items()}
    return JsonResponse(answer, status=200 if ready else 503)


@require_safe
def prometheus(request: HttpRequest) -> HttpResponse:
    """For whoever has the operator's token; for others there is no such page."""
    if not _is_operator(request):
        raise Http404
    own = ExportToDjangoView(request).content
    return HttpResponse(own + metrics.page(), content_type=CONTENT_TYPE_LATEST)


async def _results() -> dict[str, HealthCheckResult]:
    found = await asyncio.gather(*(check().get_result() for check in CHECKS.values()))
    return dict(zip(CHECKS, found, strict=True))


def _is_warning(result: HealthCheckResult) -> bool:
    return isinstance(result.error, ServiceWarning)


def _said(result: HealthCheckResult) -> dict[str, str]:
    if result.error is None:
        return {"state": "ok"}
    state = "warning" if _is_warning(result) else "unavailable"
    return {"state": state, "message": result.error.message}


def _is_operator(request: HttpRequest) -> bool:
    token: str = settings.HUXING_OPERATOR_TOKEN
    given = request.headers.get("Authorization", "")
    return bool(token) and secrets.compare_digest(given.encode(), f"Bearer {token}".encode())
