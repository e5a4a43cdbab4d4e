"""The shapes of the queue's API. Values are those of `queries.Item` and `evidence.Evidence`."""

from rest_framework import serializers

from backend.regions import codes as divisions
from backend.visits.serializers import DetailOut, OpenedOut
from fieldforms.vocabulary import codes
from sync.shown import ClockOut

OUTCOMES = [code for code in codes("escalation_outcome") if code != "unfounded"]


class FiltersIn(serializers.Serializer):
    """Repeat `status` and `severity` for several; without `status`, what has not ended."""

    status = serializers.ListField(
        child=serializers.ChoiceField(codes("escalation_status")), required=False
    )
    severity = serializers.ListField(
        child=serializers.ChoiceField(codes("severity")), required=False
    )
    overdue = serializers.BooleanField(required=False, allow_null=True, default=None)
    division = serializers.CharField(required=False, max_length=12)
    assigned_to = serializers.UUIDField(required=False)
    level = serializers.ChoiceField(codes("escalation_level"), required=False)
    unassigned = serializers.BooleanField(required=False, default=False)
    rule = serializers.CharField(required=False, max_length=20)

    def validate_division(self, code: str) -> str:
        divisions.level(code)
        return code


class ItemOut(serializers.Serializer):
    id = serializers.UUIDField()
    revision = serializers.IntegerField()
    status = serializers.ChoiceField(codes("escalation_status"))
    severity = serializers.ChoiceField(codes("severity"))
    sealed = serializers.BooleanField()
    episode = serializers.IntegerField()
    deadline = serializers.DateTimeField()
    overdue = serializers.BooleanField()
    child = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    birth_date = serializers.DateField(allow_null=True)
    division = serializers.CharField()
    place = serializers.CharField()
    rules = serializers.ListField(child=serializers.CharField())
    to = serializers.ListField(child=serializers.CharField())
    observed_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField()
    late = serializers.DurationField(help_text="From seen to received.")
    opened_at = serializers.DateTimeField()
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    acknowledged_by = serializers.UUIDField(allow_null=True)
    assigned_to = serializers.UUIDField(allow_null=True)
    assignee = serializers.CharField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.CharField()
    level = serializers.ChoiceField(codes("escalation_level"))
    level_since = serializers.DateTimeField()
    skips = serializers.CharField(
        help_text="The level of the reporting chain where a suspect works, or empty."
    )
    deadline_fallback = serializers.BooleanField(
        help_text="A year's working days are missing: the deadline counts calendar days."
    )
    for_police = serializers.BooleanField(help_text="Whether the police have to be told.")
    reported_at = serializers.DateTimeField(
        allow_null=True, help_text="The first call to the police on record."
    )
    reporter = serializers.CharField(help_text="Who made that call.")
    uncalled = serializers.IntegerField(
        help_text="Of how many events the police must hear and no call is on record."
    )
    resume = serializers.CharField(
        help_text="`referred` or `case_opened` where it was so before something new joined it:"
        " where it can go on by `resume`. Empty otherwise."
    )


class PageOut(serializers.Serializer):
    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ItemOut(many=True)


class CountsOut(serializers.Serializer):
    total = serializers.IntegerField()
    overdue = serializers.IntegerField()
    due_today = serializers.IntegerField()
    unassigned = serializers.IntegerField()
    status = serializers.DictField(child=serializers.IntegerField())
    severity = serializers.DictField(child=serializers.IntegerField())


class SourceOut(serializers.Serializer):
    op = serializers.UUIDField()
    target = serializers.UUIDField(help_text="Id of the visit part, concern or sealed answers.")
    kind = serializers.CharField()
    person = serializers.UUIDField()
    name = serializers.CharField()
    observed = serializers.DateTimeField()
    received = serializers.DateTimeField()
    clock = ClockOut(allow_null=True, help_text="Absent for what the office entered.")
    answers = serializers.JSONField()
    shared = serializers.JSONField()


class FindingOut(serializers.Serializer):
    id = serializers.UUIDField()
    rule = serializers.CharField()
    rule_version = serializers.IntegerField()
    branch = serializers.IntegerField()
    title = serializers.DictField(child=serializers.CharField())
    do = serializers.DictField(child=serializers.CharField())
    severity = serializers.ChoiceField(codes("severity"))
    found_by = serializers.ChoiceField(codes("finding_source"))
    by_hand = serializers.BooleanField()
    facts = serializers.JSONField()
    basis = serializers.ListField(child=serializers.CharField())
    local = serializers.ListField(
        child=serializers.CharField(),
        help_text="Hashes of the local variants that set its deadline or recipients.",
    )
    lesson = serializers.CharField()
    deadline = serializers.DateTimeField(allow_null=True)
    observed = serializers.DateTimeField()
    received = serializers.DateTimeField()
    late = serializers.DurationField()
    source = SourceOut(allow_null=True)  # type: ignore[assignment]


