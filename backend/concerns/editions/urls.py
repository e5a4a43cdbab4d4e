"""Mounted at /api/v1/rules/."""

from django.urls import path

from . import api

urlpatterns = [
    path("editions/", api.EditionsView.as_view()),
    path("editions/<uuid:edition>/", api.EditionView.as_view()),
    path("editions/<uuid:edition>/approve", api.ApproveView.as_view()),
    path("editions/<uuid:edition>/publish", api.PublishView.as_view()),
    path("editions/<uuid:edition>/retire", api.RetireView.as_view()),
    path("editions/<uuid:edition>/rehearsals/", api.RehearsalsView.as_view()),
    path("rehearsals/<uuid:rehearsal>/", api.RehearsalView.as_view()),
    path("differences/", api.DifferencesView.as_view()),
    path("content/<str:sha256>/", api.ContentView.as_view()),
]
