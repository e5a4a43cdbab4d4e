"""The evidence dossier: everything on record, the reporter not, and what differs is named (rules.md)."""

import copy
import dataclasses
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pypdf
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from backend.audit.models import AuditEntry
from backend.common import encrypted
from backend.concerns import services as escalations
from backend.concerns.models import Escalation
from backend.dossier import lines, store, words
from backend.dossier.models import Dossier
from backend.erasure import services as erasure
from backend.tasks import services as tasks
from backend.tasks.models import Task
from sync.erase import erase
from sync.models import Operation
from sync.registry import registry
from sync.uploads import pieces

from .conftest import NOW
from .dossiers import PURPOSE, SECRET, WORDS, Matter, matter, recorded, text_of, verify
from .test_attachments import photo

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def made_once(django_db_setup: None, django_db_blocker: Any) -> Iterator[Matter]:
    """Made once for the module; what a test writes is its own to roll back."""
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    files = override_settings(STORAGES=settings.STORAGES | {"default": memory})
    with files, django_db_blocker.unblock(), transaction.atomic():
        yield matter()
        transaction.set_rollback(True)


@pytest.fixture
def child(made_once: Matter) -> Matter:
    phone = copy.copy(made_once.phone)
    phone.log = list(phone.log)
    return dataclasses.replace(made_once, phone=phone, ops=dict(made_once.ops))


def manifest_of(content: bytes) -> dict[str, Any]:
    inside = pypdf.PdfReader(io.BytesIO(content)).attachments["manifest.json"][0]
    return dict(json.loads(inside))


def with_manifest(content: bytes, told: dict[str, Any]) -> bytes:
    """The same pages with another manifest inside."""
    writer = pypdf.PdfWriter()
    writer.append(io.BytesIO(content))
    writer.add_attachment("manifest.json", json.dumps(told).encode())
    stored = io.BytesIO()
    writer.write(stored)
    return stored.getvalue()


def altered(sql: str, *given: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql, given)
        cursor.execute("SET session_replication_role = origin")


def test_dossier_holds_every_section_and_the_reporter_is_not_named(
    child: Matter, tmp_path: Path
) -> None:
    content = child.made()
    told = text_of(content)
    for said in (
        PURPOSE, WORDS, "手臂有淤青", "邻居听见哭声", "我想和外婆住", "不得再打孩子", "110-88",
        "警回2026-18", "移交单3号", "龙小燕", "照片1", "第1页共", "审计链首",
        photo_hash := manifest_of(content)["photos"][0]["sha256"],
    ):  # fmt: skip
        assert "".join(said.split()) in told, said
    assert child.photograph
    assert photo_hash == bytes(child.photograph.sha256).hex()
    assert "吴wu" not in told, "her name stands in a narrative too"
    assert str(child.office.town.wu.id) not in told
    assert SECRET not in told, "what is sealed"
    assert b"Camera of the village" not in content
    row = recorded()
    assert (row.size, row.pages) == (len(content), len(pypdf.PdfReader(io.BytesIO(content)).pages))
    assert verify(content, tmp_path) == (0, "The dossier agrees with the database.\n")


def test_dossier_hides_which_phone_reported(child: Matter) -> None:
    told = manifest_of(child.made())
    by_op = {UUID(one["op"]): one for one in told["operations"]}
    concern, part = by_op[child.ops["concern"]], by_op[child.ops["part"]]
    assert (concern["device"], concern["seq"]) == ("", None)
    assert (part["device"], part["seq"]) == ("D1", 2)
    assert child.ops["sealed"] not in by_op
    assert str(child.phone.device) not in json.dumps(told)


