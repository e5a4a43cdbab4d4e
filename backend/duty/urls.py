"""Mounted at /api/v1/duty/."""

from django.urls import path

from . import api

urlpatterns = [
    path("", api.PlanView.as_view()),
    path("shifts/", api.ShiftsView.as_view()),
    path("shifts/<uuid:shift>/", api.ShiftView.as_view()),
    path("leaves/", api.LeavesView.as_view()),
    path("leaves/<uuid:leave>/", api.LeaveView.as_view()),
]
