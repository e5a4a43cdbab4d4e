"""The shapes of tasks at the API."""

from rest_framework import serializers

from fieldforms.vocabulary import codes


class ProblemOut(serializers.Serializer):
    code = serializers.CharField()
    fields = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]
    message = serializers.CharField()


class TaskOut(serializers.Serializer):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=codes("task_kind"))
    state = serializers.ChoiceField(choices=codes("task_state"))
    ended = serializers.BooleanField()
    done = serializers.IntegerField(help_text="Of `of`, in whatever the kind counts.")
    of = serializers.IntegerField(help_text="0 as long as nobody knows.")
    asked_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(help_text="When the result goes.")
    problem = ProblemOut(allow_null=True)


class TaskResultOut(TaskOut):
    result = serializers.DictField(
        allow_null=True,
        help_text=(
            "Once `finished`. `roster_preview`: the report as in `roster/imports/{id}`; `roster_import`:"
            " `{import, counts}`; `roster_left`: `{import, file}`, the file's name, to be fetched at"
            " `tasks/{id}/file`; `people`: `{people, waiting}`, the id of each row and the roles that a"
            " second person has to confirm; `dossier`: `{dossier, child}`."
        ),
    )  # fmt: skip
