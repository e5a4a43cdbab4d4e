"""The shapes of the roster's API."""

from rest_framework import serializers

from .report import OUTCOMES


class RosterIn(serializers.Serializer):
    file = serializers.FileField(help_text=".xlsx or .csv (UTF-8 or GB18030)")
    division = serializers.CharField(
        max_length=12, default="", allow_blank=True,
        help_text="Narrows the import; an administrator of more than one county must name one.",
    )  # fmt: skip


class SlipOut(serializers.Serializer):
    row = serializers.IntegerField(help_text="As the spreadsheet counts, from 1.")
    column = serializers.CharField(allow_blank=True, help_text="Empty for the whole row.")
    code = serializers.CharField()
    message = serializers.CharField()


class RosterRowOut(serializers.Serializer):
    row = serializers.IntegerField()
    name = serializers.CharField(allow_blank=True)
    outcome = serializers.ChoiceField(choices=OUTCOMES)
    child = serializers.UUIDField(allow_null=True)
    slips = SlipOut(many=True)
    cells = serializers.ListField(
        child=serializers.CharField(allow_blank=True), required=False,
        help_text="What the row says, where it was not imported.",
    )  # fmt: skip


class LikelyDuplicateOut(serializers.Serializer):
    score = serializers.IntegerField(help_text="0 to 100.")
    children = serializers.ListField(child=serializers.UUIDField())
    rows = serializers.ListField(
        child=serializers.IntegerField(), help_text="0 for a child that was filed before."
    )
    names = serializers.ListField(child=serializers.CharField())


class RosterReportOut(serializers.Serializer):
    counts = serializers.DictField(child=serializers.IntegerField())
    headings = serializers.ListField(child=serializers.CharField(allow_blank=True))
    columns = SlipOut(many=True)
    rows = RosterRowOut(many=True)
    likely_duplicates = LikelyDuplicateOut(many=True)


class RosterImportOut(serializers.Serializer):
    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    person = serializers.UUIDField()
    division = serializers.CharField()
    operations = serializers.IntegerField()
    done = serializers.IntegerField(help_text="Fewer than `operations`: send the file again.")
    counts = serializers.DictField(child=serializers.IntegerField())


class RosterImportReportOut(RosterImportOut):
    report = RosterReportOut()


class RosterImportPageOut(serializers.Serializer):
    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = RosterImportOut(many=True)
