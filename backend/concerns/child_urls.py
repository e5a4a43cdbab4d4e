"""Mounted at /api/v1/children/."""

from django.urls import path

from . import child_api

urlpatterns = [
    path("<uuid:child>/", child_api.ChildView.as_view()),
    path("<uuid:child>/visits/", child_api.VisitsView.as_view()),
]
