"""The record types of households, guardians and children."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fieldforms.vocabulary import codes
from sync.entries import Entry
from sync.merge.registers import Spec
from sync.registry import LifeCycle, Policy, Problem, RecordType, Reference

from . import delegations, identity
from .models import LEFT, Child, Guardian, Household

CHILD_SPECS: Mapping[str, Spec] = {
    "categories": Spec("set"),
    "aid": Spec("set"),
    "disabilities": Spec("set"),
    "risk_level": Spec("protective", tuple(codes("risk_level"))),
    "guardianship_rating": Spec("protective", tuple(codes("guardianship_rating"))),
}


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None


def _part(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An atomic register's members; what is not an object has none."""
    value = values.get(name)
    return value if isinstance(value, Mapping) else {}


def responsible(values: Mapping[str, Any], county: str) -> str:
    """Whose it is to see to: where they live, as long as that lies in the county that has the file.

    Somebody may write a residence in another county. Nothing changes hands by that: until the other
    county has accepted an offer the file is seen by the whole of the one that has it.
    """
    written = str(_part(values, "residence").get("division") or "")
    is_code = written.isascii() and written.isdigit()
    return written if is_code and written.startswith(county) else county


def county_of(entry: Entry) -> str | None:
    """The county (first six digits) of the residence a registration names; what is no code names none."""
    write = _part(_part(entry.data, "set"), "residence")
    county = str(_part(write, "v").get("division") or "")[:6]
    return county if len(county) == 6 and county.isascii() and county.isdigit() else None


def _left(life_cycle: object) -> bool:
    return isinstance(life_cycle, Mapping) and life_cycle.get("status") in LEFT


def household_columns(values: Mapping[str, Any], county: str) -> dict[str, Any]:
    return {"division": responsible(values, county)}


def guardian_columns(values: Mapping[str, Any], county: str) -> dict[str, Any]:
    card, contact = _part(values, "identity"), _part(values, "contact")
    search = identity.tokens(
        name=card.get("name"), number=card.get("id_number"), phones=[contact.get("phone")]
    )
    return {"household": _uuid(values.get("household")), "search": search}


def child_columns(values: Mapping[str, Any], county: str) -> dict[str, Any]:
    card = _part(values, "identity")
    birth = identity.born(card.get("birth_date"))
    return {
        "household": _uuid(values.get("household")),
        "division": responsible(values, county),
        "birth_year": birth.year if birth else None,
        "sex": str(card.get("sex") or "not_collected"),
        "categories": sorted(values["categories"]),
        "risk_level": str(values.get("risk_level") or ""),
        "guardianship_rating": str(values.get("guardianship_rating") or ""),
        "status": str(_part(values, "life_cycle").get("status") or "registered"),
        "search": identity.tokens(name=card.get("name"), number=card.get("id_number"), birth=birth),
    }


def check_identity(entries: Sequence[Entry]) -> list[list[Problem]]:
    """What is wrong with the identity somebody wrote. It is stored all the same, and shown."""
    return [_identity_problems(entry) for entry in entries]


def _identity_problems(entry: Entry) -> list[Problem]:
    card = _part(_part(_part(entry.data, "set"), "identity"), "v")
    problems = []
    number = card.get("id_number")
    if number:
        try:
            identity.normalise_id(str(number))
        except ValueError:
            problems.append(
                Problem(
                    "identity.id_number",
                    "id.check_digit",
                    "身份证号校验不通过,请核对证件。",
                    "The ID number fails its check; compare it with the card.",
                )
            )
    birth_date = card.get("birth_date")
    born = identity.born(birth_date)
    if birth_date and (born is None or born > entry.observed.date()):
        problems.append(
            Problem(
                "identity.birth_date",
                "birth_date",
                "出生日期无效或在将来,请按 年-月-日 填写。",
                "The birth date is not a date or lies in the future; write YYYY-MM-DD.",
            )
        )
    return problems


def _states(rows: Sequence[Any], opened: Mapping[Any, Any]) -> list[dict[str, Any]]:
    return [{"registers": opened[row.id], "conflicts": row.conflicts} for row in rows]


# Whoever belongs to a household is shown with it, and brings its file to the phone that visits.
IN_HOUSEHOLD = Reference("household", "household")
HOUSEHOLD = RecordType(
    name="household",
    model=Household,
    policy=Policy.REGISTER,
    kinds={"household.register": True, "household.edit": False},
    columns=["division"],
    project_values=household_columns,
    shard=county_of,
    render=_states,
)
GUARDIAN = RecordType(
    name="guardian",
    model=Guardian,
    policy=Policy.REGISTER,
    kinds={"guardian.register": True, "guardian.edit": False},
    columns=["household", "search"],
    references=[IN_HOUSEHOLD],
    check=check_identity,
    project_values=guardian_columns,
    render=_states,
)
CHILD = RecordType(
    name="child",
    model=Child,
    policy=Policy.REGISTER,
    kinds={"child.register": True, "child.edit": False},
    columns=[
        "household", "division", "birth_year", "sex", "categories", "risk_level",
        "guardianship_rating", "status", "search",
    ],
    references=[IN_HOUSEHOLD],
    check=check_identity,
    specs=CHILD_SPECS,
    life_cycle=LifeCycle("life_cycle", _left),
    project_values=child_columns,
    shard=county_of,
    render=_states,
)  # fmt: skip
RECORD_TYPES = [HOUSEHOLD, GUARDIAN, CHILD, *delegations.RECORD_TYPES]
