"""Protections, each with a way to take it out. `test_mutations.py` shows that its absence is noticed."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.db.backends.utils import CursorWrapper

from sync import apply, cursor, feed, groups, holdings, inbox, pull, push, scope, write
from sync.client import copy, log, session
from sync.merge import registers
from sync.protocol import ids, messages

Patch = pytest.MonkeyPatch


@dataclass(frozen=True)
class Sql:
    """Takes a piece out of every statement that has it, in all threads; `used` says whether any had."""

    name: str
    piece: str
    instead: str = ""

    def __call__(self, patch: Patch) -> Callable[[], bool]:
        execute, used = CursorWrapper.execute, [False]

        def without(wrapper: CursorWrapper, sql: Any, params: Any = None) -> Any:
            if isinstance(sql, str) and self.piece in sql:
                used[0], sql = True, sql.replace(self.piece, self.instead)
            return execute(wrapper, sql, params)

        patch.setattr(CursorWrapper, "execute", without)
        return lambda: used[0]

    @property
    def __name__(self) -> str:
        return self.name


# In the database -----------------------------------------------------------------------------------

no_file_lock = Sql("no_file_lock", "ORDER BY id FOR UPDATE")
no_generation_on_confirm = Sql(
    "no_generation_on_confirm", "NOT confirmed AND entered <= %s", "NOT confirmed AND %s >= 0"
)
no_generation_on_purge = Sql("no_generation_on_purge", "exited <= %s", "%s >= 0")
no_scope_in_changes = Sql("no_scope_in_changes", "JOIN sync_holding h ON h.device = %s AND h.file = r.file AND h.wanted AND h.confirmed", "CROSS JOIN (SELECT %s::uuid) AS h")  # fmt: skip
no_scope_in_repair = Sql("no_scope_in_repair", "AS u(f) WHERE NOT EXISTS", "AS u(f) WHERE EXISTS")  # fmt: skip
no_exit = Sql("no_exit", "UPDATE sync_holding h SET wanted = false WHERE", "UPDATE sync_holding h SET wanted = false WHERE false AND")  # fmt: skip
counter_is_not_bumped = Sql("counter_is_not_bumped", "sync_shard.value + excluded.value", "sync_shard.value")  # fmt: skip


# In the server -------------------------------------------------------------------------------------


def counter_that_commits_by_itself(patch: Patch) -> None:
    """What a sequence does: the number is out before the row that carries it is visible."""
    bump = feed._bump

    def at_once(counts: Mapping[str, int], *more: Any) -> dict[str, int]:
        numbers: dict[str, int] = {}

        def job() -> None:
            numbers.update(bump(counts, *more))
            connection.close()

        thread = threading.Thread(target=job)
        thread.start()
        thread.join()
        return numbers

    patch.setattr(feed, "_bump", at_once)


def no_device_lock(patch: Patch) -> None:
    """Two syncs of one log read it side by side."""

    def unlocked(sender: Any) -> Any:
        with connection.cursor() as cursor_:
            cursor_.execute(
                "INSERT INTO sync_devicelog (device, have, generation, shard)"
                " VALUES (%s, '[]', 0, %s) ON CONFLICT (device) DO NOTHING",
                [sender.device, sender.shard],
            )
            cursor_.execute(
                "SELECT have::text, clock_offset, cloned_at IS NOT NULL FROM sync_devicelog"
                " WHERE device = %s",
                [sender.device],
            )
            have, offset, cloned = cursor_.fetchone()
        return inbox.Log([tuple(s) for s in messages.parse(have)], offset, cloned, False)

    patch.setattr(inbox, "lock_log", unlocked)


def receipts_before_the_commit(patch: Patch) -> None:
    """Tells the phone that everything is stored, whatever became of it."""
    store = inbox.store

    def optimistic(lines: Any, **kwargs: Any) -> inbox.Stored:
        try:
            return store(lines, **kwargs)
        except RuntimeError:
            told = [
                messages.Receipt(op=messages.read_operation(line).op, outcome="applied")
                for line in lines
            ]
            return inbox.Stored([inbox.Line(1, b"", receipt=receipt) for receipt in told])

    patch.setattr(push.inbox, "store", optimistic)


def other_bytes_pass_for_the_same(patch: Patch) -> None:
    patch.setattr(inbox.Line, "hash", property(lambda line: b"any"))


def applied_is_applied_again(patch: Patch) -> None:
    patch.setattr(apply, "_without_applied", list)


def neighbours_fall_together(patch: Patch) -> None:
    """One bad operation holds the whole push."""

    def all_or_none(pending: Any, closed: Any, now: Any, *more: Any) -> None:
        for entry in pending:
            entry.reset()
            entry.hold("server.retry", message=("", ""))
        apply.settle(pending, now)

    patch.setattr(apply, "_one_at_a_time", all_or_none)


def what_was_stored_counts_as_judged(patch: Patch) -> None:
    """A resend after a crash is answered and not applied."""
    recognise = inbox._recognise

    def satisfied(lines: Sequence[inbox.Line], *rest: Any) -> None:
        recognise(lines, *rest)
        for line in lines:
            if line.entry and line.receipt is None:
                line.receipt = messages.Receipt(op=line.entry.op, outcome="applied", again=True)

    patch.setattr(inbox, "_recognise", satisfied)


def every_edit_is_in_scope(patch: Patch) -> None:
    patch.setattr(scope, "_judge", lambda entry, held: None)


def bases_are(base: int, patch: Patch) -> None:
    judge = scope._judge

    def by_now(entry: Any, held: Any) -> None:
        entry.base = base
        judge(entry, held)

    patch.setattr(scope, "_judge", by_now)


def the_exit_decides_and_not_the_base(patch: Patch) -> None:
    """What she wrote before she heard of it is too late."""
    bases_are(messages.LARGEST, patch)


def an_exit_is_never_heard(patch: Patch) -> None:
    """What she wrote knowing better is applied all the same."""
    bases_are(0, patch)


def groups_are_not_waited_for(patch: Patch) -> None:
    patch.setattr(groups, "with_mates", lambda pending, ciphers: list(pending))


def groups_break(patch: Patch) -> None:
    patch.setattr(groups, "hold_broken", lambda batch: None)


def receipts_tell_what_is_out_of_scope(patch: Patch) -> None:
    patch.setattr(push, "_HIDDEN", set())


def what_kept_edits_saw_is_forgotten(patch: Patch) -> None:
    patch.setattr(write, "_learn", lambda states, kept, files: None)


def ids_are_not_derived(patch: Patch) -> None:
    """What follows from an operation gets a new id each time."""
    patch.setattr(ids, "derived", lambda op, *parts: uuid4())


def any_cursor_is_taken(patch: Patch) -> None:
    """Also one of before the server was restored."""

    def opened(token: str | None, *, incarnation: UUID, scope: str) -> Any:
        return cursor.opened(token) if token else None

    patch.setattr(pull, "read", opened)


def digests_are_not_kept(patch: Patch) -> None:
    patch.setattr(feed, "_add_digests", lambda deltas: None)


def nothing_is_repaired(patch: Patch) -> None:
    patch.setattr(holdings, "repair", lambda device, digests: [])


# In the merge --------------------------------------------------------------------------------------


def nothing_is_superseded(patch: Patch) -> None:
    fold = registers._fold_one
    patch.setattr(
        registers,
        "_fold_one",
        lambda register, edit: fold(
            register, registers.Edit(edit.key, edit.op, edit.at, edit.value)
        ),
    )


def the_last_write_wins(patch: Patch) -> None:
    """As the systems we compare with do: whatever was there is gone."""
    fold = registers._fold_one

    def last(register: registers.Register, edit: registers.Edit) -> registers.Register:
        everything = (*edit.saw, *register.live)
        return fold(register, registers.Edit(edit.key, edit.op, edit.at, edit.value, everything))

    patch.setattr(registers, "_fold_one", last)


def danger_is_a_plain_field(patch: Patch) -> None:
    shown = registers.shown
    patch.setattr(registers, "shown", lambda register, spec=registers.PLAIN: shown(register))


# In the phone --------------------------------------------------------------------------------------


def the_purge_does_not_wait(patch: Patch) -> None:
    """Leaves with the file what was not sent, open or sealed."""

    def at_once(store: Any) -> int:
        leaving = store.db.execute("SELECT file FROM exit WHERE NOT purged").fetchall()
        for (file,) in leaving:
            store.db.execute("DELETE FROM record WHERE file = ?", [file])
            store.db.execute(
                "DELETE FROM sealed WHERE seq IN (SELECT seq FROM log WHERE file = ?)", [file]
            )
            store.db.execute("UPDATE log SET line = NULL WHERE file = ?", [file])
            store.db.execute("UPDATE exit SET purged = 1 WHERE file = ?", [file])
        return len(leaving)

    patch.setattr(copy, "purge", at_once)


def a_receipt_is_for_ever(patch: Patch) -> None:
    """What a restored server lacks is not sent again."""
    patch.setattr(log, "reopen", lambda store, have, tried: [])


def digests_are_not_compared(patch: Patch) -> None:
    go_on = session.Sync._go_on

    def content(sync: Any, page: Any, **more: Any) -> None:
        if sync.report.digest_agrees is False:
            sync._mended = True
        go_on(sync, page, **more)

    patch.setattr(session.Sync, "_go_on", content)
