"""Mounted at /api/v1/children/."""

from django.urls import path

from . import api

urlpatterns = [
    path("<uuid:child>/", api.ChildView.as_view()),
    path("<uuid:child>/visits/", api.VisitsView.as_view()),
]
