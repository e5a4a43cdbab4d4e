"""The way of a guardianship case, as data: which step leads from where to where, and what it needs. Pure.

rules.md, "Guardianship case", row by row. What a step needs is a list of `Need`; labels stand in the
vocabulary (`case_step`, `case_field`). Clocks are started and ended by name; their length is `clocks`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

OFFICER, LEAD = "county_officer", "county_lead"


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that a step asks for.

    `kind`: words (sealed), line (words on one line), document (a number or an attachment's hash),
    moment, day, number, code, codes (of `list`), yes_no, person.
    `when`: asked only if the named field has, or contains, the value.
    """

    name: str
    kind: str
    list: str = ""
    required: bool = True
    when: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`after` is None where the state stays. `approved`: an officer puts it before the lead, who takes it.

    `evidence`: assessments that must have been recorded since `since` began (a column of the case).
    `ends` and `starts` name clocks; one that runs already is not started anew.
    """

    before: tuple[str, ...]
    after: str | None
    needs: tuple[Need, ...]
    approved: bool = False
    evidence: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    basis: tuple[str, ...] = ()


REASON = Need("reason", "words")
DOCUMENT = Need("document", "document")
WISH = Need("child_wish", "words")
TOLD = Need("for_supervisor", "words", required=False)
INTERVAL, UNTIL = Need("interval_days", "number"), Need("until", "day")

STATES = (
    "concern", "police_reported", "emergency_placement", "assessment", "temporary_guardianship",
    "decision", "returned", "revocation_filed", "judgment", "long_term_guardianship", "restoration",
    "closed",
)  # fmt: skip
OPEN = STATES[:-1]
PLACED = ("emergency_placement", "assessment", "temporary_guardianship", "decision",
          "revocation_filed", "judgment", "long_term_guardianship", "restoration")  # fmt: skip
ASSESSMENT_CLOCKS = ("assessment_first", "assessment_full")
RESTORATION_CLOCKS = ("restoration_from", "restoration_until")

STEPS: Mapping[str, Step] = {
    "report_police": Step(
        before=("concern",), after="police_reported",
        needs=(Need("called_at", "moment"), Need("police_officer", "line"), Need("receipt", "line")),
        ends=("police",), basis=("mpl-11",),
    ),
    "place": Step(
        before=("police_reported", "assessment", "returned"), after="emergency_placement",
        needs=(
            Need("placement_cause", "code", "placement_cause"), Need("placement", "code", "placement"),
            Need("carer", "line"), Need("handed_over_by", "line"), DOCUMENT, WISH, TOLD,
        ),
        ends=("monitoring",), starts=ASSESSMENT_CLOCKS, basis=("mpl-92", "opinions-2014-15"),
    ),
    "begin_assessment": Step(
        before=("police_reported", "emergency_placement", "returned"), after="assessment",
        needs=(REASON, TOLD), ends=("monitoring",), starts=ASSESSMENT_CLOCKS,
    ),
    "take_guardianship": Step(
        before=("assessment",), after="temporary_guardianship", approved=True,
        needs=(
            Need("temporary_ground", "code", "temporary_ground"), Need("care_form", "code", "care_form"),
            Need("carer", "line"), DOCUMENT, REASON, TOLD,
        ),
        evidence=("safety_assessment",), starts=("temporary",),
        basis=("mpl-92", "mpl-93", "opinions-2014-15"),
    ),
    "move_placement": Step(
        before=PLACED, after=None,
        needs=(Need("placement", "code", "placement"), Need("carer", "line"), WISH, REASON, TOLD),
    ),
    "decide": Step(
        before=("assessment", "temporary_guardianship"), after="decision", needs=(REASON,),
        evidence=("guardianship_assessment",),
    ),
    "return_home": Step(
        before=("decision",), after="returned", approved=True,
        needs=(DOCUMENT, REASON, WISH, INTERVAL, UNTIL, TOLD),
        ends=("temporary", *ASSESSMENT_CLOCKS), starts=("monitoring",),
    ),
    "file_revocation": Step(
        before=("decision",), after="revocation_filed", approved=True,
        needs=(
            Need("applicant", "code", "revocation_applicant"), Need("applicant_name", "line"),
            Need("respondent", "line"), Need("revocation_grounds", "codes", "revocation_ground"),
            Need("refused_since", "day", when=("revocation_grounds", "refused")),
            Need("destitute", "yes_no", when=("revocation_grounds", "refused")),
            Need("delegation_refused", "yes_no", when=("revocation_grounds", "incapable")),
            Need("court", "line"), DOCUMENT, REASON,
        ),
        ends=ASSESSMENT_CLOCKS, starts=("acceptance",),
        basis=("mpl-108", "civil-code-36", "opinions-2014-35"),
    ),
    "court_accepts": Step(
        before=("revocation_filed",), after="judgment", needs=(DOCUMENT,),
        ends=("acceptance",), starts=("judgment",), basis=("civil-procedure",),
    ),
    "extend_judgment": Step(
        before=("judgment",), after=None, needs=(DOCUMENT, UNTIL), ends=("judgment",),
        starts=("judgment",), basis=("civil-procedure",),
    ),
    "withdraw": Step(
        before=("revocation_filed", "judgment"), after="decision", needs=(REASON,),
        ends=("acceptance", "judgment"),
    ),
    "dismiss": Step(
        before=("revocation_filed", "judgment"), after="decision", needs=(DOCUMENT, REASON),
        ends=("acceptance", "judgment"),
    ),
    "appoint": Step(
        before=("judgment",), after="long_term_guardianship",
        needs=(
            DOCUMENT, Need("guardian_kind", "code", "guardian_kind"), Need("guardian", "line"),
            Need("intentional_crime", "yes_no"), TOLD,
        ),
        ends=("judgment", "temporary"), starts=RESTORATION_CLOCKS,
        basis=("civil-code-36", "civil-code-37", "mpl-94"),
    ),
    "assume": Step(
        before=("decision",), after="long_term_guardianship", approved=True,
        needs=(Need("long_term_ground", "code", "long_term_ground"), DOCUMENT, REASON, TOLD),
        ends=("temporary", *ASSESSMENT_CLOCKS), basis=("mpl-94", "civil-code-37"),
    ),
    "record_crime": Step(
        before=("judgment", "long_term_guardianship", "restoration"), after=None,
        needs=(DOCUMENT,), ends=RESTORATION_CLOCKS, basis=("civil-code-38",),
    ),
    "apply_restoration": Step(
        before=("long_term_guardianship",), after="restoration",
        needs=(Need("applicant_name", "line"), DOCUMENT, REASON), ends=RESTORATION_CLOCKS,
        basis=("civil-code-38", "opinions-2014-38"),
    ),
    "restore": Step(
        before=("restoration",), after="returned", needs=(DOCUMENT, WISH, INTERVAL, UNTIL, TOLD),
        starts=("monitoring",), basis=("civil-code-38",),
    ),
    "refuse_restoration": Step(
        before=("restoration",), after="long_term_guardianship", needs=(DOCUMENT,),
    ),
    "assign": Step(before=OPEN, after=None, needs=(Need("worker", "person"),)),
    "close": Step(
        before=("concern", "police_reported", "assessment", "returned", "long_term_guardianship"),
        after="closed", approved=True,
        needs=(Need("outcome", "code", "case_outcome"), Need("follow_up", "words"), REASON),
    ),
}  # fmt: skip


def possible(state: str) -> list[str]:
    """The steps from a state, in the order of the way."""
    return [name for name, step in STEPS.items() if state in step.before]


def asked(step: str, given: Mapping[str, object]) -> list[Need]:
    """What the step needs, with what has been answered so far."""
    return [need for need in STEPS[step].needs if need.when is None or _holds(need.when, given)]


def starts(step: str, given: Mapping[str, object]) -> tuple[str, ...]:
    """The clocks that the step starts: after an intentional crime nobody waits for a restoration."""
    if given.get("intentional_crime") == "yes":
        return tuple(code for code in STEPS[step].starts if code not in RESTORATION_CLOCKS)
    return STEPS[step].starts


def _holds(when: tuple[str, str], given: Mapping[str, object]) -> bool:
    value = given.get(when[0])
    return when[1] in value if isinstance(value, list) else value == when[1]
