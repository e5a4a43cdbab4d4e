"""The shapes of the API of referrals and the service directory."""

from rest_framework import serializers

from backend.concerns.editions.serializers import LackOut
from fieldforms.vocabulary import codes

from . import life, minimum

NEEDS = ["", *life.NEEDS]


class FiltersIn(serializers.Serializer):
    status = serializers.MultipleChoiceField(choices=codes("referral_status"), required=False)
    need = serializers.ChoiceField(life.NEEDS, required=False)
    kind = serializers.ChoiceField(codes("referral_kind"), required=False)
    overdue = serializers.BooleanField(required=False)
    division = serializers.RegexField(r"\A\d{2,12}\Z", required=False)


class ReferralOut(serializers.Serializer):
    """Of a sealed one neither the child nor what it is about: open it with a reason."""

    id = serializers.UUIDField()
    revision = serializers.IntegerField()
    status = serializers.ChoiceField(codes("referral_status"))
    kind = serializers.CharField()
    need = serializers.CharField()
    agency = serializers.CharField()
    sealed = serializers.BooleanField()
    auto = serializers.BooleanField(help_text="Drafted from a need that was ticked in a visit.")
    child = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    birth_date = serializers.DateField(allow_null=True)
    division = serializers.CharField()
    place = serializers.CharField()
    organisation = serializers.UUIDField(allow_null=True)
    organisation_name = serializers.CharField()
    due_on = serializers.DateField(allow_null=True)
    overdue = serializers.BooleanField()
    drafted_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.CharField()
    escalation = serializers.UUIDField(allow_null=True)


class ReferralStepOut(serializers.Serializer):
    op = serializers.UUIDField()
    step = serializers.CharField()
    observed = serializers.DateTimeField()
    received = serializers.DateTimeField()
    person = serializers.UUIDField()
    name = serializers.CharField()
    said = serializers.DictField()


class ReferralFullOut(ReferralOut):
    possible = serializers.ListField(child=serializers.CharField())
    purpose = serializers.CharField()
    shown = serializers.DictField(help_text="Exactly what the organisation was given.")
    contract = serializers.CharField()
    amount = serializers.CharField()
    steps = ReferralStepOut(many=True)


class CountsOut(serializers.Serializer):
    draft = serializers.IntegerField()
    sent = serializers.IntegerField()
    accepted = serializers.IntegerField()
    overdue = serializers.IntegerField()


class DraftIn(serializers.Serializer):
    child = serializers.UUIDField()
    kind = serializers.ChoiceField(codes("referral_kind"), default="referral")
    need = serializers.ChoiceField(NEEDS, default="")
    agency = serializers.ChoiceField(["", *codes("agency")], default="")
    escalation = serializers.UUIDField(required=False, allow_null=True)


class FieldsIn(serializers.Serializer):
    fields = serializers.ListField(  # type: ignore[assignment]
        child=serializers.ChoiceField(minimum.FIELDS), default=list(minimum.LEAST)
    )


class PreviewOut(serializers.Serializer):
    """Exactly what the organisation would see; `digest` goes with the sending."""

    shown = serializers.DictField()
    digest = serializers.CharField()


class SendIn(FieldsIn):
    revision = serializers.IntegerField(min_value=1, help_text="The one that was read.")
    organisation = serializers.UUIDField()
    due_on = serializers.DateField()
    purpose = serializers.CharField(max_length=4000)
    digest = serializers.CharField(max_length=64, help_text="Of the preview that was looked at.")
    kind = serializers.ChoiceField(["", *codes("referral_kind")], default="")
    contract = serializers.CharField(max_length=100, allow_blank=True, default="")
    amount = serializers.RegexField(
        r"\A\d{1,10}(\.\d{1,2})?\Z", allow_blank=True, default="", help_text="Yuan."
    )


class GivenIn(serializers.Serializer):
    """What steps ask for; each takes its own of these, see `referral_step`."""

    note = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    reason = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    outcome = serializers.ChoiceField(
        ["", *codes("referral_outcome")], required=False, help_text="`done`"
    )
    report = serializers.CharField(max_length=8000, required=False, allow_blank=True)
    words = serializers.CharField(
        max_length=4000, required=False, allow_blank=True, help_text="`tell`: for the supervisor"
    )
    due_on = serializers.DateField(required=False, allow_null=True)


class StepIn(serializers.Serializer):
    revision = serializers.IntegerField(min_value=1, help_text="The one that was read.")
    step = serializers.ChoiceField([name for name in life.STEPS if name != "send"])
    given = GivenIn(required=False, default=dict)


class AnswerIn(StepIn):
    step = serializers.ChoiceField([*life.ANSWERS])


class RevisionOut(serializers.Serializer):
    id = serializers.UUIDField()
    revision = serializers.IntegerField()
    status = serializers.ChoiceField(codes("referral_status"))


class ReasonIn(serializers.Serializer):
    reason = serializers.CharField(max_length=1000)


class PartnerItemOut(serializers.Serializer):
    id = serializers.UUIDField()
    revision = serializers.IntegerField()
    status = serializers.CharField()
    kind = serializers.CharField()
    due_on = serializers.DateField(allow_null=True)
    overdue = serializers.BooleanField()
    sent_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)


class PartnerReferralOut(PartnerItemOut):
    possible = serializers.ListField(child=serializers.CharField())
    purpose = serializers.CharField()
    shown = serializers.DictField()
    contract = serializers.CharField()
    amount = serializers.CharField()
    own = ReferralStepOut(many=True)


class OrganisationOut(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(codes("agency"))
    division = serializers.CharField()
    phone = serializers.CharField()
    offers = serializers.CharField()
    hours = serializers.CharField()
    as_of = serializers.DateField(
        allow_null=True, help_text="When somebody last stood for the entry."
    )
    active = serializers.BooleanField()


class HotlineOut(serializers.Serializer):
    phone = serializers.CharField()
    kind = serializers.ChoiceField(codes("agency"))
    name = serializers.DictField(child=serializers.CharField())
    hours = serializers.CharField()
    offers = serializers.DictField(child=serializers.CharField())


class DirectoryOut(serializers.Serializer):
    hotlines = HotlineOut(many=True)
    organisations = OrganisationOut(many=True)
    lacking = LackOut(
        many=True, help_text="For administrators: whom rules name without a number in their area."
    )


class OrganisationChangeIn(serializers.Serializer):
    name = serializers.CharField(max_length=200, required=False)
    kind = serializers.ChoiceField(codes("agency"), required=False)
    phone = serializers.CharField(max_length=60, required=False, allow_blank=True)
    offers = serializers.CharField(max_length=500, required=False, allow_blank=True)
    hours = serializers.CharField(max_length=100, required=False, allow_blank=True)
    as_of = serializers.DateField(
        required=False, help_text="When the number was last confirmed; today if left out."
    )
    active = serializers.BooleanField(required=False)


class OrganisationIn(OrganisationChangeIn):
    name = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(codes("agency"))
    division = serializers.RegexField(r"\A(\d{2}|\d{4}|\d{6}|\d{9}|\d{12})?\Z", allow_blank=True)


class PeopleIn(serializers.Serializer):
    people = serializers.ListField(child=serializers.UUIDField(), max_length=200)
