"""The README's table of a case's steps, written from the data that the services use."""

from collections.abc import Iterable

from fieldforms.vocabulary import label

from .case_flow import OPEN, STEPS, Step
from .clocks import DEFAULT
from .order_life import APPLY, ORDER_STEPS

_HEAD = "| step | from | to | needs | clocks | basis |\n|---|---|---|---|---|---|"


def written() -> str:
    """Markdown: first the steps of a case, then those of a protection order."""
    cases = [_row("case_step", "case_state", name, step) for name, step in STEPS.items()]
    orders = {"apply": APPLY, **ORDER_STEPS}
    beside = [_row("protection_step", "protection_status", n, step) for n, step in orders.items()]
    limits = ", ".join(f"`{n}` {getattr(DEFAULT, n)}" for n in DEFAULT.__slots__)
    return "\n".join(
        [_HEAD, *cases, "", "Beside it, the protection order:", "", _HEAD, *beside, "",
         f"What a county may set: {limits}.", ""]
    )  # fmt: skip


def _row(steps: str, states: str, name: str, step: Step) -> str:
    approved = " (a lead approves)" if step.approved else ""
    needs = [
        label("case_field", need.name, "en") + ("" if need.required else "?")
        for need in step.needs
        if need.when is None
    ]
    needs += [f"*{label('case_evidence', form, 'en')}*" for form in step.evidence]
    clocks = [f"starts {_named('case_clock', step.starts)}"] if step.starts else []
    clocks += [f"ends {_named('case_clock', step.ends)}"] if step.ends else []
    cells = (
        f"{label(steps, name, 'zh')} {label(steps, name, 'en')}{approved}",
        "any" if step.before == OPEN else _named(states, step.before),
        label(states, step.after, "en") if step.after else "stays",
        ", ".join(needs),
        "; ".join(clocks),
        _named("legal_basis", step.basis),
    )
    return f"| {' | '.join(cells)} |".replace("  ", " ")


def _named(name: str, codes: Iterable[str]) -> str:
    return ", ".join(label(name, code, "en") for code in codes)
