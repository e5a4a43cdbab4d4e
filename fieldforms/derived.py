"""Facts that no single question gives. Pure; each is computed from the case and the facts so far.

`None` is not collected, or leaves an asked fact as it was answered. Arithmetic and dates are here
because CEL's differ between the two engines. What the file already says of a child may make a fact
more serious than today's answer, never less.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from . import ages

if TYPE_CHECKING:
    from .facts import Case

Facts = Mapping[str, Any]

# Minors Protection Law 2: a minor is under 18. Compulsory Education Law 11: from six years on.
ADULT, SCHOOL_STARTS = 18, 6
# Reporting opinions 2020, 4(2): under 14 a pregnancy itself is the suspicion.
PREGNANT_IS_ABUSED = 14
# The version of both forms from which on special needs are asked as "cannot be left".
CANNOT_BE_LEFT_SINCE = 3
OUT_OF_SCHOOL = {"not_enrolled_yet", "dropped_out", "not_in_school"}
BEFORE_SCHOOL = {None, "not_enrolled_yet", "kindergarten"}
SERIOUS_HEALTH = {"serious", "disabled"}


def age_years(case: "Case", facts: Facts) -> int:
    """The age that limits count at the day of observation: of register and guess the younger one.

    Without either, 0: nobody may be taken for too old to be in danger.
    """
    born = _birth_date(case)
    known = [] if born is None else [ages.counted(born, case.observed)]
    guess = facts.get("age_guess")
    return min([*known, *([] if guess is None else [guess])], default=0)


def has_disability(case: "Case", facts: Facts) -> bool | None:
    registered = bool(_codes(case, "disabilities")) or "DIFF_DISABILITY" in _codes(
        case, "categories"
    )
    return True if registered or facts.get("health") == "disabled" else None


def special_needs(case: "Case", facts: Facts) -> bool | None:
    """Whoever says that the child can be left has answered it: deafness or asthma alone is no such need.

    Where nobody could say, illness, a disability and an earlier visit count: it does not pass in a year.
    """
    if facts.get("can_be_left") and _asked_as_the_law_says(case):
        return None
    if facts.get("has_disability") or facts.get("health") in SERIOUS_HEALTH:
        return True
    if "special_needs" in facts:
        return None
    return True if any(past.get("special_needs") == "yes" for past in case.history) else None


def _asked_as_the_law_says(case: "Case") -> bool:
    """From version 3 on; who does not say the version may have been asked what version 2 asked."""
    version = case.version
    return version.isascii() and version.isdigit() and int(version) >= CANNOT_BE_LEFT_SINCE


def injured(case: "Case", facts: Facts) -> bool | None:
    """Whoever names several injuries or a grave one has seen one."""
    return True if facts.get("several_injuries") or facts.get("grave_injury") else None


def grave_injury(case: "Case", facts: Facts) -> bool | None:
    """A form that does not ask what an injury is like still says that there is none."""
    return False if facts.get("injured") is False and "grave_injury" not in facts else None


def bullied_known(case: "Case", facts: Facts) -> bool:
    """Always collected: what is known as bullying by other children is not found as online harm again."""
    return facts.get("bullied") is True


def self_harm_known(case: "Case", facts: Facts) -> bool:
    """Always collected: thoughts of suicide are told apart from self-harm only where it is known."""
    return facts.get("self_harm") is True


def compulsory_school_age(case: "Case", facts: Facts) -> bool | None:
    """Six when the school year began, on 1 September, and under 18.

    The older age counts for the first, the younger for the second. Where neither is known, a child that
    has been to school is old enough for it.
    """
    born, guess = _birth_date(case), facts.get("age_guess")
    if born is None and guess is None:
        return True if facts.get("school_status") not in BEFORE_SCHOOL else None
    year = case.observed.year - (case.observed < date(case.observed.year, 9, 1))
    started = born is not None and ages.counted(born, date(year, 9, 1)) >= SCHOOL_STARTS
    old_enough = started or (guess is not None and guess >= SCHOOL_STARTS)
    return old_enough and facts["age_years"] < ADULT


def age_differs(case: "Case", facts: Facts) -> bool:
    """Whether the child looks older or younger than the register says: a person mends the one or the other."""
    born, guess = _birth_date(case), facts.get("age_guess")
    if born is None or guess is None:
        return False
    return guess not in {ages.counted(born, case.observed), ages.common(born, case.observed)}


def out_of_school(case: "Case", facts: Facts) -> bool | None:
    """Where enrolment and attendance disagree, the child is out of school."""
    status, attendance = facts.get("school_status"), facts.get("attendance")
    if status in OUT_OF_SCHOOL or attendance == "stopped":
        return True
    return None if status is None and attendance is None else False


def nobody_cares(case: "Case", facts: Facts) -> bool | None:
    """Today's answer; where there is none, what the file says. A delegation names who will care."""
    if "nobody_cares" in facts or case.form == "delegation_confirmation":
        return None
    return True if case.child.get("actual_carer") == "nobody" else None


