"""The reference client's sealed outbox: a phone that is locked, purged, wiped or out of its lease still delivers (SYNC)."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from sync import api, ports
from sync.client import New, Phone, configuration, log, vault
from sync.client.errors import Closed, NoPin, TryLater, Unsealed, Unusable, WrongPin
from sync.client.transport import Answer
from sync.models import DeviceLog, Operation
from sync.protocol import ids, messages, sealing

from . import served, toys
from .conftest import NOW, World
from .test_client import box
from .test_client_cli import Shell
from .test_client_faults import between, lose, note

PIN = "482913"
Make = Callable[..., Phone]


class Clock:
    def __init__(self) -> None:
        self.now = dt.datetime.now(dt.UTC)

    def __call__(self) -> dt.datetime:
        return self.now


def entries(phone: Phone) -> list[tuple[int, bytes, bool]]:
    """`(seq, entry, whether it was received)`."""
    rows = phone.store.db.execute("SELECT seq, entry, received_at FROM sealed ORDER BY seq")
    return [(seq, entry, at is not None) for seq, entry, at in rows]


def opened(world: World, entry: bytes) -> bytes:
    return sealing.Opener(world.outbox.pairs[sealing.read_header(entry).key]).open(entry)


def on_disk(phone: Phone) -> bytes:
    """Every byte of the phone's files."""
    folder = Path(phone.store.path)
    return b"".join(path.read_bytes() for path in folder.parent.glob(folder.name + "*"))


def shows(phone: Phone) -> str | None:
    """What keeps the phone from showing its records, or None."""
    try:
        phone.records()
    except Closed as closed:
        return closed.code
    return None


def order(phone: Phone, do: str) -> UUID:
    given = ports.Order(ids.uuid7(NOW), do)
    served.orders.setdefault(phone.device, []).append(given)
    return given.id


def carried_out(world: World, phone: Phone) -> list[UUID]:
    """What the phone has confirmed; the server stops telling it."""
    done = [order for device, order in world.done if device == phone.device]
    served.orders[phone.device] = [
        o for o in served.orders.get(phone.device, []) if o.id not in done
    ]
    return done


def loaded(make_phone: Make, world: World, **options: Any) -> tuple[Phone, UUID]:
    """A phone that holds a box with a colour."""
    phone = make_phone(**options)
    file = box(phone, colour="vermilion")
    phone.sync()
    world.grant(phone, file)
    phone.sync()
    return phone, file


def test_every_operation_is_sealed_when_it_is_saved(make_phone: Make, world: World) -> None:
    phone = make_phone()
    note(phone, "one")
    box(phone, colour="red")
    lines = [line for line, _ in log.lines_of(phone.store)]
    assert [opened(world, entry) for _, entry, _ in entries(phone)] == lines
    header = sealing.read_header(entries(phone)[1][1])
    said = messages.read_operation(lines[1])
    assert (header.device, header.about, header.seq) == (phone.device, said.op.bytes, 2)


def test_a_locked_phone_shows_nothing_takes_a_new_concern_and_sends_it(
    make_phone: Make, world: World
) -> None:
    phone, file = loaded(make_phone, world)
    note(phone, "before the lock", file)
    phone.set_pin(PIN)
    phone.lock()
    for attempt in (
        phone.records,
        phone.conflicts,
        lambda: phone.record(file),
        lambda: phone.edit(file, set={"colour": "blue"}),
    ):
        with pytest.raises(Closed, match="locked"):
            attempt()
    target = note(phone, "help", file)
    assert phone.status()["operations"]["unsent"] == 2
    report = phone.sync()
    assert [receipt["outcome"] for receipt in report.receipts] == ["applied", "applied"]
    assert toys.Alarm.objects.count() == 1
    numbers = Operation.objects.filter(device=phone.device).values_list("seq", flat=True)
    assert sorted(numbers) == [1, 2, 3]
    phone.unlock(PIN)
    assert phone.record(file).values["colour"] == "vermilion"
    phone.sync()
    # What was written while it was locked is read again only as the server's copy.
    assert phone.record(target).body["text"] == "help"
    assert phone.sync().digest_agrees is True


def test_a_locked_store_holds_no_readable_byte_of_a_file(make_phone: Make, world: World) -> None:
    phone, file = loaded(make_phone, world)
    phone.set_pin(PIN)
    key = phone.store.vault._key()
    assert key
    phone.lock()
    note(phone, "grandmother", file)
    stored = on_disk(phone)
    assert key not in stored
    for word in (b"vermilion", b"grandmother", PIN.encode()):
        assert word not in stored


