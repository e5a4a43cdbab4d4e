"""The shapes of the rules' API. Values are those of `queries.Card`, `queries.Result` and `rules.diff`."""

from rest_framework import serializers

from fieldforms.vocabulary import codes


class DraftIn(serializers.Serializer):
    """`content` is a list of rules as in `national.yaml`; with a `division` its variant."""

    division = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=12,
        help_text="2, 4 or 6 digits; empty for the national rules.",
    )  # fmt: skip
    content = serializers.JSONField()


class ReviseIn(serializers.Serializer):
    content = serializers.JSONField()


class SinceIn(serializers.Serializer):
    since = serializers.DateField(help_text="Visits and concerns observed from this day on.")


class BetweenIn(serializers.Serializer):
    before = serializers.UUIDField()
    after = serializers.UUIDField()


class EditionOut(serializers.Serializer):
    id = serializers.UUIDField()
    division = serializers.CharField()
    place = serializers.CharField()
    version = serializers.IntegerField(allow_null=True)
    status = serializers.ChoiceField(codes("rules_status"))
    sha256 = serializers.CharField()
    drafted_at = serializers.DateTimeField()
    author = serializers.CharField(help_text="Empty for what the installation published.")
    approved_at = serializers.DateTimeField(allow_null=True)
    approved_by = serializers.CharField()
    published_at = serializers.DateTimeField(allow_null=True)
    published_by = serializers.CharField()
    retired_at = serializers.DateTimeField(allow_null=True)
    retired_by = serializers.CharField()
    steps = serializers.ListField(
        child=serializers.CharField(), help_text="What the caller may do with it now."
    )


class LackOut(serializers.Serializer):
    """Rules name a recipient for whom a phone there has no number, of an office or of a person."""

    county = serializers.CharField()
    recipient = serializers.ChoiceField(codes("recipient"))
    rules = serializers.ListField(child=serializers.CharField())
    townships = serializers.ListField(
        child=serializers.CharField(), help_text="Empty where it is the whole county."
    )


class EditionDetailOut(EditionOut):
    content = serializers.JSONField()
    unfitting = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="What published variants would lose by these rules, by division.",
    )
    unreachable = LackOut(
        many=True, help_text="A warning; it does not stand in the way of a publication."
    )


class ContentOut(serializers.Serializer):
    """What a phone judges by. Never changes: `sha256` is over its canonical JSON."""

    division = serializers.CharField()
    version = serializers.IntegerField()
    sha256 = serializers.CharField()
    content = serializers.JSONField()


class DifferenceOut(serializers.Serializer):
    path = serializers.CharField(help_text="For example branches.1.deadline.hours")
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class RuleDifferenceOut(serializers.Serializer):
    rule = serializers.CharField()
    change = serializers.ChoiceField(["added", "removed", "changed"])
    differences = DifferenceOut(many=True)


class RehearsalOut(serializers.Serializer):
    id = serializers.UUIDField()
    since = serializers.DateField()
    sha256 = serializers.CharField()
    status = serializers.ChoiceField(codes("rehearsal_status"))
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class LineOut(serializers.Serializer):
    county = serializers.CharField(help_text="Six digits; empty in the totals.")
    place = serializers.CharField()
    rule = serializers.CharField()
    counts = serializers.DictField(child=serializers.IntegerField())


class ExampleOut(serializers.Serializer):
    county = serializers.CharField()
    rule = serializers.CharField()
    change = serializers.ChoiceField(codes("rules_change"))
    op = serializers.UUIDField()
    file = serializers.UUIDField()
    branch = serializers.IntegerField()
    severity = serializers.ChoiceField(codes("severity"))
    facts = serializers.JSONField(help_text="Those that matched.")


class ResultOut(RehearsalOut):
    edition = serializers.UUIDField()
    against = serializers.CharField()
    valid = serializers.BooleanField(help_text="Whether it would do for an approval now.")
    percent = serializers.IntegerField()
    totals = LineOut(many=True)
    lines = LineOut(many=True)
    examples = ExampleOut(many=True)
