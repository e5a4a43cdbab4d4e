"""The shapes of a child's file and its visits. Values are those of `history` and of the caseload."""

from typing import Any

from rest_framework import serializers

from backend.caseload.queries import FileOut
from backend.common.language import language
from fieldforms.vocabulary import codes
from sync.shown import ClockOut


class SummaryOut(serializers.Serializer):
    id = serializers.UUIDField()
    visit = serializers.UUIDField(allow_null=True)
    observed = serializers.DateTimeField()
    person = serializers.UUIDField()
    name = serializers.CharField()
    mode = serializers.CharField()
    child_seen = serializers.BooleanField(allow_null=True)


class HistoryOut(serializers.Serializer):
    count = serializers.IntegerField()
    last = SummaryOut(many=True)


class DetailOut(FileOut):
    """`visits` is absent for those who may not read what was seen."""

    visits = HistoryOut(required=False)


class ProblemOut(serializers.Serializer):
    field = serializers.CharField()
    code = serializers.CharField()
    message = serializers.SerializerMethodField()

    def get_message(self, problem: dict[str, Any]) -> str:
        return str(problem[language()])


class PhotosOut(serializers.Serializer):
    total = serializers.IntegerField()
    pending = serializers.IntegerField(help_text="Declared and not here yet.")
    lost = serializers.IntegerField(help_text="Closed by a person: nobody has them any more.")


class AttachmentOut(serializers.Serializer):
    """`photo` is the same for copies of one photograph. Contents: `/attachments/<id>/view`."""

    id = serializers.UUIDField()
    photo = serializers.CharField()
    role = serializers.CharField()
    type = serializers.CharField()
    size = serializers.IntegerField()
    status = serializers.CharField()


class OpenedOut(serializers.Serializer):
    summary = SummaryOut()
    received = serializers.DateTimeField(allow_null=True)
    clock = ClockOut(allow_null=True, help_text="Absent for what the office entered.")
    form_version = serializers.CharField()
    withheld = serializers.BooleanField(
        help_text="Its answers accuse somebody in the reporting chain and are for those above."
    )
    answers = serializers.DictField()
    shared = serializers.DictField(help_text="What was answered once for the household.")
    skipped = serializers.ListField(child=serializers.CharField())
    problems = ProblemOut(many=True)
    photos = PhotosOut()
    attachments = AttachmentOut(many=True)
    signs = serializers.ListField(
        child=serializers.ChoiceField(codes("visit_sign")),
        help_text="Worth a look, and no accusation: codes of `visit_sign`.",
    )