class GapOut(serializers.Serializer):
    rule = serializers.CharField()
    rule_version = serializers.IntegerField()
    missing = serializers.ListField(child=serializers.CharField(), help_text="Facts.")
    ask = serializers.ListField(
        child=serializers.CharField(), help_text="Questions of her form that would have decided it."
    )
    sealed = serializers.BooleanField()


class ChildOut(DetailOut):
    """`gaps`: what the last visit left open; absent for those who may not read what was seen."""

    gaps = GapOut(many=True, required=False)


class VisitOut(OpenedOut):
    gaps = GapOut(many=True)
    much_unasked = serializers.BooleanField(
        help_text="So many critical questions are open that the township should look at it."
    )


class LookOut(serializers.Serializer):
    """The values of `looking.Look`: a sign, never an accusation."""

    part = serializers.UUIDField()
    child = serializers.UUIDField()
    observed = serializers.DateTimeField()
    division = serializers.CharField()
    place = serializers.CharField()
    person = serializers.UUIDField(help_text="Who made the visit.")
    name = serializers.CharField()
    signs = serializers.ListField(child=serializers.ChoiceField(codes("visit_sign")))


class ReportedOut(serializers.Serializer):
    at = serializers.CharField()
    by = serializers.CharField()
    officer = serializers.CharField(help_text="Who took the call.")
    receipt = serializers.CharField()


class StepOut(serializers.Serializer):
    kind = serializers.CharField()
    at = serializers.DateTimeField()
    person = serializers.UUIDField()
    name = serializers.CharField()
    reason = serializers.CharField()
    feedback = serializers.CharField()
    outcome = serializers.CharField()
    assigned_to = serializers.UUIDField(allow_null=True)
    assignee = serializers.CharField()
    level = serializers.CharField(help_text="Of a rise or an opening: where it came to stand.")
    climb = serializers.CharField(help_text="Why it rose, a code; empty for other steps.")
    due_at = serializers.DateTimeField(
        allow_null=True, help_text="When the rise was due; the server may have been late."
    )
    kept_out = serializers.ListField(child=serializers.CharField())


class EscalationOut(ItemOut):
    kept_out = serializers.ListField(child=serializers.UUIDField())
    findings = FindingOut(many=True)
    concerns = serializers.ListField(
        child=serializers.UUIDField(), help_text="The child's open concerns."
    )
    gaps = GapOut(many=True)
    police = ReportedOut(many=True)
    steps = StepOut(many=True)


class RevisionIn(serializers.Serializer):
    revision = serializers.IntegerField(min_value=1, help_text="The one that was read.")


class RevisionOut(serializers.Serializer):
    id = serializers.UUIDField()
    revision = serializers.IntegerField()
    status = serializers.ChoiceField(codes("escalation_status"))


class AssignIn(RevisionIn):
    assigned_to = serializers.UUIDField()


class UnfoundedIn(RevisionIn):
    reason = serializers.CharField(max_length=4000, help_text="For the file.")
    feedback = serializers.CharField(
        max_length=2000, allow_blank=True, default="", help_text="What the reporter is told."
    )


class ResolveIn(UnfoundedIn):
    outcome = serializers.ChoiceField(OUTCOMES)


class ResumeIn(RevisionIn):
    reason = serializers.CharField(max_length=4000, help_text="How it is dealt with there.")


class ReportedIn(RevisionIn):
    called_at = serializers.DateTimeField()
    officer = serializers.CharField(max_length=200, help_text="Who took the call.")
    receipt = serializers.CharField(max_length=100, help_text="Number of the police's receipt.")


class KeepOutIn(RevisionIn):
    people = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=20)
    reason = serializers.CharField(max_length=1000)


class ReasonIn(serializers.Serializer):
    reason = serializers.CharField(max_length=1000)


class ConcernsIn(serializers.Serializer):
    concerns = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=50)
    reason = serializers.CharField(max_length=4000)


class ConcernsOut(serializers.Serializer):
    concerns = serializers.ListField(
        child=serializers.UUIDField(), help_text="Those that are still open."
    )