def test_dossier_with_what_is_sealed_is_for_a_sealed_case_and_its_leads(
    child: Matter, tmp_path: Path
) -> None:
    case = child.office.open(by="lead", sealed=True, reason="怀疑性侵害")
    assert child.make(case=str(case)).status_code == 404
    dossier = child.ready(by="lead", case=str(case))
    content = child.open(dossier, by="lead")
    assert SECRET in text_of(content)
    assert verify(content, tmp_path)[0] == 0
    ask = child.office.desk("officer").post
    assert ask(f"dossiers/{dossier}/open", reason="核对").status_code == 404
    assert child.office.desk("lead").post(f"dossiers/{dossier}/open").status_code == 403
    assert child.office.desk("officer").get(f"children/{child.child}/dossiers/").json() == {
        "dossiers": []
    }
    assert not AuditEntry.objects.filter(subject=dossier, detail__has_key="child").exists()
    open_one = child.made()
    assert SECRET not in text_of(open_one)
    assert "怀疑性侵害" not in text_of(open_one)
    assert str(case) not in json.dumps(manifest_of(open_one))
    assert verify(open_one, tmp_path)[0] == 0, "what is sealed was not left out"


def test_dossier_has_nothing_of_what_somebody_is_kept_out_of_and_others_are_closed_to_her(
    child: Matter, tmp_path: Path
) -> None:
    row, lead = (
        Escalation.objects.get(file=child.child, sealed=False),
        child.office.town.people["lead"],
    )
    made = child.ready(by="lead")
    escalations.escalation_keep_out(
        escalation=row.id, people=[child.office.town.officer.id], reason="当事人亲属",
        actor=lead.id, revision=row.revision, now=NOW,
    )  # fmt: skip
    desk = child.office.desk("officer")
    assert desk.post(f"dossiers/{made}/open", reason="核对").status_code == 404
    assert desk.get(f"children/{child.child}/dossiers/").json() == {"dossiers": []}
    own, whole = child.made(), child.made(by="lead")
    hers = {one["op"] for one in manifest_of(own)["operations"]}
    theirs = {one["op"]: one["kind"] for one in manifest_of(whole)["operations"]}
    missing = {theirs[op] for op in theirs.keys() - hers}
    assert {"escalation.open", "escalation.keep_out", "finding.record"} <= missing
    assert "visit.part" not in missing
    assert verify(own, tmp_path)[0] == verify(whole, tmp_path)[0] == 0


def test_dossier_of_a_county_has_no_report_against_the_county(
    child: Matter, tmp_path: Path
) -> None:
    said = "民政局的人打了他"
    child.say(
        "accusing", "visit.part",
        answers={"child_seen": "yes", "facts_observed": said, "suspected_persons": ["county_worker"]},
    )  # fmt: skip
    content = child.made()
    assert said not in text_of(content)
    assert str(child.ops["accusing"]) not in json.dumps(manifest_of(content))
    assert verify(content, tmp_path)[0] == 0


def test_dossier_names_the_question_of_the_words_that_a_danger_was_found_in(child: Matter) -> None:
    child.say("worded", "visit.part", answers={"child_seen": "yes", "child_words": "我不想活了"})
    assert "依据事实孩子原话：我不想活了" in text_of(child.made())


def test_dossier_is_made_listed_and_opened_on_the_audit_log(child: Matter) -> None:
    assert child.make(purpose=" ").json()["code"] == "dossier.purpose"
    child.made()
    row = recorded()
    (listed,) = (
        child.office.desk("lead").get(f"children/{child.child}/dossiers/").json()["dossiers"]
    )
    assert (listed["purpose"], listed["sha256"]) == (PURPOSE, row.sha256)
    actions = AuditEntry.objects.filter(action__startswith="dossier.").order_by("id")
    assert list(actions.values_list("action", flat=True)) == [
        "dossier.make", "dossier.open", "dossier.list",
    ]  # fmt: skip
    assert child.office.desk("wu").get(f"children/{child.child}/dossiers/").status_code == 403
    assert child.office.desk("stranger").get(f"children/{child.child}/dossiers/").status_code == 404


