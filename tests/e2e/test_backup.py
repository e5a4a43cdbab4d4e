"""Backup and restore on real PostgreSQL (SYNC, "After a restored backup")."""

import gzip
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.conf import settings as configured
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test import override_settings

from backend.accounts import services as accounts
from backend.accounts.models import (
    AccessToken,
    Device,
    DeviceOrder,
    EnrolmentCode,
    Person,
    RoleGrant,
)
from backend.children.models import Child
from backend.common import encrypted, ledger, outbox_keys
from backend.concerns.models import Escalation
from backend.erasure import services as erasure
from backend.erasure.models import Erasure
from backend.recovery import restore as restoring
from backend.recovery import tables
from backend.recovery.serving import AfterTheLedger
from sync import push, recovery
from sync.entries import Draft
from sync.models import DeviceLog, File, Operation, Shard
from sync.protocol import ids, sealing
from sync.push import submit
from sync.uploads.models import Attachment
from tests.cast import NOW, PASSWORD, Cast, add_child, build, say

from .elsewhere import migrated, scratch_database

pytestmark = pytest.mark.slow
PHOTO = "attachments/ab/photo/original"


@pytest.fixture(scope="module")
def county(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Cast, Path]]:
    """The cast in a database of its own, and a backup of it."""
    folder = tmp_path_factory.mktemp("county")
    files = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(folder / "files")},
    }
    kept = {
        "HUXING_LEDGER": folder / "ledger.jsonl",
        "STORAGES": configured.STORAGES | {"default": files},
    }
    with django_db_blocker.unblock(), scratch_database(), override_settings(**kept):
        migrated()
        cast = build()
        # The cast makes them without operations; here the tables must follow from the operations.
        Attachment.objects.all().delete()
        default_storage.save(PHOTO, ContentFile(b"sealed bytes"))
        call_command("backup", folder / "first", verbosity=0)
        yield cast, folder / "first"


@pytest.fixture
def cast(county: tuple[Cast, Path]) -> Cast:
    """The database as it was at the backup, and nothing in the ledger that it does not know."""
    everybody, first = county
    shutil.copyfile(first / "ledger.jsonl", configured.HUXING_LEDGER)
    restoring.restore(first, now=NOW, force=True)
    return everybody


@pytest.fixture
def first(county: tuple[Cast, Path]) -> Path:
    return county[1]


def rows() -> dict[str, list[str]]:
    """Every row of every table, as text."""
    found = {}
    with connection.cursor() as cursor:
        for name in tables.names():
            cursor.execute(f'SELECT t::text FROM "{name}" t ORDER BY 1')
            found[name] = [row for (row,) in cursor.fetchall()]
    return found


def restore(folder: Path, **options: Any) -> None:
    call_command("restore", folder, verbosity=0, **options)


def refused(folder: Path, word: str, **options: Any) -> None:
    """The restore is refused with a sentence that has the word in it, and nothing was touched."""
    before = rows()
    with pytest.raises(CommandError, match=word):
        restore(folder, **options)
    assert rows() == before


def test_a_restore_brings_back_every_row_and_every_file(cast: Cast, tmp_path: Path) -> None:
    before = rows()
    call_command("backup", tmp_path / "b", verbosity=0)
    Operation.objects.all().delete()
    Person.objects.update(is_active=False)
    default_storage.delete(PHOTO)
    restore(tmp_path / "b", force=True)
    after = rows()
    another = {"sync_server", "sync_shard", "sync_devicelog", "common_ledgerline"}
    another |= {"accounts_accesstoken", "accounts_enrolmentcode", "django_session"}
    assert {name for name in before if before[name] != after[name]} <= another
    assert default_storage.open(PHOTO).read() == b"sealed bytes"
    call_command("rebuild", check=True)


def test_a_database_without_tables_can_be_restored_into(cast: Cast, tmp_path: Path) -> None:
    call_command("backup", tmp_path / "b", verbosity=0)
    people = Person.objects.count()
    with scratch_database():
        restore(tmp_path / "b")
        assert Person.objects.count() == people
        call_command("rebuild", check=True)
        call_command("migrate", check_unapplied=True, verbosity=0)


