"""What may be done with an escalation next, and by whom: what the office offers to choose from."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from backend.accounts import queries as accounts
from backend.regions import codes

from . import judging, life_cycle, rulesets, scope, timed
from .models import ENDED


def steps(
    *, viewer: UUID, status: str, resume: str, escalation: scope.Placed, on: date
) -> list[str]:
    """The kinds of step the viewer may take now, in the order of the way."""
    reach = scope.reach(viewer, on=on)
    kinds = [kind for kind, after in life_cycle.STEPS.items() if life_cycle.may(status, after)]
    if resume and life_cycle.may(status, resume):
        kinds.append(life_cycle.RESUME)
    if status not in ENDED:
        kinds += life_cycle.NOTES
    return [kind for kind in kinds if reach.allows(kind, escalation)]


def assignees(*, escalation: scope.Placed, on: date) -> dict[UUID, str]:
    """Those who may be given it, with their names, by name."""
    roles = scope.SEALED if escalation.sealed else scope.WORKERS
    people = {
        holder.person
        for holder in accounts.holding([escalation.division], roles=roles, on=on)
        if codes.covers(codes.wider(holder.prefixes, escalation.skips), escalation.division)
    } - set(escalation.kept_out)
    return dict(sorted(accounts.names(people).items(), key=lambda item: (item[1], item[0])))


def concerned(*, escalation: scope.Placed, on: date) -> dict[UUID, str]:
    """Those in its reporting chain who could be kept out, with their names, by name."""
    roles = ("village_supervisor", *scope.WORKERS)
    held = accounts.holding([escalation.division], roles=roles, on=on)
    people = {holder.person for holder in held} - set(escalation.kept_out)
    return dict(sorted(accounts.names(people).items(), key=lambda item: (item[1], item[0])))


def rule_titles() -> dict[str, Mapping[str, str]]:
    """`{zh, en}` by rule id, as the rules in force word them, and of what is found without a rule."""
    try:
        rules = rulesets.current().ruleset.rules
    except rulesets.NoRules:
        rules = ()
    by_time = {rule.id: rule.title for rule in timed.RULES.values()}
    return {**judging.TITLES, **by_time, **{rule.id: rule.title for rule in rules}}
