"""The shapes of attachments. Values are those of `sync.uploads.queries.Card` and of `queries.Item`."""

from rest_framework import serializers

from backend.common.api import paged
from sync.uploads.models import STATUSES

from . import queries


class CardOut(serializers.Serializer):
    """`photo` is the hash that copies of one photograph share; `type` goes by content once it has come."""

    id = serializers.UUIDField()
    op = serializers.UUIDField()
    file = serializers.UUIDField()
    photo = serializers.CharField()
    sha256 = serializers.CharField()
    role = serializers.CharField()
    type = serializers.CharField()
    size = serializers.IntegerField()
    status = serializers.ChoiceField(STATUSES)
    detail = serializers.CharField(help_text="Why it is refused, as a code.")
    has_view = serializers.BooleanField()
    declared_at = serializers.DateTimeField(allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)


class ListedOut(serializers.Serializer):
    card = CardOut()
    person = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    received = serializers.DateTimeField(allow_null=True)


class FiltersIn(serializers.Serializer):
    status = serializers.ChoiceField(STATUSES, default="pending")
    file = serializers.UUIDField(required=False)


class OpenIn(serializers.Serializer):
    what = serializers.ChoiceField([queries.THUMBNAIL, queries.VIEW, queries.ORIGINAL])
    reason = serializers.CharField(max_length=1000)


class ReasonIn(serializers.Serializer):
    reason = serializers.CharField(max_length=1000)


class NotesOut(serializers.Serializer):
    notes = serializers.DictField(child=serializers.CharField())


PageOut = paged(ListedOut)
