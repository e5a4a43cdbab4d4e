"""Mounted at /api/v1/recovered/."""

from django.urls import path

from . import api

urlpatterns = [
    path("", api.RecoveredView.as_view()),
    path("<uuid:recovered>/settle", api.SettleView.as_view()),
]
