"""Mounted at /api/v1/roster/."""

from django.urls import path

from . import api

urlpatterns = [
    path("preview", api.RosterPreviewView.as_view()),
    path("import", api.RosterImportView.as_view()),
    path("imports", api.RosterImportsView.as_view()),
    path("imports/<uuid:pk>", api.RosterReportView.as_view()),
    path("imports/<uuid:pk>/left", api.RosterLeftView.as_view()),
]