def test_a_backup_of_an_older_version_is_brought_to_the_newest(cast: Cast, tmp_path: Path) -> None:
    call_command("migrate", "erasure", "zero", verbosity=0)
    call_command("backup", tmp_path / "b", verbosity=0)
    restore(tmp_path / "b", force=True)
    assert Erasure.objects.count() == 0
    call_command("migrate", check_unapplied=True, verbosity=0)


def test_a_restored_server_is_another_incarnation_and_gives_no_number_twice(
    cast: Cast, first: Path
) -> None:
    old, shards = recovery.incarnation(), dict(Shard.objects.values_list("code", "value"))
    logs = dict(DeviceLog.objects.values_list("device", "generation"))
    restore(first, force=True)
    assert recovery.incarnation() != old
    for shard in Shard.objects.all():
        assert shard.value >= shards[shard.code] >= recovery.JUMP
        assert shard.gaps[-1] == [shard.value - recovery.JUMP + 1, shard.value]
    assert all(
        log.generation >= logs[log.device] >= recovery.JUMP for log in DeviceLog.objects.all()
    )
    assert ledger.read()[-1].fact.kind == "incarnation"


def test_a_backup_is_of_one_moment_while_others_write(cast: Cast, tmp_path: Path) -> None:
    stop, failures = threading.Event(), []

    def write() -> None:
        try:
            while not stop.is_set():
                add_child(cast.here, "石小妹")
        except Exception as error:  # noqa: BLE001 - said by the test
            failures.append(error)
        finally:
            connections.close_all()

    writers = [threading.Thread(target=write) for _ in range(2)]
    before = Operation.objects.count()
    for writer in writers:
        writer.start()
    try:
        for number in range(3):
            call_command("backup", tmp_path / str(number), verbosity=0)
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert failures == []
    assert Operation.objects.count() > before
    for number in range(3):
        restore(tmp_path / str(number), force=True)
        call_command("rebuild", check=True)
        # Whatever an operation made is there: a row without the other half would be a torn moment.
        assert not Operation.objects.filter(outcome="applied", decision=None).exists()


