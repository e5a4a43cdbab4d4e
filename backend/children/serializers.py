"""The shapes of the conflicts' API. Values are those of `conflicts.Item`."""

from rest_framework import serializers

from backend.common.errors import DomainError
from backend.regions import codes as divisions


class FiltersIn(serializers.Serializer):
    type = serializers.ChoiceField(["child", "guardian", "household"], required=False)
    division = serializers.CharField(required=False, max_length=12)

    def validate_division(self, code: str) -> str:
        try:
            divisions.level(code)
        except DomainError as error:
            error.fields = ("division",)
            raise
        return code


class SaidOut(serializers.Serializer):
    op = serializers.UUIDField()
    value = serializers.JSONField()
    person = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    at = serializers.DateTimeField(help_text="When it was written, by corrected time.")
    uncertainty = serializers.IntegerField(help_text="Milliseconds.")
    received = serializers.DateTimeField(allow_null=True)


class DisputedOut(serializers.Serializer):
    register = serializers.CharField()
    kind = serializers.ChoiceField(["plain", "protective"])
    shown = serializers.JSONField(help_text="What everybody is shown until it is settled.")
    values = SaidOut(many=True)


class ConflictOut(serializers.Serializer):
    type = serializers.ChoiceField(["child", "guardian", "household"])
    id = serializers.UUIDField()
    file = serializers.UUIDField()
    name = serializers.CharField()
    division = serializers.CharField()
    place = serializers.CharField()
    registers = DisputedOut(many=True)


class ResolveIn(serializers.Serializer):
    value = serializers.JSONField()
    saw = serializers.ListField(
        child=serializers.UUIDField(), help_text="The `op` of every value that was looked at."
    )


class ResolvedOut(serializers.Serializer):
    conflicts = serializers.ListField(
        child=serializers.CharField(), help_text="Registers of this record that are still open."
    )
