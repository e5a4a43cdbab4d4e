"""The shapes of the queue's API."""

from rest_framework import serializers

from sync import waiting


class FiltersIn(serializers.Serializer):
    state = serializers.ChoiceField(waiting.STATES, default="open")
    what = serializers.ChoiceField(waiting.WHAT, default="", allow_blank=True)
    code = serializers.CharField(max_length=60, default="", allow_blank=True)
    device = serializers.UUIDField(default=None, allow_null=True)


class WaitingOut(serializers.Serializer):
    """The envelope; `what` says of which kind the thing is, `code` why it is here."""

    id = serializers.UUIDField(source="item.id")
    what = serializers.ChoiceField(waiting.WHAT, source="item.what")
    county = serializers.CharField(source="item.shard")
    place = serializers.CharField()
    device = serializers.UUIDField(source="item.device", allow_null=True)
    received = serializers.DateTimeField(source="item.received")
    op = serializers.UUIDField(source="item.op", allow_null=True)
    person = serializers.UUIDField(source="item.person", allow_null=True)
    name = serializers.CharField()
    kind = serializers.CharField(source="item.kind")
    target = serializers.UUIDField(source="item.target", allow_null=True)
    file = serializers.UUIDField(source="item.file", allow_null=True)
    group = serializers.UUIDField(source="item.group", allow_null=True)
    outcome = serializers.CharField(source="item.outcome")
    code = serializers.CharField(source="item.code")
    fields = serializers.ListField(  # type: ignore[assignment]
        child=serializers.CharField(), source="item.fields"
    )
    flags = serializers.ListField(child=serializers.CharField(), source="item.flags")
    attempts = serializers.IntegerField(source="item.attempts")
    decided = serializers.CharField(source="item.status")
    decided_by = serializers.CharField()
    decided_at = serializers.DateTimeField(source="item.at", allow_null=True)
    revision = serializers.IntegerField(source="item.revision")


class DecidedOut(serializers.Serializer):
    kind = serializers.CharField()
    by = serializers.UUIDField()
    at = serializers.DateTimeField()
    reason = serializers.CharField()
    members = serializers.JSONField(allow_null=True)


class ContentsOut(serializers.Serializer):
    line = serializers.JSONField(allow_null=True)
    text = serializers.CharField(allow_null=True)
    decisions = DecidedOut(many=True)


class ReasonIn(serializers.Serializer):
    reason = serializers.CharField(max_length=1000)


class DecisionIn(ReasonIn):
    revision = serializers.IntegerField(min_value=0)


class RepairIn(DecisionIn):
    members = serializers.DictField()