def test_dossier_is_made_and_downloaded_from_the_page_of_the_child(child: Matter) -> None:
    client = Client()
    client.force_login(
        child.office.town.officer, backend="django.contrib.auth.backends.ModelBackend"
    )
    place = f"/office/children/{child.child}/dossiers/"
    assert f'href="{place}' in client.get("/office/children/").content.decode()
    assert (
        f'href="{place}?case={child.case}"'
        in client.get(f"/office/cases/{child.case}/").content.decode()
    )
    refused = client.post(place, {"purpose": " ", "case": str(child.case)})
    assert (refused.status_code, "请写明制作卷宗的用途" in refused.content.decode()) == (400, True)
    ordered = client.post(place, {"purpose": PURPOSE, "case": str(child.case)})
    task = ordered["Location"]
    asked = client.get(task, headers={"hx-request": "true"})
    assert ("等待执行" in asked.content.decode(), Dossier.objects.count()) == (True, 0)
    tasks.carry_on()
    polled = client.get(task, headers={"hx-request": "true"})
    assert (polled["HX-Redirect"], client.get(task)["Location"]) == (place, place)
    assert PURPOSE in client.get(place).content.decode()
    got = client.post(f"/office/dossiers/{recorded().id}/")
    assert got.content.startswith(b"%PDF")
    assert "no-store" in got["Cache-Control"]


def test_dossier_is_an_operation_that_a_rebuild_folds_and_no_column_holds_its_words(
    child: Matter,
) -> None:
    child.made()
    call_command("rebuild", check=True)
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT 1 FROM "{table}" t WHERE t::text LIKE %s', [f"%{PURPOSE}%"])
            assert cursor.fetchone() is None, table