def test_an_unlocked_store_is_sealed_at_rest_too(make_phone: Make, world: World) -> None:
    phone, file = loaded(make_phone, world)
    note(phone, "grandmother", file)
    assert not any(word in on_disk(phone) for word in (b"vermilion", b"grandmother"))


def test_a_locked_phone_shows_the_numbers_of_offices_and_of_nobody_in_person(
    make_phone: Make, world: World
) -> None:
    """Issue 9, 13: whoever finds the phone calls an office; whose own number it is stays behind the PIN."""
    phone, _ = loaded(make_phone, world)
    own = phone.configuration("people")["workshop"][0]["phone"]
    phone.set_pin(PIN)
    phone.lock()
    with pytest.raises(Closed, match="locked"):
        phone.configuration("people")
    assert own.encode() not in on_disk(phone)
    assert phone.configuration("offices")["workshop"][0]["phone"] == "0855-0000001"
    assert phone.configuration("unheard of") is None
    assert configuration.at_hand(phone.store, closed=True).keys() == {
        "records", "outbox", "lease", "offices",
    }  # fmt: skip
    phone.unlock(PIN)
    assert phone.configuration("people")["workshop"][0]["phone"] == own


def test_what_speaks_of_people_goes_with_a_purge_and_comes_again(
    make_phone: Make, world: World
) -> None:
    phone, _ = loaded(make_phone, world)
    phone.purge()
    assert phone.configuration("people") is None
    assert phone.configuration("offices") is not None
    phone.sync()
    assert phone.configuration("people")["workshop"][0]["name"] == "Wu"


def test_an_expired_lease_closes_the_numbers_of_people_too(make_phone: Make, world: World) -> None:
    clock = Clock()
    phone, _ = loaded(make_phone, world, clock=clock)
    clock.now += dt.timedelta(days=served.LEASE_DAYS + 1)
    with pytest.raises(Closed, match="sync"):
        phone.configuration("people")
    assert phone.configuration("offices") is not None


def test_wrong_pins_are_counted_over_restarts_and_the_tenth_destroys_the_key(
    make_phone: Make, world: World
) -> None:
    phone, file = loaded(make_phone, world)
    note(phone, "unsent", file)
    phone.set_pin(PIN)
    phone.lock()
    for left in range(vault.WRONG_PINS - 1, 0, -1):
        again = Phone(phone.store.path, language="en")
        with pytest.raises(WrongPin) as wrong:
            again.unlock("0000")
        again.close()
        assert wrong.value.left == left
    with pytest.raises(WrongPin):
        phone.unlock("0000")
    with pytest.raises(Closed, match="wiped"):
        phone.unlock(PIN)
    note(phone, "after it", file)
    assert [r["outcome"] for r in phone.sync().receipts] == ["applied", "applied"]
    assert toys.Note.objects.count() == 2


def test_a_right_pin_begins_the_count_anew(make_phone: Make) -> None:
    phone = make_phone()
    phone.set_pin(PIN)
    for _ in range(3):
        phone.lock()
        for _ in range(vault.WRONG_PINS - 1):
            with pytest.raises(WrongPin):
                phone.unlock("0000")
        phone.unlock(PIN)


def test_each_person_opens_a_shared_phone_with_her_own_pin(make_phone: Make, world: World) -> None:
    phone, file = loaded(make_phone, world)
    other = ids.uuid7(NOW)
    phone.set_pin(PIN)
    phone.set_pin("another", person=other)
    phone.lock()
    with pytest.raises(WrongPin):
        phone.unlock("another")
    phone.unlock("another", person=other)
    assert phone.record(file).values["colour"] == "vermilion"


def test_nobody_can_lock_a_phone_that_no_pin_would_open(make_phone: Make) -> None:
    phone = make_phone()
    with pytest.raises(NoPin):
        phone.lock()
    with pytest.raises(NoPin):
        phone.unlock(PIN)
    with pytest.raises(Unusable):
        phone.set_pin("12")
    assert shows(phone) is None


def test_a_purged_phone_still_sends_and_loads_anew(make_phone: Make, world: World) -> None:
    phone, file = loaded(make_phone, world)
    note(phone, "unsent", file)
    phone.purge()
    assert phone.records() == []
    report = phone.sync()
    assert ([r["outcome"] for r in report.receipts], report.entered) == (["applied"], 1)
    assert phone.record(file).values["colour"] == "vermilion"
    assert report.digest_agrees is True


