"""A rehearsal that is kept: started by a person, carried on by whoever is there, resumed after a crash."""

from collections import Counter
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, Literal
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from backend.audit import services as audit
from backend.common import clock, encrypted
from backend.visits import queries as visits
from sync.protocol import ids

from .. import judge
from ..models import Rehearsal, RehearsalSample
from . import errors, services
from .comparing import Comparison, Sample, Side, sealed_rules
from .rehearsing import batches, plan, rehearse

# One that nobody touched for so long was left by a process that died.
ABANDONED = timedelta(minutes=10)
Progress = Literal["busy", "more", "finished"]


def rehearsal_start(*, edition: UUID, since: date, actor: UUID, now: datetime) -> Rehearsal:
    """Puts it down; `rehearsal_run` carries it out. Raises `RehearsalNeedless`."""
    row = services.mine(edition, actor, now)
    if row.status not in ("draft", "rehearsed") or since > timezone.localdate(now):
        raise errors.RehearsalNeedless()
    planned = plan(row.content, row.division, since)
    with transaction.atomic():
        made = Rehearsal.objects.create(
            id=ids.uuid7(now), edition=row, sha256=row.sha256, against=planned.before.sha256,
            since=since, actor=actor, started_at=now,
            files=visits.count_since(planned.since, within=planned.within),
            sealed_rules=sealed_rules(Side(planned.before, {}), Side(planned.after, {})),
        )  # fmt: skip
        audit.record(
            actor=actor, action="rules.rehearse", subject=made.id, subject_type="rehearsal",
            now=now, county=row.division, detail={"sha256": row.sha256, "since": str(since)},
        )  # fmt: skip
    return made


def unfinished(*, now: datetime) -> list[UUID]:
    """Those nobody is working on, the oldest first."""
    rows = Rehearsal.objects.filter(_free(now))
    return list(rows.order_by("started_at").values_list("id", flat=True))


def rehearsal_run(*, rehearsal: UUID, now: datetime, chunks: int) -> Progress:
    """One turn of at most so many batches. What somebody else is working on is left alone (`busy`)."""
    if Rehearsal.objects.filter(_free(now), id=rehearsal).update(
        touched_at=now, status="running"
    ) != 1:  # fmt: skip
        return "busy"
    row = Rehearsal.objects.select_related("edition").get(id=rehearsal)
    if row.edition.sha256 != row.sha256 or judge.in_force().sha256 != row.against:
        # Changed under its feet: what it would say is about rules that nobody has before them.
        return _saved(row, Comparison(), now, status="failed")
    planned = plan(row.edition.content, row.edition.division, row.since)
    found = Comparison(counts=row.counts, sampled=_sampled(row))
    turn = 0
    for files in islice(batches(planned, after=row.cursor), chunks):
        rehearse(planned, files, found, now=now)
        row.cursor, row.files_done, turn = files[-1], row.files_done + len(files), turn + 1
    return _saved(row, found, now, status="running" if turn == chunks else "finished")


def _free(now: datetime) -> Q:
    idle = clock.is_over("touched_at", after=ABANDONED, now=now)
    return idle & Q(status__in=("waiting", "running"))


def _sampled(row: Rehearsal) -> Counter[tuple[str, str]]:
    counted = row.samples.values_list("county", "rule").annotate(n=Count("id"))
    return Counter({(county, rule): n for county, rule, n in counted})


def _saved(row: Rehearsal, found: Comparison, now: datetime, *, status: str) -> Progress:
    """A turn counts whole or not at all: one that dies is done again from the same cursor."""
    with transaction.atomic():
        RehearsalSample.objects.bulk_create(_sealed(row, found.samples))
        changes: dict[str, Any] = {
            "status": status, "counts": found.counts or row.counts, "cursor": row.cursor,
            "files_done": row.files_done, "touched_at": None,
        }  # fmt: skip
        if status != "running":
            changes["finished_at"] = now
        if status == "finished":
            changes["files"] = row.files_done
            services.edition_rehearsed(rehearsal=row)
        if Rehearsal.objects.filter(id=row.id, touched_at=now).update(**changes) != 1:
            # Taken for dead and taken over: the other one's turn is the one that counts.
            transaction.set_rollback(True)
            return "busy"
    return "more" if status == "running" else "finished"


def _sealed(row: Rehearsal, samples: list[Sample]) -> list[RehearsalSample]:
    """The facts of an example go under the key of their child: an erased file takes them along."""
    ciphers = encrypted.keys({sample.file for sample in samples})
    return [
        RehearsalSample(
            rehearsal=row, county=sample.county, rule=sample.rule, change=sample.change,
            op=sample.op, file=sample.file, branch=sample.branch, severity=sample.severity,
            sealed=ciphers[sample.file].seal_json(dict(sample.facts)),
        )
        for sample in samples
        if sample.file in ciphers
    ]  # fmt: skip
