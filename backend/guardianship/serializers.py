"""The shapes of the cases' API. Values are those of `queries.Item` and of `history`."""

from rest_framework import serializers

from backend.common.errors import DomainError
from backend.regions import codes as divisions
from fieldforms.vocabulary import codes

from .case_flow import STEPS
from .order_life import ORDER_STEPS


class FiltersIn(serializers.Serializer):
    """Without `state`, what is not closed."""

    state = serializers.MultipleChoiceField(choices=codes("case_state"), required=False)
    clock = serializers.ChoiceField(
        codes("case_clock"), required=False, help_text="Cases in which this clock runs."
    )
    overdue = serializers.BooleanField(required=False, allow_null=True, default=None)
    due_before = serializers.DateField(
        required=False, help_text="Next clock on this day or before."
    )
    division = serializers.CharField(required=False, max_length=12)
    worker = serializers.UUIDField(required=False)
    proposed = serializers.BooleanField(
        required=False, default=False, help_text="A step waits for a lead."
    )

    def validate_state(self, states: set[str]) -> tuple[str, ...]:
        return tuple(sorted(states))

    def validate_division(self, code: str) -> str:
        try:
            divisions.level(code)
        except DomainError as error:
            error.fields = ("division",)
            raise
        return code


class ItemOut(serializers.Serializer):
    id = serializers.UUIDField()
    revision = serializers.IntegerField()
    state = serializers.ChoiceField(codes("case_state"))
    sealed = serializers.BooleanField()
    child = serializers.UUIDField(allow_null=True, help_text="Null for a sealed one in a list.")
    name = serializers.CharField()
    birth_date = serializers.DateField(allow_null=True)
    division = serializers.CharField()
    place = serializers.CharField()
    since = serializers.DateTimeField()
    opened_at = serializers.DateTimeField()
    clock = serializers.CharField(help_text="The next clock, a protection order's too.")
    due = serializers.DateTimeField(allow_null=True)
    overdue = serializers.BooleanField()
    placement = serializers.CharField()
    worker = serializers.UUIDField(allow_null=True)
    worker_name = serializers.CharField()
    proposed_step = serializers.CharField(help_text="The step that waits for a lead.")
    outcome = serializers.CharField()


class PageOut(serializers.Serializer):
    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ItemOut(many=True)


class CaseAlertOut(serializers.Serializer):
    at = serializers.DateTimeField()
    severity = serializers.ChoiceField(codes("severity"))


class CaseClockOut(serializers.Serializer):
    code = serializers.ChoiceField(codes("case_clock"))
    starts = serializers.DateTimeField()
    due = serializers.DateTimeField()
    alerts = CaseAlertOut(many=True)


class CaseStepOut(serializers.Serializer):
    op = serializers.UUIDField()
    step = serializers.CharField()
    observed = serializers.DateTimeField()
    received = serializers.DateTimeField()
    person = serializers.UUIDField()
    name = serializers.CharField()
    said = serializers.DictField()
    of = serializers.CharField(help_text="For `propose`: the step that was put before a lead.")
    note = serializers.CharField()
    alone = serializers.BooleanField(help_text="Approved by whoever proposed it: no other lead.")


class ProposalOut(serializers.Serializer):
    step = serializers.CharField()
    by = serializers.UUIDField()
    name = serializers.CharField()
    at = serializers.DateTimeField()
    observed = serializers.DateTimeField()
    said = serializers.DictField()


class ProtectionOrderOut(serializers.Serializer):
    id = serializers.UUIDField()
    revision = serializers.IntegerField()
    status = serializers.ChoiceField(codes("protection_status"))
    applicant = serializers.CharField()
    urgent = serializers.BooleanField()
    applied_at = serializers.DateTimeField()
    issued_on = serializers.DateField(allow_null=True)
    valid_until = serializers.DateField(allow_null=True)
    extensions = serializers.IntegerField()
    clocks = CaseClockOut(many=True)
    possible = serializers.ListField(child=serializers.CharField())
    steps = CaseStepOut(many=True)


class AssessmentOut(serializers.Serializer):
    id = serializers.UUIDField()
    form = serializers.CharField()
    form_version = serializers.CharField()
    observed = serializers.DateTimeField()
    person = serializers.UUIDField()
    name = serializers.CharField()
    answers = serializers.DictField()
    problems = serializers.ListField(child=serializers.DictField())


