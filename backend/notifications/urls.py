from django.urls import path

from . import api

urlpatterns = [
    path("notices/", api.NoticesView.as_view()),
    path("notices/read", api.NoticesReadView.as_view()),
    path("notices/<uuid:notice>/read", api.NoticeReadView.as_view()),
    path("me/contact", api.ContactView.as_view()),
    path("deliveries/", api.DeliveriesView.as_view()),
    path("deliveries/status", api.DeliveryStatusView.as_view()),
    path("deliveries/<uuid:delivery>/resend", api.DeliveryResendView.as_view()),
    path("webhooks/", api.WebhooksView.as_view()),
    path("webhooks/<uuid:webhook>/", api.WebhookView.as_view()),
]
