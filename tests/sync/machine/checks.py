"""What must hold at every moment, and what must hold once everybody has synced."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from sync import rebuild
from sync.merge import registers
from sync.models import Operation, UnreadableLine, VariantLine
from sync.protocol import ids, messages

from .. import served, toys
from .handset import Handset
from .oracle import Oracle, Said, live, may_be_shown
from .town import Town


def present() -> set[bytes]:
    """The hashes of every line that is kept, wherever."""
    tables = (Operation, VariantLine, UnreadableLine)
    return {bytes(h) for table in tables for h in table.objects.values_list("hash", flat=True)}


def nothing_promised_is_lost(oracle: Oracle, town: Town) -> None:
    """Of an erased file the operations stay, sealed for ever; other bytes under their ids do not."""
    for said in (oracle.sent[line] for line in oracle.promised - present()):
        assert _file(said) in town.keys.erased, f"a line with a receipt is gone: {said}"
        assert Operation.objects.filter(op=said["op"]).exists(), f"its operation too: {said}"


def _file(said: Said) -> UUID:
    return UUID(said.get("file") or said["target"])


def nothing_nobody_sent(oracle: Oracle, town: Town) -> None:
    from_phones = {
        bytes(h) for h in Operation.objects.exclude(device=None).values_list("hash", flat=True)
    }
    assert from_phones <= oracle.sent.keys(), "an operation nobody sent"
    notes = {said["target"] for said in _notes(oracle, town)}
    assert _ids(toys.Note) == notes, "notes are not what the notes sent make of them"


def escalations_exactly_once(oracle: Oracle, town: Town) -> None:
    """One alarm for each cry for help that was applied, none besides."""
    cries = {
        str(ids.derived(UUID(said["op"]), "alarm.target"))
        for said in _notes(oracle, town)
        if "help" in str(said["data"].get("text"))
    }
    assert _ids(toys.Alarm) == cries, "alarms are not what the notes sent make of them"


def _notes(oracle: Oracle, town: Town) -> list[Said]:
    """The notes that were applied, of files that are still there."""
    return [
        said
        for said in _by_outcome(oracle, "applied")
        if said["kind"] == "note.write" and _file(said) not in town.keys.erased
    ]


def _ids(model: type) -> set[str]:
    return {str(id_) for id_ in model.objects.values_list("id", flat=True)}  # type: ignore[attr-defined]


def _by_outcome(oracle: Oracle, *outcomes: str) -> list[Said]:
    rows = Operation.objects.exclude(device=None).filter(outcome__in=outcomes).order_by("ordinal")
    return [oracle.sent[bytes(h)] for h in rows.values_list("hash", flat=True)]


def saved_is_saved(handsets: Iterable[Handset]) -> None:
    for handset in handsets:
        assert handset.saved <= handset.hashes(), f"{handset.name} lost what it had saved"


# Once quiet ---------------------------------------------------------------------------------------


def all_that_phones_still_hold_is_there(handsets: Iterable[Handset], oracle: Oracle) -> None:
    for handset in handsets:
        assert handset.can_send() <= present(), f"{handset.name} holds a line the server lacks"


def all_that_was_written_has_arrived(handsets: Iterable[Handset]) -> None:
    """Where no phone and no server was put back: whatever became of the file meanwhile."""
    for handset in handsets:
        assert handset.saved <= present(), f"{handset.name} wrote a line that is nowhere"


def everything_was_decided() -> None:
    waiting = Operation.objects.filter(outcome="received") | Operation.objects.filter(
        code="server.retry"
    )
    assert not waiting.exists(), "an operation without a decision"


def evidence_is_applied(oracle: Oracle, town: Town) -> None:
    for said in _by_outcome(oracle, "held", "quarantined"):
        assert said["kind"] != "note.write" or _file(said) in town.keys.erased, (
            f"evidence is kept back: {said}"
        )


def what_was_in_scope_is_applied(oracle: Oracle) -> None:
    kept = {said["op"] for said in _by_outcome(oracle, "held", "quarantined")}
    assert not kept & oracle.must_apply.keys(), "an edit that was in scope is held"


def registers_are_folded(oracle: Oracle, office: dict[str, Said], town: Town) -> None:
    """Every value sent is shown, a sibling or superseded by somebody who saw it."""
    outcome = {str(op): said for op, said in Operation.objects.values_list("op", "outcome")}
    edits: dict[str, list[Said]] = {}
    for said in [*_said_by_op(oracle).values(), *office.values()]:
        if said["kind"].startswith("box.") and said["op"] in outcome:
            edits.setdefault(said["target"], []).append(said)
    for box in toys.Box.objects.all():
        of_box = edits[str(box.id)]
        expected = live(
            [said for said in of_box if outcome[said["op"]] == "applied"],
            [said for said in of_box if outcome[said["op"]] != "applied"],
        )
        opened = messages.parse(town.keys([box.file])[box.file].open(box.state))
        found = {
            key: {op: value for op, (_, value) in part["live"].items()}
            for key, part in opened.items()
        }
        nonempty = {key: writes for key, writes in found.items() if writes}
        assert nonempty == {key: writes for key, writes in expected.items() if writes}
        shown = registers.values(registers.load(opened), toys.BOX.specs).get("danger")
        assert shown in may_be_shown(expected.get("danger", {})), "danger merged away"


def _said_by_op(oracle: Oracle) -> dict[str, Said]:
    return {said["op"]: said for said in oracle.sent.values()}


def alarms_stand_as_the_office_left_them(closed: set[UUID]) -> None:
    found = {a.id for a in toys.Alarm.objects.filter(status="closed")}
    assert found == closed & {a.id for a in toys.Alarm.objects.all()}


def a_rebuild_finds_nothing() -> None:
    differing = list(rebuild.differences())
    assert not differing, differing


def two_logs_in_one_are_refused(device: UUID, refused: str | None, *, copied: bool) -> None:
    """A fork is noticed, and nobody is accused of one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT FROM sync_operation WHERE device = %s GROUP BY seq"
            " HAVING count(*) > 1) AS taken",
            [device],
        )
        ((taken,),) = cursor.fetchall()
    if device in served.revoked:
        assert refused == "device.revoked"
        return
    assert not taken or refused == "device.cloned", "two logs in one go on pulling"
    assert refused != "device.cloned" or copied, "accused of being a copy"


def a_phone_holds_its_scope(handset: Handset, device: UUID, town: Town) -> None:
    held, granted = handset.files(), town.granted(device)
    assert held <= granted, f"{handset.name} holds what it may not"
    assert granted <= held, f"{handset.name} lacks what it may hold"


def a_copy_is_what_a_fresh_load_brings(handset: Handset, fresh: Handset) -> None:
    mine, theirs = handset.records(), fresh.records()
    assert {id_: rev for id_, (rev, _) in mine.items()} == {
        id_: rev for id_, (rev, _) in theirs.items()
    }
    for id_, (_, body) in mine.items():
        # What is older than the horizon comes by id alone to who loads afresh.
        if body and theirs[id_][1]:
            assert body == theirs[id_][1]
