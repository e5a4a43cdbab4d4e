"""The shapes of the API of missing children."""

from rest_framework import serializers

from fieldforms.vocabulary import codes

from . import missing_life
from .missing_services import NAMES
from .serializers import ReferralStepOut


class MissingFiltersIn(serializers.Serializer):
    ended = serializers.BooleanField(required=False, help_text="Closed ones too.")


class NoteIn(serializers.Serializer):
    child = serializers.UUIDField()
    observed = serializers.DateTimeField(required=False, help_text="Since when; now.")


class MissingOut(serializers.Serializer):
    id = serializers.UUIDField()
    revision = serializers.IntegerField()
    status = serializers.ChoiceField(codes("missing_status"))
    child = serializers.UUIDField()
    name = serializers.CharField()
    birth_date = serializers.DateField(allow_null=True)
    division = serializers.CharField()
    place = serializers.CharField()
    noted_at = serializers.DateTimeField()
    observed_at = serializers.DateTimeField()
    reported_at = serializers.DateTimeField(allow_null=True)
    confirmed = serializers.BooleanField()
    published_on = serializers.DateField(allow_null=True)
    found_on = serializers.DateField(allow_null=True)


class ClueOut(serializers.Serializer):
    id = serializers.UUIDField()
    observed = serializers.DateTimeField()
    received = serializers.DateTimeField()
    name = serializers.CharField()
    text = serializers.CharField()


class MissingFullOut(MissingOut):
    possible = serializers.ListField(child=serializers.CharField())
    prepared = serializers.DictField(allow_null=True)
    confirmed_notice = serializers.DictField(allow_null=True)
    clues = ClueOut(many=True)
    steps = ReferralStepOut(many=True)


class MissingGivenIn(serializers.Serializer):
    """What steps ask for; each takes its own of these."""

    called_at = serializers.DateTimeField(required=False)
    receipt = serializers.CharField(max_length=100, required=False, allow_blank=True)
    description = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    last_seen_at = serializers.CharField(max_length=100, required=False, allow_blank=True)
    last_seen_place = serializers.CharField(max_length=300, required=False, allow_blank=True)
    contact = serializers.CharField(max_length=200, required=False, allow_blank=True)
    photo = serializers.UUIDField(required=False, allow_null=True)
    names = serializers.MultipleChoiceField(choices=NAMES, required=False)
    number = serializers.CharField(max_length=100, required=False, allow_blank=True)
    published_on = serializers.DateField(required=False)
    found_on = serializers.DateField(required=False)
    visited_on = serializers.DateField(required=False)
    words = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    reason = serializers.CharField(max_length=4000, required=False, allow_blank=True)


class MissingStepIn(serializers.Serializer):
    revision = serializers.IntegerField(min_value=1, help_text="The one that was read.")
    step = serializers.ChoiceField([*missing_life.STEPS])
    given = MissingGivenIn(required=False, default=dict)


class MissingRevisionOut(serializers.Serializer):
    id = serializers.UUIDField()
    revision = serializers.IntegerField()
    status = serializers.ChoiceField(codes("missing_status"))


class ClueIn(serializers.Serializer):
    text = serializers.CharField(max_length=4000)


class ClueIdOut(serializers.Serializer):
    id = serializers.UUIDField()
