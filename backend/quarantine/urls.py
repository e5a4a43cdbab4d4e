from django.urls import path

from . import api

urlpatterns = [
    path("", api.QueueView.as_view()),
    path("<uuid:item>/", api.ItemView.as_view()),
    path("<uuid:item>/contents", api.ContentsView.as_view()),
    path("<uuid:item>/approve", api.ApproveView.as_view()),
    path("<uuid:item>/replay", api.ReplayView.as_view()),
    path("<uuid:item>/repair", api.RepairView.as_view()),
    path("<uuid:item>/set_aside", api.SetAsideView.as_view()),
]