def forget(device: UUID, *seqs: int) -> None:
    """What a server restored from an older backup does not know."""
    kept = set(Operation.objects.filter(device=device).values_list("seq", flat=True)) - set(seqs)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM sync_operation WHERE device = %s AND seq = ANY(%s)", [device, list(seqs)]
        )
    toys.Note.objects.all().delete()
    DeviceLog.objects.filter(device=device).update(have=[[seq, seq] for seq in sorted(kept)])


def test_what_a_restored_server_lost_comes_back_from_a_phone_that_cannot_read_it_any_more(
    make_phone: Make, world: World
) -> None:
    phone, file = loaded(make_phone, world)
    note(phone, "help", file)
    phone.sync()
    world.withdraw(phone, file)
    phone.sync()
    assert [line for line, _ in log.lines_of(phone.store)] == []
    forget(phone.device, 2)
    report = phone.sync()
    assert report.resent == [2]
    assert [r["outcome"] for r in report.receipts] == ["applied"]
    assert toys.Note.objects.count() == 1
    assert phone.sync().resent == []


def test_what_no_device_is_given_back_is_forgotten_with_its_receipt(
    make_phone: Make, world: World
) -> None:
    phone = make_phone()
    phone.sync()
    phone.append(New(kind="secret.tell", data={"text": "whispered"}))
    assert len(phone.records(type="secret")) == 1
    phone.sync()
    assert phone.records(type="secret") == []
    forget(phone.device, 1)
    toys.Secret.objects.all().delete()
    assert phone.sync().resent == [1]
    assert toys.Secret.objects.count() == 1


def test_sealed_entries_are_kept_thirty_days_after_the_receipt_by_the_servers_clock(
    make_phone: Make, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    phone = make_phone(clock=clock)
    note(phone, "one")
    phone.sync()
    clock.now += dt.timedelta(days=3650)
    phone.sync()
    assert [received for *_, received in entries(phone)] == [True]
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=29)
    monkeypatch.setattr("sync.api.timezone.now", lambda: later)
    phone.sync()
    assert len(entries(phone)) == 1
    note(phone, "two")
    monkeypatch.setattr("sync.api.timezone.now", lambda: later + dt.timedelta(days=2))
    phone.sync()
    assert [seq for seq, *_ in entries(phone)] == [2]


def test_an_expired_lease_closes_the_files_and_never_stops_a_new_concern(
    make_phone: Make, world: World
) -> None:
    clock = Clock()
    phone, file = loaded(make_phone, world, clock=clock)
    clock.now += dt.timedelta(days=served.LEASE_DAYS, seconds=-60)
    assert shows(phone) is None
    clock.now += dt.timedelta(seconds=120)
    assert shows(phone) == "client.lease"
    note(phone, "help", file)
    report = phone.sync()
    assert [r["outcome"] for r in report.receipts] == ["applied"]
    assert shows(phone) is None


@pytest.mark.parametrize("years", [10, -10])
def test_a_clock_that_jumps_ten_years_neither_closes_the_files_nor_makes_the_lease_endless(
    make_phone: Make, world: World, years: int
) -> None:
    clock = Clock()
    phone, _ = loaded(make_phone, world, clock=clock)
    clock.now += dt.timedelta(days=365 * years)
    assert shows(phone) is None
    for _ in range(served.LEASE_DAYS):
        clock.now += dt.timedelta(days=1)
        assert shows(phone) is None
    clock.now += dt.timedelta(days=1)
    assert shows(phone) == "client.lease"


def test_setting_the_clock_back_each_day_wins_no_time(make_phone: Make, world: World) -> None:
    clock = Clock()
    phone, _ = loaded(make_phone, world, clock=clock)
    for _ in range(served.LEASE_DAYS + 1):
        clock.now += dt.timedelta(days=1)
        shows(phone)
        clock.now -= dt.timedelta(days=1)
        shows(phone)
    assert shows(phone) == "client.lease"


def test_after_an_expired_lease_it_takes_the_pin_and_a_contact(
    make_phone: Make, world: World
) -> None:
    clock = Clock()
    phone, file = loaded(make_phone, world, clock=clock)
    phone.set_pin(PIN)
    clock.now += dt.timedelta(days=served.LEASE_DAYS + 1)
    assert shows(phone) == "client.lease"
    note(phone, "help", file)
    phone.sync()
    assert (toys.Alarm.objects.count(), shows(phone)) == (1, "client.lease")
    phone.unlock(PIN)
    assert shows(phone) == "client.lease"
    phone.sync()
    assert shows(phone) is None


