"""One escalation: its evidence, and the steps the office takes on it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from backend.common import clock
from backend.common.errors import DomainError, NotFound
from backend.concerns import queries, services
from backend.concerns.errors import CallTimeMissing, ReasonRequired
from backend.guardianship import queries as cases
from backend.referrals import queries as referrals
from fieldforms.vocabulary import codes

from . import clocks, navigation, photographs, words
from .access import OfficeRequest, office, show
from .texts import text

OUTCOMES = [code for code in codes("escalation_outcome") if code != "unfounded"]
# What each step reads from its form, beside the revision that was on the screen.
STEPS: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "acknowledge": (services.escalation_acknowledge, ()),
    "assign": (services.escalation_assign, ("assigned_to",)),
    "start": (services.escalation_start, ()),
    "resume": (services.escalation_resume, ("reason",)),
    "resolve": (services.escalation_resolve, ("outcome", "reason", "feedback")),
    "unfounded": (services.escalation_mark_unfounded, ("reason", "feedback")),
    "reported": (services.escalation_report, ("called_at", "officer", "receipt")),
    "keep_out": (services.escalation_keep_out, ("people", "reason")),
}


@office("queue")
def detail(request: OfficeRequest, escalation: UUID) -> HttpResponse:
    """A sealed one asks for a reason first; the reason comes by POST, so no address holds it."""
    return _shown(request, escalation, because=request.POST.get("because", ""))


@require_POST
@office("queue")
def step(request: OfficeRequest, escalation: UUID, name: str) -> HttpResponse:
    """Takes a step and shows the escalation again; a refused one keeps the words that were typed."""
    if name not in STEPS:
        raise NotFound()
    service, fields = STEPS[name]
    because = request.POST.get("because", "")
    try:
        service(
            escalation=escalation, actor=request.visitor.person, now=clock.now(),
            revision=number(request.POST.get("revision", "")), **_given(request.POST, fields),
        )  # fmt: skip
    except NotFound:
        raise
    except DomainError as error:
        return _shown(request, escalation, because=because, error=error, typed=name)
    messages.success(request, text(f"done.{name}"))
    if because:  # A sealed page was open: it stays open for the reason already given.
        return _shown(request, escalation, because=because)
    return redirect("escalation", escalation)


@require_POST
@office("queue")
def end_concerns(request: OfficeRequest, escalation: UUID) -> HttpResponse:
    """Ends the concerns that were ticked, each by name; an escalation that ends leaves them open."""
    because = request.POST.get("because", "")
    try:
        services.concerns_resolve(
            escalation=escalation, concerns=[_id(one) for one in request.POST.getlist("concerns")],
            reason=request.POST.get("reason", ""), actor=request.visitor.person, now=clock.now(),
        )  # fmt: skip
    except NotFound:
        raise
    except DomainError as error:
        return _shown(request, escalation, because=because, error=error, typed="concerns")
    messages.success(request, text("done.concerns"))
    if because:
        return _shown(request, escalation, because=because)
    return redirect("escalation", escalation)


def _given(data: QueryDict, fields: tuple[str, ...]) -> dict[str, Any]:
    given: dict[str, Any] = {name: data.get(name, "") for name in fields}
    if "assigned_to" in given:
        given["assigned_to"] = _id(given["assigned_to"])
    if "people" in given:
        given["people"] = [_id(given["people"])]
    if "called_at" in given:
        given["called_at"] = _moment(given["called_at"])
    return given


def number(text_: str) -> int:
    """0 is the revision of nothing: what is not a number is stale."""
    return int(text_) if text_.isdecimal() else 0


def _moment(text_: str) -> datetime:
    """The hour in China that a browser's field gives. Raises `CallTimeMissing`."""
    try:
        return timezone.make_aware(datetime.fromisoformat(text_))
    except ValueError:
        raise CallTimeMissing() from None


def _id(text_: str) -> UUID:
    try:
        return UUID(text_)
    except ValueError:
        return UUID(int=0)


def _shown(
    request: OfficeRequest, escalation: UUID, *, because: str,
    error: DomainError | None = None, typed: str = "",
) -> HttpResponse:  # fmt: skip
    viewer, now, today = request.visitor.person, clock.now(), clock.today()
    try:
        item, evidence = queries.detail(
            viewer=viewer, escalation=escalation, now=now, reason=because
        )
    except ReasonRequired as needed:
        return show(request, "sealed", {"escalation": escalation, "error": needed})
    kinds = queries.steps(
        viewer=viewer, status=item.status, resume=item.resume, escalation=item, on=today
    )
    case = cases.of_escalation(viewer=viewer, escalation=escalation, now=now)
    context = {
        "item": item,
        "age": clocks.age(item.birth_date, today) if item.birth_date else "",
        "evidence": evidence,
        "findings": [(found, _facts(found.facts)) for found in evidence.findings],
        "gaps": _gaps(evidence.gaps),
        "sources": _sources(evidence.findings, viewer, because),
        "steps": [kind.removeprefix("escalation.") for kind in kinds],
        "assignees": queries.assignees(escalation=item, on=today),
        "concerned": queries.concerned(escalation=item, on=today) if not item.resolved_at else {},
        "outcomes": OUTCOMES,
        "reports": queries.endable(viewer=viewer, escalation=escalation, now=now),
        "case": case,
        "agencies": referrals.agencies(item.to),
        "referrals": referrals.of_escalation(viewer=viewer, escalation=escalation, now=now),
        "can_open_case": case is None
        and bool(navigation.roles_for("cases") & request.visitor.roles),
        "because": because,
        "error": error,
        "typed": typed,
    }
    return show(request, "escalation", context, status=error.status if error else 200)


def _facts(found: dict[str, Any]) -> list[tuple[str, bool]]:
    """What was seen, and then what was looked for and is not so: each with whether it is."""
    seen = sorted(found.items(), key=lambda fact: fact[1] is False)
    return [(words.fact(name, value), value is not False) for name, value in seen]


def _gaps(gaps: list[Any]) -> list[tuple[str, list[str]]]:
    """The rule's title with what would have to be known."""
    titles = queries.rule_titles()
    return [
        (
            words.spoken(titles.get(gap.rule, {})) or gap.rule,
            [words.said("fact", name) for name in gap.missing],
        )
        for gap in gaps
    ]


def _sources(
    findings: list[Any], viewer: UUID, because: str
) -> list[tuple[Any, words.Answers, photographs.Photographs | None]]:
    """Each visit or concern behind the findings once, the child's part over the shared one."""
    sources = {found.source.op: found.source for found in findings if found.source}
    given = {op: [op, *filter(None, [source.shared_op])] for op, source in sources.items()}
    photos = photographs.beside(given, viewer=viewer, reason=because)
    return [
        (source, words.answers(source.kind, source.shared | source.answers), photos.get(op))
        for op, source in sources.items()
    ]
