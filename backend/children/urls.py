"""Mounted at /api/v1/conflicts/."""

from django.urls import path

from . import api

urlpatterns = [
    path("", api.ConflictsView.as_view()),
    path("<str:type>/<uuid:id>/<str:register>/resolve", api.ResolveView.as_view()),
]
