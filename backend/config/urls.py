from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

from backend.accounts.permissions import Phone
from sync.api import SyncView


def healthz(request: HttpRequest) -> HttpResponse:
    """Answers once the database does; says nothing else to anybody."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")


api: list[URLPattern | URLResolver] = [
    path("schema", SpectacularAPIView.as_view(), name="schema"),
    path("sync", SyncView.as_view(permission_classes=[Phone]), name="sync"),
    path("divisions/", include("backend.regions.urls")),
    path("", include("backend.accounts.urls")),
]

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("api/v1/", include(api)),
]
