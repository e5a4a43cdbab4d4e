"""Mounted at /api/v1/."""

from django.urls import path

from . import api, exposure_api, loans_api, openings_api, orders_api, ratings_api, transfers_api

urlpatterns = [
    path("children/", api.ChildrenView.as_view()),
    path("devices/<uuid:device>/children/", exposure_api.ExposedView.as_view()),
    path("children/<uuid:child>/risk-level", ratings_api.RatingView.as_view()),
    path("children/<uuid:child>/break-glass", openings_api.OpeningView.as_view()),
    path("children/<uuid:child>/transfer", transfers_api.OfferView.as_view()),
    path("transfers/", transfers_api.TransfersView.as_view()),
    path("transfers/<uuid:transfer>/", transfers_api.TransferView.as_view()),
    path("transfers/<uuid:transfer>/accept", transfers_api.AcceptView.as_view()),
    path("transfers/<uuid:transfer>/refuse", transfers_api.RefuseView.as_view()),
    path("transfers/<uuid:transfer>/withdraw", transfers_api.WithdrawView.as_view()),
    path("caseload/due/", api.DueView.as_view()),
    path("caseload/unassigned/", api.UnassignedView.as_view()),
    path("caseload/assignments/", orders_api.AssignView.as_view()),
    path("caseload/assignments/preview", orders_api.AssignPreviewView.as_view()),
    path("caseload/assignments/<uuid:order>/", orders_api.OrderView.as_view()),
    path("caseload/loans/", loans_api.LoansView.as_view()),
    path("caseload/loans/<uuid:loan>/", loans_api.LoanView.as_view()),
    path("caseload/handover/", orders_api.HandoverView.as_view()),
    path("caseload/handover/preview", orders_api.HandoverPreviewView.as_view()),
]
