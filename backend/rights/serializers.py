"""The shapes of guardians' requests at the API."""

from rest_framework import serializers

from fieldforms.vocabulary import codes


class CopyIn(serializers.Serializer):
    guardian = serializers.UUIDField(help_text="An adult of the child's household.")
    identity_check = serializers.ChoiceField(
        choices=codes("identity_check"),
        help_text="How whoever asks was identified. Nothing is given while that is `not_checked`.",
    )
    note = serializers.CharField(
        max_length=2000, help_text="When, where and how it was asked for. Kept, sealed."
    )


class RefuseIn(serializers.Serializer):
    reason = serializers.CharField(max_length=2000, help_text="For leads alone; kept, sealed.")


class CopyFilter(serializers.Serializer):
    state = serializers.ChoiceField(choices=codes("copy_state"), required=False)


class CorrectionIn(serializers.Serializer):
    guardian = serializers.UUIDField(help_text="An adult of the child's household.")
    fact = serializers.ChoiceField(choices=codes("correctable"))
    wished = serializers.CharField(
        max_length=200, help_text="A code, or a date as YYYY-MM-DD, where the fact is one."
    )
    ground = serializers.CharField(
        max_length=2000, help_text="Why it is wrong, by which paper. Kept, sealed."
    )


class AnswerIn(serializers.Serializer):
    reason = serializers.CharField(
        max_length=2000, help_text="Told to whoever asked; kept, sealed."
    )


class CorrectionOut(serializers.Serializer):
    id = serializers.UUIDField()
    child = serializers.UUIDField()
    name = serializers.CharField()
    guardian = serializers.UUIDField()
    guardian_name = serializers.CharField()
    relationship = serializers.CharField()
    fact = serializers.ChoiceField(codes("correctable"))
    now = serializers.CharField(help_text="What the record said when it was filed.")
    wished = serializers.CharField()
    current = serializers.CharField(help_text="What the record says now, while the wish waits.")
    changed = serializers.BooleanField(
        help_text="The record says something else now than when it was filed: it cannot be accepted."
    )
    ground = serializers.CharField()
    state = serializers.ChoiceField(codes("correction_state"))
    filed_by = serializers.UUIDField()
    filed_by_name = serializers.CharField()
    filed_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(help_text="When it should be answered.")
    overdue = serializers.BooleanField()
    decided_at = serializers.DateTimeField(allow_null=True)
    decided_by_name = serializers.CharField()
    answer = serializers.CharField(help_text="Why it was refused.")
    may_decide = serializers.BooleanField()
    may_withdraw = serializers.BooleanField()


class CopyOut(serializers.Serializer):
    """What stands in the way, why it was refused and by whom is empty for everybody but leads."""

    id = serializers.UUIDField()
    child = serializers.UUIDField()
    name = serializers.CharField()
    guardian = serializers.UUIDField()
    guardian_name = serializers.CharField()
    relationship = serializers.CharField()
    identity_check = serializers.ChoiceField(codes("identity_check"))
    note = serializers.CharField()
    state = serializers.ChoiceField(codes("copy_state"))
    filed_by = serializers.UUIDField()
    filed_by_name = serializers.CharField()
    filed_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(help_text="When it should be answered.")
    overdue = serializers.BooleanField()
    decided_at = serializers.DateTimeField(allow_null=True)
    decided_by_name = serializers.CharField()
    answer = serializers.CharField(help_text="Why it was refused.")
    told = serializers.CharField(
        help_text="What whoever asked is told of a refusal: always the same."
    )
    hindrances = serializers.ListField(
        child=serializers.ChoiceField(codes("copy_hindrance")),
        help_text="What stands in the way now; for a lead who may decide, on the request's own address.",
    )
    hindered = serializers.BooleanField(
        help_text="Something stands in the way, which may be more than `hindrances` tells."
    )
    leads = serializers.BooleanField(help_text="The caller leads where the child lives.")
    may_decide = serializers.BooleanField()
    may_withdraw = serializers.BooleanField()
    task = serializers.UUIDField(allow_null=True, help_text="Who makes the copy; see `tasks/{id}`.")
    made_at = serializers.DateTimeField(allow_null=True)
    ready = serializers.BooleanField(help_text="The copy can be fetched.")
    expires_at = serializers.DateTimeField(allow_null=True, help_text="Until when.")
