"""Forms to print and sign, filled with what is known."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse

from backend.children import queries as children
from backend.common import clock
from backend.common.errors import NotFound
from backend.guardianship import queries
from backend.guardianship.errors import ReasonRequired
from fieldforms import ages, wording
from fieldforms.vocabulary import codes

from . import case_fields, words
from .access import OfficeRequest, office, show

# The steps whose answers a form repeats.
FROM: dict[str, tuple[str, ...]] = {
    "handover": ("report_police", "place"),
    "child_wish": ("place", "move_placement", "return_home"),
    "safety_assessment": (),
    "guardianship_assessment": (),
    "temporary_decision": ("take_guardianship",),
    "revocation_application": ("file_revocation",),
}


@office("cases")
def sheet(request: OfficeRequest, case: UUID, form: str) -> HttpResponse:
    """One A4 page with lines for what is not known; of a sealed case after a reason."""
    if form not in codes("case_sheet"):
        raise NotFound()
    try:
        found = queries.sheet(
            viewer=request.visitor.person, case=case, form=form, now=clock.now(),
            reason=request.POST.get("because", ""),
        )  # fmt: skip
    except ReasonRequired as needed:
        return show(request, "case_sealed", {"case": case, "sheet": form, "error": needed})
    said = _said(found.detail.steps, FROM[form])
    context = {
        "form": form,
        "item": found.item,
        "child": _child(found.registers),
        "guardians": [_adult(adult) for adult in found.guardians],
        "said": said,
        "read": {name: case_fields.value_of(name, value) for name, value in said.items()},
        "columns": found.detail.columns,
        "grounds": case_fields.labels("revocation_ground", said.get("revocation_grounds", [])),
        "warnings": found.detail.warnings,
        "assessment": _assessment(form, found.detail.assessments),
        "today": clock.today(),
    }
    return show(request, "case_sheet", context)


def _said(steps: list[Any], names: tuple[str, ...]) -> dict[str, Any]:
    """What was said last under each name, in these steps or in what is put before a lead."""
    return {
        name: value
        for step in steps
        if step.step in names or step.of in names
        for name, value in step.said.items()
    }


def _child(registers: dict[str, Any]) -> dict[str, Any]:
    identity, residence = (_part(registers, name) for name in ("identity", "residence"))
    return {
        "name": identity.get("name"),
        "sex": words.said("sex", identity.get("sex")) if identity.get("sex") else "",
        "birth_date": identity.get("birth_date"),
        "number": identity.get("id_number"),
        "address": residence.get("address"),
        "eight": _of_eight(registers),
    }


def _of_eight(registers: dict[str, Any]) -> bool:
    """From the age of eight a child's wish has to be heard (Civil Code 19, 35)."""
    return not ages.is_under(8, children.born_of(registers), clock.today())


def _adult(registers: dict[str, Any]) -> dict[str, Any]:
    identity, contact = (_part(registers, name) for name in ("identity", "contact"))
    return {
        "name": identity.get("name"), "number": identity.get("id_number"),
        "phone": contact.get("phone"),
    }  # fmt: skip


def _part(registers: dict[str, Any], name: str) -> dict[str, Any]:
    part = registers.get(name)
    return part if isinstance(part, dict) else {}


def _assessment(form: str, recorded: list[Any]) -> list[dict[str, Any]]:
    """The questions with the answers of the last one recorded, or with boxes and lines to fill in."""
    if form not in codes("case_evidence"):
        return []
    answers: dict[str, Any] = next((one.answers for one in recorded if one.form == form), {})
    return [
        {
            "label": words.spoken(asked.label),
            "choices": [
                (words.said(asked.list, code), code in _listed(answers.get(name)))
                for code in codes(asked.list)
                if code != "not_collected"
            ] if asked.list else [],
            "text": "" if asked.list else answers.get(name, ""),
        }
        for name, asked in wording.questions(form).items()
    ]  # fmt: skip


def _listed(answer: Any) -> list[Any]:
    return answer if isinstance(answer, list) else [answer]
