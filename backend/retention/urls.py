from django.urls import path

from . import api

urlpatterns = [
    path("", api.ScheduleView.as_view()),
    path("due/", api.DueView.as_view()),
    path("due/<uuid:child>/erase", api.ProposeView.as_view()),
]
