"""Mounted at /api/v1/cases/."""

from django.urls import path

from . import api

urlpatterns = [
    path("", api.CasesView.as_view()),
    path("flow", api.FlowView.as_view()),
    path("protection-orders/<uuid:protection_order>/steps", api.OrderStepView.as_view()),
    path("<uuid:case>/", api.CaseView.as_view()),
    path("<uuid:case>/open", api.UnsealView.as_view()),
    path("<uuid:case>/steps", api.StepView.as_view()),
    path("<uuid:case>/approve", api.ApproveView.as_view()),
    path("<uuid:case>/decline", api.DeclineView.as_view()),
    path("<uuid:case>/assessments/", api.AssessmentsView.as_view()),
    path("<uuid:case>/warnings/", api.WarningsView.as_view()),
    path("<uuid:case>/protection-orders/", api.OrdersView.as_view()),
]
