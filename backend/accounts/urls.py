from django.urls import path

from . import api

urlpatterns = [
    path("auth/login", api.LoginView.as_view(), name="login"),
    path("me", api.MeView.as_view(), name="me"),
    path("enrolment-codes", api.EnrolmentCodeView.as_view(), name="enrolment-code"),
    path("enrol", api.EnrolView.as_view(), name="enrol"),
    path("devices/<uuid:device>/revoke", api.DeviceRevokeView.as_view(), name="device-revoke"),
]
