"""Mounted at /api/v1/tasks/."""

from django.urls import path

from . import api

urlpatterns = [
    path("", api.TasksView.as_view()),
    path("<uuid:task>/", api.TaskView.as_view(), name="task"),
    path("<uuid:task>/file", api.TaskFileView.as_view(), name="task-file"),
    path("<uuid:task>/cancel", api.CancelView.as_view()),
]