def test_what_was_stored_and_not_yet_applied_at_the_backup_is_applied_by_the_restore(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its phone has heard that it is stored: nobody would send it again."""

    def killed(*_: object, **__: object) -> None:
        raise SystemExit

    child, _ = add_child(cast.here, "石小妹")
    with monkeypatch.context() as crash:
        crash.setattr(push, "apply", killed)
        with pytest.raises(SystemExit):
            say(cast.here, "concern.raise", ids.uuid7(NOW), child, {"answers": {}})
    raised = Operation.objects.get(outcome="received")
    call_command("backup", tmp_path / "b", verbosity=0)
    restore(tmp_path / "b", force=True)
    assert Operation.objects.get(op=raised.op).outcome == "applied"
    assert Escalation.objects.filter(file=child).count() == 1
    call_command("rebuild", check=True)


def test_what_was_revoked_closed_or_ended_since_the_backup_stays_so(
    cast: Cast, first: Path
) -> None:
    administrator, there = cast["administrator"].person, cast["far_administrator"].person
    assert administrator
    assert there
    phone, leaver = cast.here.ids["device"], cast["village_b"].person
    grant = RoleGrant.objects.get(id=cast.here.ids["grant"])
    accounts.device_revoke(device=phone, reason="lost", actor=administrator.id, now=NOW)
    assert leaver
    accounts.person_deactivate(person=leaver.id, actor=administrator.id, now=NOW)
    accounts.role_end(person=grant.person_id, grant=grant.id, actor=administrator.id, now=NOW)
    restore(first, force=True)
    assert Device.objects.get(id=phone).revoked_at == NOW
    assert Device.objects.get(id=cast.there.ids["device"]).revoked_at is None
    assert not Person.objects.get(id=leaver.id).is_active
    assert RoleGrant.objects.get(person=grant.person_id).ended_at == NOW
    assert Person.objects.get(id=there.id).is_active
    restore(first, force=True)
    assert Device.objects.get(id=phone).revoked_at == NOW


def test_a_phone_revoked_since_the_backup_gets_nothing(cast: Cast, first: Path) -> None:
    administrator = cast["administrator"].person
    assert administrator
    accounts.device_revoke(
        device=cast.here.ids["device"], reason="lost", actor=administrator.id, now=NOW
    )
    restore(first, force=True)
    header = {
        "protocol": 1,
        "device": str(cast.here.ids["device"]),
        "wall": NOW.isoformat(),
        "cursor": None,
    }
    answer = cast["phone"].call(
        "POST", "/api/v1/sync", json.dumps(header), headers={"content-type": "application/x-ndjson"}
    )
    assert answer.json()["refused"] == "device.revoked"
    assert "enter" not in answer.json()


def test_a_wipe_that_was_ordered_since_the_backup_is_still_ordered(cast: Cast, first: Path) -> None:
    administrator, phone = cast["administrator"].person, cast.here.ids["device"]
    assert administrator
    wipe = accounts.device_order(
        device=phone, do="wipe", reason="lost", actor=administrator.id, now=NOW
    )
    unlock = accounts.device_order(
        device=phone, do="unlock", reason="found", actor=administrator.id, now=NOW
    )
    accounts.device_order_withdraw(device=phone, order=unlock, actor=administrator.id, now=NOW)
    restore(first, force=True)
    rows = DeviceOrder.objects.filter(device=phone).values_list("id", "do", "withdrawn_at")
    assert {(wipe, "wipe", None), (unlock, "unlock", NOW)} <= set(rows)


def test_what_was_sealed_to_a_key_made_since_the_backup_can_be_opened(
    cast: Cast, first: Path
) -> None:
    public = outbox_keys.rotate(now=NOW)
    key = sealing.key_id(public)
    private = outbox_keys.OutboxKeys().private([key])
    restore(first, force=True)
    assert outbox_keys.OutboxKeys().private([key]) == private
    assert outbox_keys.current(now=NOW) == public


def erasable(cast: Cast) -> UUID:
    """A child about whom nothing is open, registered before the backup that a test takes."""
    child = ids.uuid7(NOW)
    home = {"v": {"division": cast.here.village, "address": "五组"}, "saw": []}
    say(cast.here, "child.register", child, child, {"set": {"residence": home}})
    return child


def test_what_was_erased_since_the_backup_is_erased_again(cast: Cast, tmp_path: Path) -> None:
    child, lead = erasable(cast), cast["lead"].person
    assert lead
    call_command("backup", tmp_path / "b", verbosity=0)
    erasure.child_erase(
        child=child, reason="on request", actor=lead.id, now=NOW,
        confirmed_by=cast.members["administrator"].person.id,
    )  # fmt: skip
    restore(tmp_path / "b", force=True)
    # Times of operations are milliseconds.
    at = NOW.replace(microsecond=NOW.microsecond // 1000 * 1000)
    assert File.objects.get(id=child).erased_at == at
    assert encrypted.keys([child], create=True) == {}
    row = Erasure.objects.get(files__contains=[child])
    assert (row.person, row.erased_at) == (lead.id, at)
    call_command("rebuild", check=True)


def test_a_child_registered_and_erased_since_the_backup_does_not_come_back_by_a_phone(
    cast: Cast, first: Path
) -> None:
    child, lead = erasable(cast), cast["lead"].person
    assert lead
    erasure.child_erase(
        child=child, reason="on request", actor=lead.id, now=NOW,
        confirmed_by=cast.members["administrator"].person.id,
    )  # fmt: skip
    restore(first, force=True)
    home = {"v": {"division": cast.here.village}, "saw": []}
    draft = Draft(
        op=ids.uuid7(NOW), person=lead.id, kind="child.register", target=child, file=child,
        data={"set": {"residence": home}}, at=NOW,
    )  # fmt: skip
    (receipt,) = submit([draft], now=NOW)
    assert (receipt.outcome, receipt.code) == ("quarantined", "file.erased")
    assert not Child.objects.filter(id=child).exists()
    assert encrypted.keys([child], create=True) == {}


def test_logins_and_unused_codes_of_before_end(cast: Cast, tmp_path: Path) -> None:
    administrator, person = cast["administrator"].person, cast["village_a"].person
    assert administrator
    assert person
    AccessToken.objects.create(user=administrator)
    accounts.enrolment_code_create(people=[person.id], actor=administrator.id, now=NOW)
    phones = AccessToken.objects.exclude(device=None).count()
    call_command("backup", tmp_path / "b", verbosity=0)
    restore(tmp_path / "b", force=True)
    assert not AccessToken.objects.filter(device=None).exists()
    assert AccessToken.objects.exclude(device=None).count() == phones > 0
    assert not EnrolmentCode.objects.filter(used_at=None).exists()


def test_a_database_with_data_is_replaced_only_by_force(cast: Cast, first: Path) -> None:
    refused(first, "--force")


def test_a_folder_that_is_no_backup_is_refused(cast: Cast, first: Path, tmp_path: Path) -> None:
    refused(tmp_path, "backup", force=True)
    shutil.copytree(first, tmp_path / "cut")
    (tmp_path / "cut" / "manifest.json").unlink()
    refused(tmp_path / "cut", "backup", force=True)


@pytest.mark.parametrize("name", ["tables/sync_operation.gz", f"files/{PHOTO}", "files.jsonl"])
@pytest.mark.parametrize("harm", ["change", "remove"])
def test_a_damaged_backup_is_refused(
    cast: Cast, first: Path, tmp_path: Path, name: str, harm: str
) -> None:
    shutil.copytree(first, tmp_path / "b")
    broken = tmp_path / "b" / name
    if harm == "remove":
        broken.unlink()
    else:
        content = broken.read_bytes()
        broken.write_bytes(content[:-3] + bytes([content[-3] ^ 1]) + content[-2:])
    refused(tmp_path / "b", broken.name.split("/")[-1], force=True)


@pytest.mark.parametrize("key", ["HUXING_MASTER_KEY", "HUXING_INDEX_KEY"])
def test_other_keys_are_noticed_before_anything_is_touched(
    cast: Cast, first: Path, settings: Any, key: str
) -> None:
    setattr(settings, key, b"x" * 32)
    refused(first, key, force=True)


def test_a_backup_from_before_a_new_master_key_needs_the_one_of_then(
    cast: Cast, first: Path, settings: Any
) -> None:
    settings.HUXING_MASTER_KEY_PREVIOUS = settings.HUXING_MASTER_KEY
    settings.HUXING_MASTER_KEY = b"n" * 32
    restore(first, force=True)
    child = cast.here.ids["child"]
    assert child in encrypted.keys([child])


def test_a_backup_of_a_newer_version_is_refused(cast: Cast, first: Path, tmp_path: Path) -> None:
    shutil.copytree(first, tmp_path / "b")
    manifest = json.loads((tmp_path / "b" / "manifest.json").read_text())
    manifest["migrations"].append(["sync", "9999_from_the_future"])
    (tmp_path / "b" / "manifest.json").write_text(json.dumps(manifest))
    refused(tmp_path / "b", "9999_from_the_future", force=True)


def test_without_the_ledger_it_is_refused_unless_said_so(
    cast: Cast, first: Path, tmp_path: Path, settings: Any
) -> None:
    settings.HUXING_LEDGER = tmp_path / "elsewhere" / "ledger.jsonl"
    refused(first, "--without-ledger", force=True)
    restore(first, force=True, without_ledger=True)
    assert ledger.read()[-1].fact.kind == "incarnation"


def test_another_installations_ledger_is_refused(
    cast: Cast, first: Path, tmp_path: Path, settings: Any
) -> None:
    settings.HUXING_LEDGER = tmp_path / "ledger.jsonl"
    settings.HUXING_LEDGER.write_bytes(b"")
    refused(first, "ledger", force=True)


def test_while_others_are_connected_it_is_refused(cast: Cast, first: Path) -> None:
    params = connection.get_connection_params()
    with psycopg.connect(
        **{n: params[n] for n in ("dbname", "user", "host", "port") if n in params}
    ):
        refused(first, "Stop web", force=True)


def test_a_crash_in_the_middle_leaves_the_old_database_whole(
    cast: Cast, first: Path, monkeypatch: Any
) -> None:
    add_child(cast.here, "石小妹")
    before = rows()

    def crash(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tables, "set_sequences", crash)
    with pytest.raises(KeyboardInterrupt):
        restoring.restore(first, now=NOW, force=True)
    assert rows() == before


def test_a_crash_before_the_ledger_is_made_up_for_before_anything_is_served(
    cast: Cast, first: Path, monkeypatch: Any
) -> None:
    administrator = cast["administrator"].person
    assert administrator
    phone = cast.here.ids["device"]
    accounts.device_revoke(device=phone, reason="lost", actor=administrator.id, now=NOW)

    def crash() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(restoring, "replay", crash)
    with pytest.raises(KeyboardInterrupt):
        restoring.restore(first, now=NOW, force=True)
    assert Device.objects.get(id=phone).revoked_at is None
    assert served(lambda: Device.objects.get(id=phone).revoked_at) == ("200 OK", NOW)


def served(look: Callable[[], Any]) -> tuple[str, Any]:
    """The status of a server's first answer, and what was there to be seen when the application ran."""
    told: list[str] = []
    seen: list[Any] = []

    def application(environ: Any, start: Any) -> list[bytes]:
        seen.append(look())
        start("200 OK", [])
        return []

    list(AfterTheLedger(application)({}, lambda status, headers: told.append(status)))
    return told[0], seen[0] if seen else None


def test_an_older_database_put_in_place_by_other_means_is_noticed_by_the_ledger(
    cast: Cast, first: Path
) -> None:
    """The data directory of before a restore is copied back: the ledger knows a later incarnation."""
    restore(first, force=True)
    later = recovery.incarnation()
    with connection.cursor() as cursor:
        last = ledger.read()[-1].hash
        cursor.execute("DELETE FROM common_ledgerline WHERE hash = %s", [last])
        cursor.execute("UPDATE sync_server SET incarnation = gen_random_uuid()")
    status, seen = served(recovery.incarnation)
    assert status == "200 OK"
    assert seen == recovery.incarnation() != later
    assert served(recovery.incarnation)[1] == seen


def test_a_ledger_that_was_tampered_with_stops_serving(cast: Cast, settings: Any) -> None:
    text = settings.HUXING_LEDGER.read_bytes()
    settings.HUXING_LEDGER.write_bytes(text.replace(b'"n":1,', b'"n":7,', 1))
    try:
        assert served(lambda: 1) == ("503 Service Unavailable", None)
    finally:
        settings.HUXING_LEDGER.write_bytes(text)


def test_after_restore_is_for_databases_restored_by_other_tools(cast: Cast, capsys: Any) -> None:
    before = recovery.incarnation()
    call_command("after_restore", "standby promoted")
    assert recovery.incarnation() != before
    assert ledger.read()[-1].fact.detail == {"reason": "standby promoted"}


def test_keys_are_not_in_a_backup(cast: Cast, first: Path, settings: Any) -> None:
    secrets = [settings.HUXING_MASTER_KEY, settings.HUXING_INDEX_KEY, settings.SECRET_KEY.encode()]
    names = ["龙小燕", "吴officer", PASSWORD]
    for path in first.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            plain = gzip.decompress(content) if path.suffix == ".gz" else content
            for word in [*secrets, *(name.encode() for name in names)]:
                assert word not in plain, path
