"""Mounted at /api/v1/attachments/."""

from django.urls import path

from . import api

urlpatterns = [
    path("", api.AttachmentsView.as_view()),
    path("<uuid:attachment>/", api.AttachmentView.as_view()),
    path("<uuid:attachment>/view", api.ViewView.as_view()),
    path("<uuid:attachment>/thumbnail", api.ThumbnailView.as_view()),
    path("<uuid:attachment>/open", api.OpenView.as_view()),
    path("<uuid:attachment>/notes", api.NotesView.as_view()),
    path("<uuid:attachment>/lost", api.LostView.as_view()),
]
