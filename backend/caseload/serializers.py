"""The shapes of the caseload's API. Values are those of `files.Item`."""

from rest_framework import serializers

from backend.common.errors import DomainError
from backend.regions import codes as divisions
from fieldforms.vocabulary import codes


class FiltersIn(serializers.Serializer):
    """Without `status`, the children who are here."""

    q = serializers.CharField(
        required=False, max_length=100,
        help_text="ID number, phone of the household, characters or pinyin syllables of a name.",
    )  # fmt: skip
    category = serializers.ChoiceField(codes("category"), required=False)
    risk_level = serializers.ChoiceField(codes("risk_level"), required=False)
    division = serializers.CharField(required=False, max_length=12)
    status = serializers.ChoiceField(codes("child_status"), required=False)

    def validate_division(self, code: str) -> str:
        try:
            divisions.level(code)
        except DomainError as error:
            error.fields = ("division",)
            raise
        return code


class ListIn(FiltersIn):
    overdue = serializers.BooleanField(required=False, default=False)
    unassigned = serializers.BooleanField(required=False, default=False)


class DueIn(FiltersIn):
    step = serializers.ChoiceField(
        codes("due_step"), required=False,
        help_text="Everything that has come as far as this; without it, what concerns the role.",
    )  # fmt: skip


class TitleOut(serializers.Serializer):
    zh = serializers.CharField()
    en = serializers.CharField()


class ReasonOut(serializers.Serializer):
    """One thing that is open about a child."""

    rule = serializers.CharField()
    title = TitleOut()
    severity = serializers.ChoiceField(codes("severity"))
    observed = serializers.DateTimeField()


class ItemOut(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    birth_date = serializers.DateField(allow_null=True)
    sex = serializers.ChoiceField(codes("sex"))
    division = serializers.CharField()
    place = serializers.CharField()
    categories = serializers.ListField(child=serializers.CharField())
    risk_level = serializers.CharField(
        help_text="What is shown: the more protective of what people set and what is open."
    )
    risk_set = serializers.CharField(help_text="What people set, the more protective of several.")
    because = ReasonOut(many=True, help_text="What is open, the gravest first.")
    guardianship_rating = serializers.CharField()
    status = serializers.ChoiceField(codes("child_status"))
    conflict = serializers.BooleanField()
    supervisor = serializers.UUIDField(allow_null=True)
    supervisor_name = serializers.CharField()
    last_visit = serializers.DateTimeField(allow_null=True)
    due_on = serializers.DateField(allow_null=True)
    basis = serializers.CharField(help_text="Why then; a code of `due_basis`.")
    step = serializers.CharField(help_text="How far it has climbed; a code of `due_step`.")


class CoverOut(serializers.Serializer):
    id = serializers.UUIDField()
    person = serializers.UUIDField()
    name = serializers.CharField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(allow_null=True)
    revision = serializers.IntegerField()


class SiblingOut(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    birth_date = serializers.DateField(allow_null=True)


class GuardianOut(serializers.Serializer):
    id = serializers.UUIDField()
    conflicts = serializers.ListField(child=serializers.CharField())
    registers = serializers.DictField()


class DelegationOut(serializers.Serializer):
    id = serializers.UUIDField()
    person = serializers.UUIDField()
    observed = serializers.DateTimeField()
    valid_from = serializers.DateField(allow_null=True)
    expires_on = serializers.DateField(allow_null=True)
    revoked_on = serializers.DateField(allow_null=True)
    state = serializers.ChoiceField(codes("delegation_state"))
    answers = serializers.DictField()


class LateEditOut(serializers.Serializer):
    op = serializers.UUIDField()
    person = serializers.UUIDField()
    name = serializers.CharField()
    received = serializers.DateTimeField()


class RatingOut(serializers.Serializer):
    op = serializers.UUIDField()
    level = serializers.CharField()
    person = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    at = serializers.DateTimeField()
    reason = serializers.CharField(help_text="Where the office gave one.")


class RateIn(serializers.Serializer):
    level = serializers.ChoiceField(codes("risk_level"))
    reason = serializers.CharField(max_length=1000, help_text="Kept on file.")
    saw = serializers.ListField(
        child=serializers.UUIDField(),
        help_text="The `op` of every one of the file's `ratings` that was looked at.",
    )


class RatedOut(serializers.Serializer):
    """What is shown now: still the level of what is open, where that is more protective."""

    risk_level = serializers.CharField()
    risk_set = serializers.CharField()
    because = ReasonOut(many=True)


class FileOut(serializers.Serializer):
    """The values of `detail.File`."""

    item = ItemOut()
    registers = serializers.DictField(help_text="Each register's shown value.")
    conflicts = serializers.ListField(child=serializers.CharField())
    household = serializers.DictField()
    guardians = GuardianOut(many=True)
    siblings = SiblingOut(many=True)
    assignments = CoverOut(many=True)
    delegations = DelegationOut(many=True)
    late_edits = LateEditOut(many=True, help_text="Written after the child had left.")
    ratings = RatingOut(many=True, help_text="What people set as the risk level.")


class FilterIn(FiltersIn):
    unassigned = serializers.BooleanField(required=False, default=False)


class AssignIn(serializers.Serializer):
    """Ids, or a filter over the caller's area, or both."""

    to = serializers.UUIDField()
    children = serializers.ListField(
        child=serializers.UUIDField(), required=False, default=list, max_length=10_000
    )
    filter = FilterIn(required=False, allow_null=True, default=None)


class HandoverIn(serializers.Serializer):
    from_person = serializers.UUIDField(help_text="Whose caseload it is.")
    to = serializers.UUIDField()


class LineOut(serializers.Serializer):
    child = serializers.UUIDField()
    name = serializers.CharField()
    division = serializers.CharField()
    place = serializers.CharField()
    current = serializers.UUIDField(allow_null=True)
    current_name = serializers.CharField()
    outcome = serializers.ChoiceField(codes("assignment_outcome"))


class PreviewOut(serializers.Serializer):
    """The values of `order_cards.PreviewCard`."""

    counts = serializers.DictField(child=serializers.IntegerField())
    lines = LineOut(many=True)
    elsewhere = serializers.IntegerField()


class RefusedOut(serializers.Serializer):
    child = serializers.UUIDField()
    outcome = serializers.ChoiceField(codes("assignment_outcome"))


class OrderOut(serializers.Serializer):
    """The values of `order_cards.OrderCard`."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(codes("assignment_order"))
    to = serializers.UUIDField()
    to_name = serializers.CharField()
    from_person = serializers.UUIDField(allow_null=True)
    made_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    total = serializers.IntegerField()
    done = serializers.IntegerField()
    counts = serializers.DictField(child=serializers.IntegerField())
    refused = RefusedOut(many=True)
