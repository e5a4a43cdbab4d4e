"""Mounted at /api/v1/forms/."""

from django.urls import path

from . import api

urlpatterns = [
    path("", api.FormListView.as_view(), name="form-list"),
    path("<str:form>/<str:version>/", api.FormView.as_view(), name="form-detail"),
]