class WarningOut(serializers.Serializer):
    id = serializers.UUIDField()
    kind = serializers.CharField()
    by = serializers.CharField()
    given_on = serializers.DateField()
    name = serializers.CharField()
    to = serializers.CharField()
    text = serializers.CharField()
    document = serializers.CharField()


class AlertGivenOut(CaseAlertOut):
    clock = serializers.ChoiceField(codes("case_clock"))
    given_at = serializers.DateTimeField()


class CaseOut(ItemOut):
    escalation = serializers.UUIDField(allow_null=True)
    clocks = CaseClockOut(many=True)
    possible = serializers.ListField(child=serializers.CharField())
    proposal = ProposalOut(allow_null=True)
    columns = serializers.DictField()
    steps = CaseStepOut(many=True)
    orders = ProtectionOrderOut(many=True)
    assessments = AssessmentOut(many=True)
    warnings = WarningOut(many=True)
    alerts = AlertGivenOut(many=True)


class NeedOut(serializers.Serializer):
    """`when`: asked only if the first named field has, or contains, the second."""

    name = serializers.CharField()
    label = serializers.DictField(child=serializers.CharField())  # type: ignore[assignment]
    kind = serializers.CharField()
    list = serializers.CharField()
    required = serializers.BooleanField()  # type: ignore[assignment]
    when = serializers.ListField(child=serializers.CharField(), allow_null=True)


class FlowStepOut(serializers.Serializer):
    step = serializers.CharField()
    label = serializers.DictField(child=serializers.CharField())  # type: ignore[assignment]
    before = serializers.ListField(child=serializers.CharField())
    after = serializers.CharField(allow_null=True)
    approved = serializers.BooleanField()
    needs = NeedOut(many=True)
    evidence = serializers.ListField(child=serializers.CharField())
    basis = serializers.ListField(child=serializers.CharField())


class FlowOut(serializers.Serializer):
    case = FlowStepOut(many=True)
    protection_order = FlowStepOut(many=True)


class OpenIn(serializers.Serializer):
    child = serializers.UUIDField()
    reason = serializers.CharField(max_length=8000)
    escalation = serializers.UUIDField(required=False, allow_null=True)
    sealed = serializers.BooleanField(default=False)
    observed = serializers.DateTimeField(required=False, help_text="When it happened; now.")


class RevisionIn(serializers.Serializer):
    revision = serializers.IntegerField(min_value=1, help_text="The one that was read.")


class StepIn(RevisionIn):
    """`given` has what the step needs, by the names of `GET /cases/flow`."""

    step = serializers.ChoiceField([*STEPS])
    given = serializers.DictField()
    observed = serializers.DateTimeField(required=False, help_text="When it happened; now.")


class ApproveIn(RevisionIn):
    note = serializers.CharField(max_length=4000, allow_blank=True, default="")


class DeclineIn(RevisionIn):
    reason = serializers.CharField(max_length=4000)


class RevisionOut(serializers.Serializer):
    id = serializers.UUIDField()
    revision = serializers.IntegerField()
    state = serializers.ChoiceField(codes("case_state"), source="status")
    proposed_step = serializers.CharField()


class ReasonIn(serializers.Serializer):
    reason = serializers.CharField(max_length=1000)


class AssessIn(serializers.Serializer):
    form = serializers.ChoiceField(codes("case_evidence"))
    version = serializers.CharField(max_length=40)
    answers = serializers.DictField()
    observed = serializers.DateTimeField(required=False, help_text="When it was made; now.")


class WarnIn(serializers.Serializer):
    kind = serializers.ChoiceField(codes("guardian_warning_kind"))
    by = serializers.ChoiceField(codes("guardian_warning_by"))
    given_on = serializers.DateField()
    to = serializers.CharField(max_length=300)
    text = serializers.CharField(max_length=8000)
    document = serializers.CharField(required=False, allow_blank=True, max_length=300)
    document_sha256 = serializers.CharField(required=False, allow_blank=True, max_length=64)


class RecordedOut(serializers.Serializer):
    id = serializers.UUIDField()


class ApplyIn(serializers.Serializer):
    given = serializers.DictField(help_text="What `apply` of `GET /cases/flow` needs.")
    observed = serializers.DateTimeField(required=False)


class OrderStepIn(RevisionIn):
    step = serializers.ChoiceField([*ORDER_STEPS])
    given = serializers.DictField()
    observed = serializers.DateTimeField(required=False)


class OrderRevisionOut(serializers.Serializer):
    id = serializers.UUIDField()
    revision = serializers.IntegerField()
    status = serializers.ChoiceField(codes("protection_status"))