def test_dossier_file_of_which_a_byte_was_changed_is_told(child: Matter, tmp_path: Path) -> None:
    content = bytearray(child.made())
    content[len(content) // 2] ^= 1
    code, told = verify(bytes(content), tmp_path)
    assert code == 1
    assert "The file is not the one that was made" in told or "No dossier with" in told


def test_dossier_that_is_no_pdf_or_was_never_made_is_told(child: Matter, tmp_path: Path) -> None:
    content = child.made()
    assert "no manifest that can be read" in verify(b"no paper at all", tmp_path)[1]
    told = manifest_of(content) | {"dossier": str(UUID(int=7))}
    assert "was never made here" in verify(with_manifest(content, told), tmp_path)[1]
    told = manifest_of(content)
    told["operations"][0]["op"] = "no id"
    assert "no manifest that can be read" in verify(with_manifest(content, told), tmp_path)[1]


def test_dossier_whose_manifest_was_changed_names_the_entry(child: Matter, tmp_path: Path) -> None:
    content = child.made()
    told = manifest_of(content)
    first, second, third, *rest = told["operations"]
    first["sha256"] = "0" * 64
    second["observed"] = "2026-01-01T00:00:00+00:00"
    code, said = verify(
        with_manifest(content, told | {"operations": [first, second, *rest]}), tmp_path
    )
    assert code == 1
    assert f"Entry 1 ({first['op']}): sha256 is {'0' * 64}" in said
    assert f"Entry 2 ({second['op']}): observed is 2026-01-01" in said
    assert f"Left out: {third['kind']} {third['op']}" in said
    assert "The file is not the one that was made" in said


def test_dossier_names_the_row_that_was_changed_or_removed_from_the_database(
    child: Matter, tmp_path: Path
) -> None:
    content = child.made()
    part, concern, sealed = (child.ops[name] for name in ("part", "concern", "sealed"))
    body = Operation.objects.get(op=sealed).body
    altered("UPDATE sync_operation SET body = %s WHERE op = %s", body, part)
    altered("DELETE FROM sync_operation WHERE op = %s", concern)
    altered("UPDATE sync_operation SET at = at + 60000 WHERE op = %s", child.ops["visit"])
    code, said = verify(content, tmp_path)
    assert code == 1
    assert f"({part}): what is stored in the database is not what the hash is over" in said
    assert f"({concern}) is not in the database" in said
    assert f"({child.ops['visit']}): observed is" in said


def test_dossier_from_which_something_was_left_out_or_slipped_in_later_is_told(
    child: Matter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = lines.of_files
    monkeypatch.setattr(
        lines, "of_files", lambda files: [e for e in every(files) if e.op != child.ops["concern"]]
    )
    content = child.made()
    monkeypatch.undo()
    assert f"Left out: concern.raise {child.ops['concern']}" in verify(content, tmp_path)[1]


def test_dossier_stays_right_when_the_file_goes_on(child: Matter, tmp_path: Path) -> None:
    content = child.made()
    child.say("later", "visit.part", answers={"child_seen": "yes"})
    assert verify(content, tmp_path)[0] == 0
    assert verify(child.made(), tmp_path)[0] == 0


def test_dossier_photograph_whose_bytes_were_exchanged_is_named(
    child: Matter, tmp_path: Path
) -> None:
    content, told = child.made(), []
    assert child.photograph
    name = pieces.object_name(child.photograph.id, pieces.ORIGINAL)
    for file in (photo(9), photo()):
        pieces.delete([name])
        pieces.write(name, file, encrypted.key(child.child))
        told.append(verify(content, tmp_path))
    assert "the stored bytes are lost or are others" in told[0][1]
    assert told[1][0] == 0


def test_dossier_notices_a_log_that_was_rewritten(child: Matter, tmp_path: Path) -> None:
    content = child.made()
    altered("UPDATE audit_auditseal SET hash = root WHERE county = '522630'")
    assert "is another one than the dossier's" in verify(content, tmp_path)[1]
    altered("DELETE FROM audit_auditseal WHERE county = '522630'")
    assert "has no seal" in verify(content, tmp_path)[1]
    altered("DELETE FROM audit_auditentry WHERE action = 'dossier.make'")
    assert "its line in the audit log differ" in verify(content, tmp_path)[1]


def test_dossier_of_an_erased_file_can_still_be_told_from_a_forged_one(
    child: Matter, tmp_path: Path
) -> None:
    content = child.made()
    row = recorded()
    files = [child.child, child.household]
    store.forget(files)
    erase(files, now=NOW)
    assert not Dossier.objects.exists()
    code, said = verify(content, tmp_path)
    assert code == 2, said
    assert f"File {child.child} was erased by law" in said
    told = manifest_of(content)
    told["operations"][0]["sha256"] = "0" * 64
    code, said = verify(with_manifest(content, told), tmp_path)
    assert code == 1
    assert "sha256 is 000" in said
    assert row.sha256 in said, "by the audit log's line"


def test_dossier_bytes_go_with_the_erased_file(
    child: Matter, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    child.made()
    row = recorded()
    for open_matters in (erasure.concerns, erasure.cases):
        monkeypatch.setattr(open_matters, "has_open", lambda _: False)
    with django_capture_on_commit_callbacks(execute=True):
        erasure.child_erase(
            child=child.child, reason="依法删除", actor=child.office.town.lead.id,
            confirmed_by=child.office.town.lead.id, now=NOW,
        )  # fmt: skip
    assert not Dossier.objects.exists()
    assert not store.default_storage.exists(store.name(row.id))


def test_dossier_statements_do_not_grow_with_the_file(child: Matter) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            child.made()
        return sum("pg_locks" not in query["sql"] for query in captured)

    statements()
    before = statements()
    for number in range(3):
        child.say(f"more{number}", "visit.part", answers={"child_seen": "yes"})
    assert statements() == before


def test_dossier_that_could_not_be_recorded_leaves_no_file(
    child: Matter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from backend.dossier import services

    held = lambda drafts, now: [dataclasses.make_dataclass("R", ["outcome"])("held")]  # noqa: E731
    monkeypatch.setattr(services.push, "submit", held)
    written: list[UUID] = []
    write = store.write
    monkeypatch.setattr(
        store, "write", lambda id_, *rest: (written.append(id_), write(id_, *rest))[1]
    )
    task = child.make().json()["id"]
    for _ in range(tasks.ATTEMPTS):
        tasks.carry_on()
        Task.objects.update(touched_at=None)
    told = child.office.desk("officer").get(f"tasks/{task}/").json()
    assert (told["state"], told["problem"]["code"]) == ("failed", "dossier.waits")
    assert len(written) == tasks.ATTEMPTS
    assert not store.default_storage.exists(store.name(written[0]))


def test_dossier_has_a_name_for_every_kind_of_operation() -> None:
    # An erasure has a file of its own; what was recovered is evidence of another device; what phones
    # were told to be open is left out, for it follows from findings.
    elsewhere = {"file.erase", "open_danger.show", "recovered.keep"}
    assert {kind for kind in registry.by_kind if words.entry(kind) == kind} <= elsewhere