def test_a_revoked_phone_closes_its_files_and_goes_on_sending(
    make_phone: Make, world: World
) -> None:
    phone, file = loaded(make_phone, world)
    served.revoked.add(phone.device)
    assert phone.sync().refused == "device.revoked"
    assert shows(phone) == "client.revoked"
    note(phone, "help", file)
    assert [r["outcome"] for r in phone.sync().receipts] == ["applied"]


def test_a_lock_by_the_office_holds_against_the_pin_until_it_is_taken_back(
    make_phone: Make, world: World
) -> None:
    phone, file = loaded(make_phone, world)
    phone.set_pin(PIN)
    lock = order(phone, "lock")
    assert phone.sync().orders == ["lock"]
    assert carried_out(world, phone) == [lock]
    with pytest.raises(Closed, match="office"):
        phone.unlock(PIN)
    assert shows(phone) == "client.ordered"
    note(phone, "help", file)
    assert [r["outcome"] for r in phone.sync().receipts] == ["applied"]
    unlock = order(phone, "unlock")
    phone.sync()
    assert carried_out(world, phone) == [lock, unlock]
    assert shows(phone) == "client.locked"
    phone.unlock(PIN)
    assert phone.record(file).values["colour"] == "vermilion"


def test_a_phone_without_a_pin_is_closed_by_order_and_opened_by_order(
    make_phone: Make, world: World
) -> None:
    phone, file = loaded(make_phone, world)
    order(phone, "lock")
    phone.sync()
    assert shows(phone) == "client.ordered"
    carried_out(world, phone)
    order(phone, "unlock")
    phone.sync()
    assert phone.record(file).values["colour"] == "vermilion"


def test_an_order_whose_confirmation_is_lost_is_confirmed_again_and_done_once(
    make_phone: Make, world: World, server: str
) -> None:
    phone, _ = loaded(make_phone, world)
    lock = order(phone, "lock")
    wire = between(phone, server)

    def cut_the_second(answer: Answer) -> None:
        wire.after = lose

    wire.after = cut_the_second
    with pytest.raises(TryLater):
        phone.sync()
    assert shows(phone) == "client.ordered"
    wire.after = lambda answer: None
    phone.sync()
    assert world.done == [(phone.device, lock)] * 2
    assert phone.store.get("done") == []


def test_a_wipe_sends_first_destroys_the_key_and_confirms(
    make_phone: Make, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "MAX_OPERATIONS", 2)
    phone, file = loaded(make_phone, world)
    phone.set_pin(PIN)
    for number in range(5):
        note(phone, f"grandmother {number}", file)
    wipe = order(phone, "wipe")
    key = phone.store.vault._key()
    assert key
    report = phone.sync()
    assert (report.sent, report.rounds > 3, carried_out(world, phone)) == (5, True, [wipe])
    assert phone.store.vault.is_destroyed
    assert shows(phone) == "client.wiped"
    stored = on_disk(phone)
    assert not any(word in stored for word in (key, b"vermilion", b"grandmother", b"box.make"))
    assert str(file).encode() not in stored
    assert [received for *_, received in entries(phone)] == [True] * 6
    note(phone, "help", file)
    assert [r["outcome"] for r in phone.sync().receipts] == ["applied"]
    with pytest.raises(Closed, match="wiped"):
        phone.unlock(PIN)


def test_a_wipe_is_carried_out_though_the_line_is_cut_and_the_rest_goes_sealed(
    make_phone: Make, world: World, server: str
) -> None:
    phone, file = loaded(make_phone, world)
    wipe = order(phone, "wipe")
    wire = between(phone, server)

    def then_cut(answer: Answer) -> None:
        note(phone, "help", file)
        wire.after = lose

    wire.after = then_cut
    with pytest.raises(TryLater):
        phone.sync()
    assert shows(phone) == "client.wiped"
    assert phone.store.vault.is_destroyed
    wire.after = lambda answer: None
    phone.sync()
    assert (toys.Alarm.objects.count(), carried_out(world, phone)) == (1, [wipe])


