from django.urls import path

from . import api
from . import corrections_api as corrections

urlpatterns = [
    path("copies/", api.CopiesView.as_view()),
    path("copies/<uuid:copy>/", api.CopyView.as_view()),
    path("copies/<uuid:copy>/approve", api.ApproveView.as_view()),
    path("copies/<uuid:copy>/refuse", api.RefuseView.as_view()),
    path("copies/<uuid:copy>/withdraw", api.WithdrawView.as_view()),
    path("copies/<uuid:copy>/open/<slug:kind>", api.OpenView.as_view()),
    path("children/<uuid:child>/copies/", api.FileView.as_view()),
    path("children/<uuid:child>/corrections/", corrections.FileView.as_view()),
    path("corrections/", corrections.CorrectionsView.as_view()),
    path("corrections/<uuid:correction>/accept", corrections.AcceptView.as_view()),
    path("corrections/<uuid:correction>/refuse", corrections.RefuseView.as_view()),
    path("corrections/<uuid:correction>/withdraw", corrections.WithdrawView.as_view()),
]
