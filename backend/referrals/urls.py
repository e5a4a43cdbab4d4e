"""Mounted at /api/v1/."""

from django.urls import path

from . import api, directory_api, missing_api

urlpatterns = [
    path("referrals/", api.ReferralsView.as_view()),
    path("referrals/counts", api.CountsView.as_view()),
    path("referrals/<uuid:referral>/", api.ReferralView.as_view()),
    path("referrals/<uuid:referral>/open", api.UnsealView.as_view()),
    path("referrals/<uuid:referral>/preview", api.PreviewView.as_view()),
    path("referrals/<uuid:referral>/send", api.SendView.as_view()),
    path("referrals/<uuid:referral>/steps", api.StepView.as_view()),
    path("partner/referrals/", api.PartnerListView.as_view()),
    path("partner/referrals/<uuid:referral>/", api.PartnerView.as_view()),
    path("partner/referrals/<uuid:referral>/steps", api.PartnerStepView.as_view()),
    path("directory/", directory_api.DirectoryView.as_view()),
    path("directory/<uuid:organisation>/", directory_api.OrganisationView.as_view()),
    path("directory/<uuid:organisation>/people", directory_api.PeopleView.as_view()),
    path("missing/", missing_api.MissingListView.as_view()),
    path("missing/<uuid:missing>/", missing_api.MissingView.as_view()),
    path("missing/<uuid:missing>/steps", missing_api.MissingStepView.as_view()),
    path("missing/<uuid:missing>/clues", missing_api.CluesView.as_view()),
]
