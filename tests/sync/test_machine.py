"""Phones, workers and an office do whatever they like, whatever breaks (SYNC, "What proves it", 2).

A failure prints its steps and a blob that repeats them. The head of a run names its seed:
`HYPOTHESIS_SEED=N` looks again in the same places, `HYPOTHESIS_PROFILE=thorough` for hours.
"""

import datetime as dt
import logging
import shutil
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import Phase, core, settings
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from sync import push
from sync.protocol import ids

from . import mutations as without
from .conftest import World
from .machine import checks, town
from .machine.disasters import Disasters
from .machine.handset import Handset
from .machine.road import Road
from .machine.stage import dice
from .machine.wire import Wire


class Machine(Road, Disasters):
    """Checks run after each move, and more of them when everybody has synced."""

    @invariant()
    def always(self) -> None:
        checks.nothing_promised_is_lost(self.oracle, self.town)
        checks.nothing_nobody_sent(self.oracle, self.town)
        checks.escalations_exactly_once(self.oracle, self.town)
        checks.saved_is_saved(self.handsets.values())

    @rule()
    def everything_is_quiet(self) -> None:
        push.retry(now=town.now_utc() + dt.timedelta(minutes=2))
        refused = self._sync_until_quiet()
        oracle, handsets = self.oracle, self.handsets
        checks.all_that_phones_still_hold_is_there(handsets.values(), oracle)
        if not self.restored:
            checks.all_that_was_written_has_arrived(h for h in handsets.values() if not h.odd)
        checks.everything_was_decided()
        checks.evidence_is_applied(oracle, self.town)
        checks.what_was_in_scope_is_applied(oracle)
        checks.registers_are_folded(oracle, self.office, self.town)
        checks.alarms_stand_as_the_office_left_them(self.closed)
        checks.a_rebuild_finds_nothing()
        for name, handset in handsets.items():
            device = self.devices[name]
            checks.two_logs_in_one_are_refused(device, refused[name], copied=handset.odd)
            if refused[name] is None:
                checks.a_phone_holds_its_scope(handset, device, self.town)
                checks.a_copy_is_what_a_fresh_load_brings(handset, self._fresh(device))

    def _sync_until_quiet(self) -> dict[str, str | None]:
        """Why each phone may not pull, if it may not. Syncs until nobody has anything to say."""
        for _ in range(6):
            reports = {}
            for name, handset in self.handsets.items():
                wire = Wire(self.oracle)
                report = handset.syncs(wire)
                assert report is not None
                assert report.refused or report.digest_agrees is True
                may_repair = handset.odd or handset.ahead
                assert may_repair or not wire.asked_for_repair, f"{name} skipped something"
                reports[name] = report
            # Two copies of one device confirm each other's files for ever, until both have written.
            shared = {
                n for n, d in self.devices.items() if list(self.devices.values()).count(d) > 1
            }
            if not any(
                r.sent or (name not in shared and (r.entered or r.changed or r.left))
                for name, r in reports.items()
            ):
                for handset in self.handsets.values():
                    handset.ahead = False
                return {name: report.refused for name, report in reports.items()}
        raise AssertionError("the phones do not come to rest")

    def _fresh(self, device: UUID) -> Handset:
        """Another phone with the same files, loaded from nothing."""
        handset = Handset("fresh", Path(tempfile.mkdtemp(dir=self.folder)))
        with handset.open(Wire(self.oracle)) as phone:
            phone.enrol("http://in-process", str(ids.uuid7(handset.clock())))
            own = phone.device
        for file in self.town.granted(device):
            self.town.assign(file, own, holds=True)
        handset.syncs(Wire(self.oracle))
        for file in self.town.granted(own):
            self.town.assign(file, own, holds=False)
        return handset

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:
                self.always()
                self.everything_is_quiet()
        finally:
            shutil.rmtree(self.folder)


@pytest.fixture
def quietly(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids from the seed, and no traceback for each of hundreds of pushes broken on purpose."""
    monkeypatch.setattr(ids, "os", SimpleNamespace(urandom=dice.randbytes))
    monkeypatch.setattr(logging.getLogger("sync.apply"), "disabled", True)


def test_whatever_happens_nothing_is_lost_doubled_or_shown_to_others(quietly: None) -> None:
    examples = max(10, settings.default.max_examples // 4)
    run_state_machine_as_test(Machine, settings=settings(max_examples=examples))


# What it finds within a minute each.
MISSED: list[Any] = [
    without.no_scope_in_changes,
    without.ids_are_not_derived,
    without.nothing_is_superseded,
]
# Threads and clocks take part, so that a search does not always find what it found before. One finds
# in nine of ten; each mutation has a proof of its own as well, in `test_mutations.py`.
SEARCHES = 8


@pytest.mark.slow
@pytest.mark.parametrize("mutation", MISSED, ids=lambda mutation: mutation.__name__)
def test_the_machine_finds_what_is_taken_out(
    mutation: Any, quietly: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutation(monkeypatch)
    # No time is spent on making the failure small.
    search = settings(max_examples=60, phases=[Phase.generate], database=None)
    for seed in range(SEARCHES):
        monkeypatch.setattr(core, "global_force_seed", seed)
        try:
            run_state_machine_as_test(Machine, settings=search)
        except Exception:  # noqa: BLE001 - whatever it says, it has noticed
            return
    pytest.fail(f"{SEARCHES} searches have not noticed it")
