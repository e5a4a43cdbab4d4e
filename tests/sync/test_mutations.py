"""The proofs can fail: with a protection taken out, each of them goes red (SYNC, "The tests can fail")."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from . import mutations as without
from . import test_client_faults as client
from . import test_merge_laws as laws
from . import test_pull as pull
from . import test_push as push
from . import test_race as race
from .conftest import World

Proof = Callable[..., None]

MISSED: list[tuple[Any, Proof]] = [
    (without.no_file_lock, race.no_edit_of_a_shared_record_is_lost),
    (without.no_device_lock, race.what_the_server_says_it_has_is_whole),
    (without.counter_that_commits_by_itself, race.every_row_reaches_a_poller),
    (without.counter_is_not_bumped, pull.test_pages_skip_nothing_and_the_digest_agrees),
    (without.receipts_before_the_commit, race.what_has_a_receipt_is_there),
    (
        without.what_was_stored_counts_as_judged,
        push.test_what_a_crash_left_unjudged_is_applied_later,
    ),
    (
        without.applied_is_applied_again,
        push.test_one_line_on_two_workers_at_once_is_applied_once_and_as_it_was_stored,
    ),
    (
        without.other_bytes_pass_for_the_same,
        push.test_same_operation_id_with_other_bytes_changes_nothing_and_is_kept,
    ),
    (
        without.neighbours_fall_together,
        push.test_a_bug_in_one_operation_does_not_harm_its_neighbours,
    ),
    (
        without.ids_are_not_derived,
        push.test_what_follows_from_an_operation_is_the_same_after_a_restore,
    ),
    (without.groups_are_not_waited_for, push.test_a_group_is_applied_whole_or_held_whole),
    (without.groups_break, push.test_a_member_that_cannot_be_applied_holds_its_group),
    (without.every_edit_is_in_scope, push.test_out_of_scope_and_unknown_get_the_same_answer),
    (
        without.receipts_tell_what_is_out_of_scope,
        push.test_out_of_scope_and_unknown_get_the_same_answer,
    ),
    (
        without.the_exit_decides_and_not_the_base,
        push.test_what_she_recorded_before_she_heard_of_the_exit_is_applied,
    ),
    (
        without.an_exit_is_never_heard,
        push.test_what_she_recorded_before_she_heard_of_the_exit_is_applied,
    ),
    (
        without.what_kept_edits_saw_is_forgotten,
        partial(
            push.test_what_a_held_edit_had_seen_does_not_come_back_beside_the_edit_that_saw_it,
            kept_comes_last=False,
        ),
    ),
    (
        without.nothing_is_superseded,
        push.test_disagreement_is_a_conflict_that_a_person_resolves,
    ),
    (
        without.the_last_write_wins,
        push.test_disagreement_is_a_conflict_that_a_person_resolves,
    ),
    (
        without.danger_is_a_plain_field,
        laws.test_danger_stays_shown_unless_a_write_that_saw_it_superseded_it,
    ),
    (without.no_generation_on_confirm, pull.test_what_was_lost_on_the_way_enters_again),
    (without.no_generation_on_purge, pull.test_a_late_confirmation_does_not_end_a_later_exit),
    (without.no_exit, pull.test_an_exit_is_repeated_until_the_purge_is_confirmed),
    (without.no_scope_in_changes, pull.test_a_neighbour_in_the_shard_sees_nothing_of_the_file),
    (
        without.no_scope_in_repair,
        pull.test_a_copy_that_differs_gets_the_files_that_differ_and_no_others,
    ),
    (
        without.nothing_is_repaired,
        pull.test_a_copy_that_differs_gets_the_files_that_differ_and_no_others,
    ),
    (without.digests_are_not_kept, pull.test_pages_skip_nothing_and_the_digest_agrees),
    (without.any_cursor_is_taken, pull.test_a_cursor_of_before_a_restore_means_a_fresh_load),
    (
        without.the_purge_does_not_wait,
        client.test_unsent_work_keeps_a_leaving_file_until_it_is_received,
    ),
    (without.a_receipt_is_for_ever, client.test_what_a_restored_server_lacks_is_sent_again),
    (
        without.digests_are_not_compared,
        client.test_a_damaged_copy_is_noticed_and_just_that_file_comes_again,
    ),
]


@pytest.mark.parametrize(
    ("mutation", "proof"), MISSED, ids=[mutation.__name__ for mutation, _ in MISSED]
)
def test_a_protection_taken_out_is_missed(
    mutation: Callable[[pytest.MonkeyPatch], Any],
    proof: Proof,
    world: World,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    needs = [
        name
        for name, parameter in inspect.signature(proof).parameters.items()
        if parameter.default is inspect.Parameter.empty
    ]
    arguments = {name: request.getfixturevalue(name) for name in needs}
    used = mutation(monkeypatch)
    with pytest.raises(AssertionError):
        proof(**arguments)
    # A mutation that no longer finds what it takes out proves nothing.
    assert used is None or used()
