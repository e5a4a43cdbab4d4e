"""A full disk: nothing is receipted that is not stored, and everything goes on when there is room again."""

import io
from pathlib import Path

import pytest
from django.db import OperationalError, connection

from sync import push
from sync.models import Operation
from sync.uploads import errors, services
from tests.full_disk import no_room

from .conftest import NOW, Phone
from .test_push import make_box, new, op_of
from .test_uploads import begin, declare, folder, photo, send, stored_in
from .toys import Note

__all__ = ["folder"]
pytestmark = pytest.mark.django_db(transaction=True)
# What PostgreSQL says when a table cannot grow (53100, disk_full), said by a trigger.
FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER full_disk BEFORE {what} ON sync_operation FOR EACH ROW EXECUTE FUNCTION full_disk();
"""
ROOM = "DROP FUNCTION IF EXISTS full_disk CASCADE"


@pytest.mark.parametrize("what", ["INSERT", "UPDATE"])
def test_a_push_onto_a_full_disk_of_the_database_is_receipted_only_once_it_is_stored(
    phone: Phone, what: str
) -> None:
    """Neither when it cannot be stored, nor when what was decided about it cannot be written down."""
    note = phone.say("note.write", new(), {"text": "help"}, file=make_box(phone))
    with connection.cursor() as cursor:
        cursor.execute(FULL.format(what=what))
    try:
        with pytest.raises(OperationalError, match="could not extend file"):
            phone.push()
    finally:
        with connection.cursor() as cursor:
            cursor.execute(ROOM)
    stored = Operation.objects.filter(op=op_of(note))
    assert stored.count() == (0 if what == "INSERT" else 1)
    phone.push()
    push.finish(now=NOW)
    assert stored.get().outcome == "applied"
    assert Note.objects.count() == 1


def test_an_upload_onto_a_full_disk_keeps_what_has_come_and_goes_on_from_there(
    phone: Phone, folder: Path
) -> None:
    file = photo((900, 700))
    (attachment,) = declare(phone, file)
    upload = begin(phone, file)
    half = len(file) // 2
    send(phone, upload, file, stop=half)
    before = {path: path.stat().st_size for path in stored_in(folder)}
    with no_room(64), pytest.raises(errors.NoRoom) as told:
        send(phone, upload, file, start=half)
    assert (told.value.status_code, told.value.wait) == (503, 60)
    assert {path: path.stat().st_size for path in stored_in(folder)} == before, "nothing half"
    row = services.find(sender=phone.sender, upload=upload.id, now=NOW)
    assert row.offset == half
    services.append(
        sender=phone.sender,
        upload=upload.id,
        offset=half,
        read=io.BytesIO(file[half:]).read,
        now=NOW,
    )
    attachment.refresh_from_db()
    assert attachment.status == "complete"