def test_a_wipe_that_is_killed_in_the_middle_shows_nothing_and_goes_on(
    make_phone: Make, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, _ = loaded(make_phone, world)
    wipe = order(phone, "wipe")

    def killed(self: Any) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("sync.client.session.Sync._wipe", killed)
        with pytest.raises(KeyboardInterrupt):
            phone.sync()
    again = Phone(phone.store.path, language="en")
    assert shows(again) == "client.wiped"
    again.sync()
    assert again.store.vault.is_destroyed
    assert carried_out(world, phone) == [wipe]
    again.close()


def no_signal(body: bytes) -> None:
    raise TryLater("no signal")


def test_a_wipe_by_its_owner_keeps_what_could_not_be_sent(
    make_phone: Make, world: World, server: str
) -> None:
    phone, file = loaded(make_phone, world)
    note(phone, "help", file)
    wire = between(phone, server)
    wire.before = no_signal
    phone.wipe()
    assert shows(phone) == "client.wiped"
    assert toys.Note.objects.count() == 0
    wire.before = lambda body: None
    assert [r["outcome"] for r in phone.sync().receipts] == ["applied"]


def test_an_unknown_order_is_left_alone(make_phone: Make, world: World) -> None:
    phone, _ = loaded(make_phone, world)
    order(phone, "sing")
    phone.sync()
    assert (carried_out(world, phone), shows(phone)) == ([], None)


def test_what_was_written_before_a_key_was_known_is_sealed_as_soon_as_one_is(
    make_phone: Make, world: World
) -> None:
    phone = make_phone()
    known = phone.store.get("config")
    phone.store.set(config={})
    note(phone, "early")
    assert entries(phone) == []
    phone.set_pin(PIN)
    for give_up in (phone.lock, phone.purge):
        with pytest.raises(Unsealed):
            give_up()
    phone.store.set(config=known)
    phone.lock()
    assert [seq for seq, *_ in entries(phone)] == [1]
    assert [r["outcome"] for r in phone.sync().receipts] == ["applied"]


def test_a_phone_seals_to_the_new_key_after_a_rotation(make_phone: Make, world: World) -> None:
    phone = make_phone()
    note(phone, "old key")
    world.outbox.rotate()
    phone.set_pin(PIN)
    phone.lock()
    assert [r["outcome"] for r in phone.sync().receipts] == ["applied"]
    phone.unlock(PIN)
    phone.sync()
    note(phone, "new key")
    first, second = (sealing.read_header(entry).key for _, entry, _ in entries(phone))
    assert first != second == sealing.key_id(world.outbox.current)


def test_what_the_server_cannot_open_is_sent_open_as_soon_as_the_phone_can_read_it(
    make_phone: Make, world: World
) -> None:
    phone = make_phone()
    note(phone, "help")
    world.outbox.pairs.clear()
    world.outbox.rotate()
    phone.set_pin(PIN)
    phone.lock()
    note(phone, "written closed")
    report = phone.sync()
    assert {r["code"] for r in report.receipts} == {"sealed.key_unknown"}
    assert phone.sync().sent == 0
    phone.unlock(PIN)
    assert [r["outcome"] for r in phone.sync().receipts] == ["applied"]
    assert toys.Alarm.objects.count() == 1
    assert phone.sync().sent == 0


def test_the_largest_operation_that_can_be_saved_can_also_be_sent_sealed(
    make_phone: Make, world: World
) -> None:
    phone = make_phone()
    phone.set_pin(PIN)
    phone.lock()
    with pytest.raises(Unusable):
        note(phone, "x" * log.MAX_LINE)
    note(phone, "x" * (log.MAX_LINE - 600))
    report = phone.sync()
    assert ([r["outcome"] for r in report.receipts], report.too_large) == (["applied"], [])


def test_the_commands_lock_record_send_and_unlock(
    server: str, world: World, tmp_path: Path
) -> None:
    shell = Shell(tmp_path / "phone.db")
    shell.enrol(server)
    shell("sync")
    assert shell("config", "people")["people"]["workshop"][0]["name"] == "Wu"
    shell("pin", "--pin", PIN)
    assert shell("lock")["closed"] == "client.locked"
    assert shell("show", code=5)["error"]["code"] == "client.locked"
    assert shell("config", "people", code=5)["error"]["code"] == "client.locked"
    assert shell("config", "offices")["offices"]["workshop"][0]["name"] == "Box workshop"
    told = {"kind": "note.write", "data": {"text": "help"}}
    shell("record", "-", typed=json.dumps(told))
    assert shell("status")["sealed"] == {"kept": 1, "waiting": 1}
    assert shell("sync")["receipts"][0]["outcome"] == "applied"
    assert shell("unlock", "--pin", "-", typed="wrong\n", code=1)["error"]["code"] == "client.pin"
    assert shell("unlock", "--pin", "-", typed=PIN + "\n")["closed"] is None
    shell("show")
    assert shell("purge")["records"] == 0
    assert shell("wipe")["closed"] == "client.wiped"
    assert shell("show", code=5)["error"]["code"] == "client.wiped"
    shell("record", "-", typed=json.dumps(told))
    assert shell("sync")["receipts"][0]["outcome"] == "applied"
    assert toys.Alarm.objects.count() == 2
