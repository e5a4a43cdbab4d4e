"""Mounted at /api/v1/divisions/."""

from django.urls import path

from .api import DivisionDetail, DivisionList

urlpatterns = [
    path("", DivisionList.as_view(), name="division-list"),
    path("<str:code>/", DivisionDetail.as_view(), name="division-detail"),
]
