from django.urls import URLPattern, URLResolver, include, path

from backend.accounts.permissions import Phone
from backend.common.admin import site
from backend.concerns.child_api import SignsView
from backend.dossier.api import DossiersView, OpenView
from backend.erasure.api import EraseView
from backend.health import views as health
from backend.tasks.people_api import PeopleBulkView
from sync.api import SyncView
from sync.uploads.api import FetchView, FileView, UploadsView, UploadView

from .schema import SchemaView

api: list[URLPattern | URLResolver] = [
    path("schema", SchemaView.as_view(), name="schema"),
    path("sync", SyncView.as_view(permission_classes=[Phone]), name="sync"),
    path("uploads/", UploadsView.as_view(permission_classes=[Phone]), name="uploads"),
    path("uploads/<uuid:upload>", UploadView.as_view(permission_classes=[Phone]), name="upload"),
    path("files/<uuid:file>/attachments", FileView.as_view(permission_classes=[Phone])),
    path(
        "files/<uuid:file>/attachments/<str:sha256>/<str:what>",
        FetchView.as_view(permission_classes=[Phone]),
    ),
    path("attachments/", include("backend.attachments.urls")),
    path("divisions/", include("backend.regions.urls")),
    path("forms/", include("fieldforms.urls")),
    path("escalations/", include("backend.concerns.urls")),
    path("cases/", include("backend.guardianship.urls")),
    path("rules/", include("backend.concerns.editions.urls")),
    path("quarantine/", include("backend.quarantine.urls")),
    path("duty/", include("backend.duty.urls")),
    path("conflicts/", include("backend.children.urls")),
    path("recovered/", include("backend.recovery.urls")),
    path("children/<uuid:child>/dossiers/", DossiersView.as_view()),
    path("dossiers/<uuid:dossier>/open", OpenView.as_view()),
    path("children/<uuid:child>/erase", EraseView.as_view()),
    path("children/", include("backend.concerns.child_urls")),
    path("visits/signs/", SignsView.as_view()),
    path("retention/", include("backend.retention.urls")),
    path("rights/", include("backend.rights.urls")),
    path("tasks/", include("backend.tasks.urls")),
    path("people/bulk", PeopleBulkView.as_view(), name="people-bulk"),
    path("roster/", include("backend.caseload.roster.urls")),
    path("", include("backend.caseload.urls")),
    path("", include("backend.notifications.urls")),
    path("", include("backend.referrals.urls")),
    path("", include("backend.accounts.urls")),
]

handler500 = "backend.config.unavailable.server_error"
urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.prometheus, name="metrics"),
    path("api/v1/", include(api)),
    path("admin/", site.urls),
    path("", include("backend.console.urls")),
]
