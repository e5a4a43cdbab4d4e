from django.urls import path

from . import api

urlpatterns = [
    path("", api.QueueView.as_view()),
    path("counts", api.CountsView.as_view()),
    path("<uuid:escalation>/", api.EscalationView.as_view()),
    path("<uuid:escalation>/open", api.OpenView.as_view()),
    path("<uuid:escalation>/acknowledge", api.AcknowledgeView.as_view()),
    path("<uuid:escalation>/assign", api.AssignView.as_view()),
    path("<uuid:escalation>/start", api.StartView.as_view()),
    path("<uuid:escalation>/resume", api.ResumeView.as_view()),
    path("<uuid:escalation>/resolve", api.ResolveView.as_view()),
    path("<uuid:escalation>/unfounded", api.UnfoundedView.as_view()),
    path("<uuid:escalation>/reported", api.ReportedView.as_view()),
    path("<uuid:escalation>/keep-out", api.KeepOutView.as_view()),
    path("<uuid:escalation>/concerns", api.ConcernsView.as_view()),
]
