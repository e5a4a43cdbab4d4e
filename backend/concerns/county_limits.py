"""Each county's own limits of escalations."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from backend.audit import services as audit
from backend.common.errors import DomainError
from backend.regions import codes

from .limits import DEFAULT, NAMES, Limits
from .models import EscalationClock, LimitSetting
from .rulesets import EVERYTHING


class LimitUnknown(DomainError):
    code = "escalation.limit"
    zh = "预警时限的设置无效。可设置的项目为：{names}；数值须为 1 至 9999 的整数。"
    en = "Not a limit of escalations. These can be set, to whole numbers from 1 to 9999: {names}."


def limits_of(counties: Collection[str]) -> dict[str, Limits]:
    """The defaults with what each county has set differently; one statement."""
    rows = LimitSetting.objects.filter(county__in=counties).values_list("county", "overrides")
    own = dict(rows)
    return {county: DEFAULT.with_(own.get(county, {})) for county in counties}


@transaction.atomic
def configure(
    *, county: str, overrides: Mapping[str, int], actor: UUID | None, now: datetime
) -> None:
    """Sets what a county has different from the defaults; what is open is looked at anew by the next run.

    Raises `LimitUnknown`, `CodeMalformed`.
    """
    codes.level(county)
    wrong = [n for n, value in overrides.items() if n not in NAMES or not 1 <= value <= 9999]
    if wrong:
        raise LimitUnknown(fields=tuple(wrong), names=", ".join(NAMES))
    LimitSetting.objects.update_or_create(county=county, defaults={"overrides": dict(overrides)})
    EscalationClock.objects.filter(escalation__division__startswith=county).update(next_at=now)
    audit.record(
        actor=actor, action="escalation.limits", subject=EVERYTHING, county=county, now=now,
        detail={"overrides": dict(overrides)},
    )  # fmt: skip
