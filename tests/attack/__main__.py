"""An attack on the running product: `.venv/bin/python -m tests.attack`, or some of it: `… doors sealed --minutes 5`.

It starts a demo of its own (fresh folder, fresh database on the server of DATABASE_URL or an embedded one,
free port), builds the tests' two counties into it, and tries

- `doors`: every route as everybody with real ids and bodies, phones that name what is not theirs;
- `sealed`: what everybody sees before and after something sealed;
- `slow`: 200 slow clients and 40 log-ins;
- `kills`: kill -9 for each process in turn;
- `marks`: marked values in logs, queues and a copy of the tables.

Prints a table, and exits 1 on any hit and where an attack has tried nothing. For all but `slow` and `kills` a
test plants holes and sees them found: `tests/attack/test_*.py`, which the suite runs.
"""

import argparse
import sys
import time
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from .findings import Row, exit_code, table
from .stage import demo

if TYPE_CHECKING:
    from .stage import Stage


def doors(stage: "Stage") -> list[Row]:
    from . import phones
    from .doors import TOGETHER, Doors
    from .wire import Wire

    wire = Wire(stage.address)
    over = stage.over_after(0.8)
    tried = Doors(stage.cast, wire.call, stage.others, over, TOGETHER, worked=True)
    with stage.quiet():
        return [
            tried.refused(), tried.methods(), tried.reads(), phones.attack(stage.cast, wire), tried.writes(),
        ]  # fmt: skip


def sealed(stage: "Stage") -> list[Row]:
    from . import sealed
    from .wire import Wire

    wire = Wire(stage.address)
    return [
        sealed.attack(stage.cast, wire.call, client=wire, meanwhile=lambda: time.sleep(5)),
    ]


def slow(stage: "Stage") -> list[Row]:
    from . import slow

    return [slow.attack(stage.address, stage.cast["officer"])]


def kills(stage: "Stage") -> list[Row]:
    from . import kills

    return [kills.attack(stage)]


# In this order: what comes later changes more.
ATTACKS: dict[str, Callable[["Stage"], list[Row]]] = {
    "sealed": sealed, "slow": slow, "kills": kills, "doors": doors,
}  # fmt: skip
# Pushed before all others, and looked for in what they all have left.
MARKS = "marks"


def run(names: Collection[str], minutes: float) -> list[Row]:
    with demo(minutes * 60, say) as stage:
        from .marks import Pushed

        pushed = Pushed.into(stage.cast, stage.address) if MARKS in names else None
        found: list[Row] = []
        for name in [name for name in ATTACKS if name in names]:
            began = time.monotonic()
            rows = ATTACKS[name](stage)
            found += rows
            say(f"{name} is done after {time.monotonic() - began:.0f} s")
        return found + (pushed.searched(stage.data, "".join(stage.said)) if pushed else [])


def say(text: str) -> None:
    print(text, flush=True)


def main(argv: Sequence[str]) -> int:
    known = [*ATTACKS, MARKS]
    parser = argparse.ArgumentParser(prog="python -m tests.attack", description=__doc__)
    parser.add_argument(
        "attacks", nargs="*", help=f"of {', '.join(known)}; all where none is named"
    )
    parser.add_argument(
        "--minutes", type=float, default=10.0, help="then it stops, and says how far it got"
    )
    given = parser.parse_args(argv)
    if unknown := set(given.attacks) - set(known):
        parser.error(f"there is no attack {', '.join(sorted(unknown))}")
    rows = run(given.attacks or known, given.minutes)
    say(table(rows))
    return exit_code(rows)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
