"""Shapes of dossiers at the API."""

from rest_framework import serializers

from .services import LONGEST_PURPOSE


class MakeIn(serializers.Serializer):
    purpose = serializers.CharField(
        max_length=LONGEST_PURPOSE,
        allow_blank=True,
        help_text="Stands on the cover; kept, sealed.",
    )
    case = serializers.UUIDField(
        required=False, allow_null=True, default=None,
        help_text="A sealed case of the child makes the dossier hold what is sealed.",
    )  # fmt: skip


class OpenIn(serializers.Serializer):
    reason = serializers.CharField(
        max_length=2000, required=False, default="", allow_blank=True,
        help_text="Needed for one with sealed contents; kept on record.",
    )  # fmt: skip


class DossierOut(serializers.Serializer):
    id = serializers.UUIDField()
    case = serializers.UUIDField(allow_null=True)
    sealed = serializers.BooleanField()
    person = serializers.UUIDField()
    name = serializers.CharField()
    made_at = serializers.DateTimeField()
    purpose = serializers.CharField()
    sha256 = serializers.CharField(help_text="Over the bytes of the PDF.")
    size = serializers.IntegerField()
    pages = serializers.IntegerField()


class DossiersOut(serializers.Serializer):
    dossiers = DossierOut(many=True)
