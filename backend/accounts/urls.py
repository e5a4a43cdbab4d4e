from django.urls import path

from .api import audit, confirmations, people, phones, roles, session

urlpatterns = [
    path("auth/login", session.LoginView.as_view(), name="login"),
    path("auth/logout", session.LogoutView.as_view(), name="logout"),
    path("me", session.MeView.as_view(), name="me"),
    path("me/password", session.MyPasswordView.as_view(), name="my-password"),
    path("me/log-ins/", session.LogInsView.as_view(), name="log-ins"),
    path("me/log-ins/end", session.LogInsEndView.as_view(), name="log-ins-end"),
    path("me/log-ins/<uuid:log_in>/end", session.LogInEndView.as_view(), name="log-in-end"),
    path("people/", people.PeopleView.as_view(), name="people"),
    path("people/<uuid:person>/", people.PersonView.as_view(), name="person"),
    path(
        "people/<uuid:person>/deactivate",
        people.PersonDeactivateView.as_view(),
        name="person-deactivate",
    ),
    path(
        "people/<uuid:person>/password",
        people.PersonPasswordView.as_view(),
        name="person-password",
    ),
    path("people/<uuid:person>/second-factor/end", people.SecondFactorEndView.as_view()),
    path("confirmations/", confirmations.ConfirmationsView.as_view()),
    path("confirmations/<uuid:confirmation>/", confirmations.ConfirmationView.as_view()),
    path("confirmations/<uuid:confirmation>/confirm", confirmations.ConfirmView.as_view()),
    path("confirmations/<uuid:confirmation>/refuse", confirmations.RefuseView.as_view()),
    path("confirmations/<uuid:confirmation>/withdraw", confirmations.WithdrawView.as_view()),
    path("people/<uuid:person>/roles/", roles.RoleGrantView.as_view(), name="role-grant"),
    path(
        "people/<uuid:person>/roles/<int:grant>/end", roles.RoleEndView.as_view(), name="role-end"
    ),
    path("enrolment-codes", phones.EnrolmentCodeView.as_view(), name="enrolment-code"),
    path("enrol", phones.EnrolView.as_view(), name="enrol"),
    path("devices/", phones.DeviceListView.as_view(), name="devices"),
    path("devices/<uuid:device>/", phones.DeviceView.as_view(), name="device"),
    path("devices/<uuid:device>/revoke", phones.DeviceRevokeView.as_view(), name="device-revoke"),
    path("devices/<uuid:device>/orders/", phones.DeviceOrdersView.as_view(), name="device-orders"),
    path(
        "devices/<uuid:device>/orders/<uuid:device_order>/withdraw",
        phones.DeviceOrderWithdrawView.as_view(),
        name="device-order-withdraw",
    ),
    path("audit/", audit.AuditView.as_view(), name="audit"),
]
