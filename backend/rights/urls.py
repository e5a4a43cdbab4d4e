from django.urls import path

from . import api

urlpatterns = [
    path("copies/", api.CopiesView.as_view()),
    path("copies/<uuid:copy>/", api.CopyView.as_view()),
    path("copies/<uuid:copy>/approve", api.ApproveView.as_view()),
    path("copies/<uuid:copy>/refuse", api.RefuseView.as_view()),
    path("copies/<uuid:copy>/withdraw", api.WithdrawView.as_view()),
    path("copies/<uuid:copy>/open/<slug:kind>", api.OpenView.as_view()),
    path("children/<uuid:child>/copies/", api.FileView.as_view()),
]
