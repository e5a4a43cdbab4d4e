"""What everybody sees before and after something sealed is said about a child: for who may not know, nothing differs.

The township's phone says it. Once it accuses the child's own supervisor, which goes round everybody of
her village; once it is sexual abuse, which is the leads' alone.
"""

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

from sync.protocol import ids
from tests import cast as everyone
from tests.api.conftest import HttpPhone
from tests.api.routes import Route
from tests.api.scope import ROUTES, asked_for, expected, plain, row_of
from tests.cast import Cast, Member

from .doors import REFUSED
from .findings import Row
from .phones import enrolled

# What an answer holds anew each time, whatever happened: tokens, the moment, and how long ago or ahead something is.
VOLATILE = re.compile(
    r'nonce-[^\'"]+|\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?'
    r"|less than a minute|\d+ ?(seconds?|minutes?|hours?|min|h|d|days?|s)\b"
)
SEARCHES = ("", "?q={name}", "?search={name}", "?child={child}", "?size=1")
# Neither of the two may be told; a stranger less than they.
NEVER = ["village_a", "village_b", "viewer", "partner", *everyone.FAR]
# Who may not read the leads' matters either.
BUT_LEADS = [*NEVER, "officer", "administrator"]


@dataclass
class Event:
    """What is said, and who must not notice; `words` stand in it."""

    name: str
    blind: list[str]
    kind: str
    data: dict[str, Any]
    words: str


def events(part: UUID) -> list[Event]:
    """Sealed answers belong to a part of a visit that everybody may see."""
    words = [f"她说{uuid4().hex}" for _ in range(2)]
    abuse = {"sexual_abuse_suspected": "yes", "sealed_words": words[0]}
    beaten = {
        "concern_kinds": ["violence"], "beaten": "yes", "facts_observed": words[1],
        "suspected_persons": ["supervisor"], "adult_with_child_now": "yes",
    }  # fmt: skip
    return [
        Event(
            "the leads' alone", BUT_LEADS, "visit.sealed", {"part": str(part), "answers": abuse}, words[0],
        ),
        Event("round her own supervisor", NEVER, "concern.raise", {"answers": beaten}, words[1]),
    ]  # fmt: skip


Send = Callable[[Member, str, str, Any, Any], Any]
Seen = dict[tuple[str, str], str]


def attack(
    cast: Cast, send: Send, *, client: Any = None, meanwhile: Callable[[], None] | None = None,
    names: Collection[str] = BUT_LEADS, searches: Sequence[str] = SEARCHES,
    routes: Sequence[Route] = ROUTES,
) -> Row:  # fmt: skip
    """`meanwhile` lets the workers do what follows; what then differs without any event is told as noise."""
    found = Row("sealed: before and after")
    witness, accused = (enrolled(cast[name], cast, client) for name in ("township", "village_a"))
    witness.sync()
    _quiet(accused)
    noise: set[tuple[str, str]] = set()
    part = _apply(witness, "visit.part", {"answers": {"child_seen": "yes"}}, cast)

    def seen() -> Seen:
        if meanwhile:
            meanwhile()
        return everything(cast, send, looks(cast, names, searches, routes))

    first = seen() if meanwhile else {}
    before = seen()
    for event in events(part):
        _apply(witness, event.kind, event.data, cast)
        after = seen()
        blind = {where for where in after if where[0] in event.blind}
        noise |= {where for where in first if first[where] != before[where]}
        found.tried += len(blind) + 1
        found.hits += [
            f"{event.name}: {name} sees another answer at {where}"
            for name, where in sorted(blind - noise)
            if before[name, where] != after[name, where]
        ]
        found.hits += [
            f"{event.name}: {name} reads its words at {where}"
            for name, where in sorted(blind)
            if event.words in after[name, where]
        ]
        before = after
        if event.words in str(accused.sync()):
            found.hits.append(f"{event.name}: the supervisor's phone gets its words")
    found.where = f"{len(names)} people and a phone; {len(noise)} answers change by themselves"
    return found


def _apply(witness: HttpPhone, kind: str, data: dict[str, Any], cast: Cast) -> UUID:
    """Raises AssertionError where it is not applied: then nothing would have been tried."""
    target = ids.uuid7(dt.datetime.now(dt.UTC))
    witness.say(kind, target, data, file=cast.here.ids["child"])
    (receipt,) = witness.sync(witness.log[-1])["receipts"]
    assert receipt["outcome"] == "applied", receipt
    return target


def everything(cast: Cast, send: Send, asked: Iterable[tuple[str, str]]) -> Seen:
    """Every answer that somebody gets who only looks, by caller and address."""
    seen: Seen = {}
    for name, path in asked:
        answer = send(cast[name], "GET", path, None, None)
        seen[name, path] = f"{answer.status_code} {VOLATILE.sub('…', plain(answer, {}))}"
    return seen


def looks(
    cast: Cast, names: Collection[str], searches: Sequence[str], routes: Sequence[Route]
) -> Iterator[tuple[str, str]]:
    things = cast.here.ids
    about = {"name": quote(cast.here.marks[0]), "child": things["child"]}
    for route in [route for route in routes if route.method == "GET"]:
        row = row_of(route) or {}
        wanted = expected(route, row.get("here") or {})
        path, _ = asked_for(route, row, things)
        for name in [name for name in names if wanted[name] not in REFUSED]:
            for search in searches if not route.parameters else searches[:1]:
                yield name, path + search.format(**about)


def _quiet(phone: HttpPhone) -> None:
    while phone.sync().get("more"):
        pass