def de_facto_unattended(case: "Case", facts: Facts) -> bool | None:
    """Both parents dead, missing, seriously ill or disabled, imprisoned, out of contact, disqualified
    or deported (2019 policy of 12 ministries). Each status but `present` is one of these.
    """
    father, mother = (_parent(case, facts, name) for name in ("father_status", "mother_status"))
    if "present" in (father, mother):
        return False
    return True if father and mother else None


def _parent(case: "Case", facts: Facts, question: str) -> str | None:
    """Not collected today, but dead in an earlier visit, is dead."""
    status: str | None = facts.get(question)
    if status is None and any(past.get(question) == "dead" for past in case.history):
        return "dead"
    return status


def unattended_confirmed(case: "Case", facts: Facts) -> bool:
    """Always collected: what the file does not say is not confirmed."""
    return bool({"DE_FACTO_UNATTENDED", "ORPHAN"} & _codes(case, "categories"))


def without_aid(case: "Case", facts: Facts) -> bool | None:
    """Today's answer; where there is none, aid that the file names is aid."""
    if "aid_received" in facts:
        return not facts["aid_received"]
    return False if _codes(case, "aid") else None


def online_crime(case: "Case", facts: Facts) -> bool | None:
    """Blackmail is a crime whatever she thinks of it (Criminal Law 274)."""
    return True if "blackmailed" in facts.get("online_harm", []) else None


def pregnancy_unexplained(case: "Case", facts: Facts) -> bool | None:
    """A pregnancy or abortion of a minor that suspected sexual abuse (R5) does not hold for already.

    That nobody knows whether it comes from abuse is no reason to stay silent.
    """
    if not facts.get("pregnancy_or_abortion"):
        return facts.get("pregnancy_or_abortion")
    if facts.get("pregnancy_from_abuse"):
        return False
    return PREGNANT_IS_ABUSED <= facts["age_years"] < ADULT


def _codes(case: "Case", register: str) -> set[str]:
    """The elements of a set register: `{code: value}`."""
    value = case.child.get(register)
    return {str(code) for code in value} if isinstance(value, Mapping | list | tuple) else set()


def _birth_date(case: "Case") -> date | None:
    card = case.child.get("identity")
    text = card.get("birth_date") if isinstance(card, Mapping) else None
    try:
        born = date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return born if born and born <= case.observed else None


# In this order: a function may use the facts of those before it.
FUNCTIONS: Mapping[str, Callable[["Case", Facts], Any]] = {
    function.__name__: function
    for function in (
        age_years,
        age_differs,
        has_disability,
        special_needs,
        injured,
        grave_injury,
        self_harm_known,
        bullied_known,
        compulsory_school_age,
        out_of_school,
        nobody_cares,
        de_facto_unattended,
        unattended_confirmed,
        without_aid,
        online_crime,
        pregnancy_unexplained,
    )
}
