"""Who sees which photograph: as with what was seen, each read on the audit log, sealed ones by name (SYNC)."""

import hashlib
import io
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PIL import Image

from backend.accounts import services as accounts
from backend.audit.models import AuditEntry
from sync.erase import erase
from sync.models import Attachment
from sync.protocol import ids
from sync.uploads import metadata

from .conftest import NOW, HttpPhone
from .town import Town

REASON = "核实情况"


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    local = {**settings.LOCAL_FILES, "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "default": local}


def photo(number: int = 0) -> bytes:
    image = Image.new("RGB", (60 + number, 40), (200, 90, 30))
    exif = Image.Exif()
    exif[0x0110] = "Camera of the village"
    exif.get_ifd(0x8825)[1] = "N"
    stored = io.BytesIO()
    image.save(stored, "JPEG", exif=exif)
    return stored.getvalue()


def declared(*files: bytes) -> list[dict[str, Any]]:
    return [
        {"sha256": hashlib.sha256(file).hexdigest(), "size": len(file), "type": "image/jpeg"}
        for file in files
    ]


def bring(phone: HttpPhone, file: bytes) -> Attachment:
    common = {"authorization": f"Token {phone.token}", "tus-resumable": "1.0.0"}
    sha256 = hashlib.sha256(file)
    made = phone.client.post(
        "/api/v1/uploads/",
        headers={
            **common, "upload-length": str(len(file)),
            "upload-metadata": metadata.write(sha256=sha256.hexdigest()),
        },
    )  # fmt: skip
    assert made.status_code == 201, made.content
    sent = phone.client.patch(
        made.headers["Location"], file, content_type="application/offset+octet-stream",
        headers={**common, "upload-offset": "0"},
    )  # fmt: skip
    assert sent.status_code == 204, sent.content
    return Attachment.objects.filter(sha256=sha256.digest()).latest("settled_at")


class Case:
    """A child of Wu's with her phone, and a photograph she took."""

    def __init__(self, town: Town) -> None:
        self.town, self.child = town, town.child("龙小燕", of="wu")
        self.phone = town.phone("wu")
        self.phone.sync()

    def say(self, does: str, file: UUID | None = None, **data: Any) -> UUID:
        target = ids.uuid7(NOW)
        self.phone.say(does, target, data, file or self.child)
        receipt = self.phone.sync(self.phone.log[-1])["receipts"][-1]
        assert receipt["outcome"] == "applied", receipt
        return target

    def visit(self, *files: bytes, **more: Any) -> UUID:
        return self.say(
            "visit.part", answers={"child_seen": "yes"} | more, attachments=declared(*files)
        )

    def seen_by(self, *names: str, attachment: Attachment, what: str = "view") -> list[int]:
        place = f"attachments/{attachment.id}/{what}"
        return [self.town.desk(name).get(place).status_code for name in names]

    def phones(self, phone: HttpPhone, path: str = "") -> Any:
        return phone.client.get(
            f"/api/v1/files/{self.child}/attachments{path}",
            headers={"authorization": f"Token {phone.token}", "accept-language": "en"},
        )


@pytest.fixture
def case(town: Town) -> Case:
    return Case(town)


def audited(action: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=action).order_by("id"))


EVERYBODY = ("wu", "township", "officer", "yang", "admin", "auditor", "viewer", "stranger")


def test_a_photograph_is_seen_by_those_who_may_read_the_visit_and_each_look_is_audited(
    case: Case,
) -> None:
    case.visit(photo())
    attachment = bring(case.phone, photo())
    seen = case.seen_by(*EVERYBODY, attachment=attachment)
    assert seen == [200, 200, 200, 404, 404, 403, 403, 404]
    lines = audited("attachment.read")
    assert [line.actor for line in lines] == [
        case.town.people[name].id for name in ("wu", "township", "officer")
    ]
    assert {(line.subject, line.county) for line in lines} == {(attachment.id, "522630")}
    assert lines[0].detail == {"what": "view", "file": str(case.child)}


def test_what_is_shown_tells_no_place_and_is_kept_by_no_browser(case: Case) -> None:
    case.visit(photo())
    attachment = bring(case.phone, photo())
    answer = case.town.desk("township").get(f"attachments/{attachment.id}/view")
    with Image.open(io.BytesIO(answer.content)) as image:
        assert dict(image.getexif()) == {}
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Disposition"].startswith("inline")


def test_the_original_and_what_the_camera_wrote_are_the_countys_and_need_a_reason(
    case: Case,
) -> None:
    case.visit(photo())
    attachment = bring(case.phone, photo())
    place = f"attachments/{attachment.id}"
    officer, township = case.town.desk("officer"), case.town.desk("township")
    for desk, status in ((officer, 200), (township, 404)):
        original = desk.post(f"{place}/open", what="original", reason=REASON)
        notes = desk.post(f"{place}/notes", reason=REASON)
        assert (original.status_code, notes.status_code) == (status, status)
    assert officer.post(f"{place}/notes", reason="").status_code == 400
    assert officer.post(f"{place}/open", what="original", reason=" ").status_code == 400
    told = officer.post(f"{place}/notes", reason=REASON).json()["notes"]
    assert told["Model"] == "Camera of the village"
    assert told["GPSLatitudeRef"] == "N"
    assert officer.post(f"{place}/open", what="original", reason=REASON).content == photo()
    assert [line.detail["reason"] for line in audited("attachment.notes")] == [REASON] * 2


def test_a_photograph_of_a_household_is_seen_by_those_who_may_see_a_child_of_it(
    case: Case,
) -> None:
    from backend.children.models import Child

    household = Child.objects.get(id=case.child).household
    assert household
    case.say("visit.record", household, mode="home", attachments=declared(photo()))
    attachment = bring(case.phone, photo())
    seen = case.seen_by(*EVERYBODY, attachment=attachment)
    assert seen == [200, 200, 200, 404, 404, 403, 403, 404]


def test_a_sealed_photograph_is_opened_by_named_people_with_a_reason_and_shown_to_nobody_else(
    town: Town,
) -> None:
    from .conftest import COUNTY, person

    town.people["lead"] = person("lead", "county_lead", COUNTY, None)
    case = Case(town)
    part = case.visit(photo(1))
    case.say("visit.sealed", part=str(part), answers={}, attachments=declared(photo()))
    attachment = bring(case.phone, photo())
    place = f"attachments/{attachment.id}"
    assert case.seen_by(*EVERYBODY[:5], "stranger", attachment=attachment) == [404] * 6
    lead = town.desk("lead")
    assert lead.get(f"{place}/view").json()["code"] == "attachment.reason"
    assert audited("attachment.open") == []
    opened = lead.post(f"{place}/open", what="view", reason=REASON)
    assert opened.headers["Content-Type"] == "image/jpeg"
    (line,) = audited("attachment.open")
    assert line.detail == {"what": "view", "reason": REASON}
    # Nor does a list, a count or the phone itself tell that there is one.
    visits = town.desk("officer").get(f"children/{case.child}/visits/").json()["results"]
    assert [visit["photos"]["total"] for visit in visits] == [1]
    for name, rows in (("officer", 0), ("admin", 0), ("lead", 1)):
        listed = town.desk(name).get("attachments/", status="complete").json()
        assert listed["count"] == rows
    told = case.phones(case.phone).json()["attachments"]
    assert [one["sha256"] for one in told] == [hashlib.sha256(photo(1)).hexdigest()]
    hidden = case.phones(case.phone, f"/{hashlib.sha256(photo()).hexdigest()}/view")
    assert hidden.status_code == 404


def test_what_a_client_photographed_for_answers_that_should_have_been_sealed_is_sealed(
    case: Case,
) -> None:
    case.visit(photo(), sealed_words="她说…")
    attachment = bring(case.phone, photo())
    assert attachment.sealed
    assert case.seen_by("wu", "township", "officer", attachment=attachment) == [404] * 3
    visits = case.town.desk("officer").get(f"children/{case.child}/visits/").json()["results"]
    assert visits[0]["photos"] == {"total": 0, "pending": 0, "lost": 0}


@pytest.mark.parametrize(
    ("does", "question"),
    [
        ("visit.part", "suspected_persons"),
        ("concern.raise", "suspected_persons"),
        ("visit.sealed", "sealed_suspected_persons"),
    ],
)
@pytest.mark.parametrize(("suspect", "lead"), [("county_worker", 404), ("township_worker", 200)])
def test_a_photograph_of_a_danger_that_accuses_the_county_is_seen_by_those_above_it_alone(
    town: Town, does: str, question: str, suspect: str, lead: int
) -> None:
    from .conftest import COUNTY, person

    town.people["lead"] = person("lead", "county_lead", COUNTY, None)
    town.people["above"] = person("above", "county_lead", COUNTY[:4], None)
    case = Case(town)
    case.say(does, answers={question: [suspect]}, attachments=declared(photo()))
    place = f"attachments/{bring(case.phone, photo()).id}/open"
    asked = {"what": "view", "reason": REASON}
    answers = [town.desk(name).post(place, **asked).status_code for name in ("lead", "above")]
    assert answers == [lead, 200]
    assert town.desk("officer").post(place, **asked).status_code == 404


def test_a_visit_says_how_many_photographs_are_still_to_come(case: Case) -> None:
    files = [photo(number) for number in range(3)]
    case.visit(*files)
    bring(case.phone, files[0])

    def told() -> Any:
        place = f"children/{case.child}/visits/"
        return case.town.desk("township").get(place).json()["results"][0]

    assert told()["photos"] == {"total": 3, "pending": 2, "lost": 0}
    assert sorted(one["status"] for one in told()["attachments"]) == [
        "complete", "pending", "pending",
    ]  # fmt: skip
    waiting = Attachment.objects.filter(status="pending").first()
    assert waiting
    case.town.desk("township").post(f"attachments/{waiting.id}/lost", reason="手机损坏")
    assert told()["photos"] == {"total": 3, "pending": 1, "lost": 1}


def test_what_never_comes_is_found_and_closed_by_the_office_with_a_reason(case: Case) -> None:
    case.visit(photo())
    admin = case.town.desk("admin")
    (row,) = admin.get("attachments/").json()["results"]
    assert (row["person"], row["name"]) == (str(case.town.wu.id), "吴wu")
    place = f"attachments/{row['card']['id']}/lost"
    assert case.town.desk("wu").post(place, reason="x").status_code == 403
    assert case.town.desk("stranger").post(place, reason="x").status_code == 404
    assert admin.post(place, reason="").status_code == 400
    assert admin.post(place, reason="手机损坏").status_code == 204
    again = admin.post(place, reason="手机损坏")
    assert (again.status_code, again.json()["code"]) == (409, "attachment.not_pending")
    (line,) = audited("attachment.lost")
    assert (line.actor, line.detail) == (case.town.admin.id, {"file": str(case.child)})
    assert admin.get("attachments/").json()["count"] == 0
    # The phone turns up after all: evidence is not refused.
    assert bring(case.phone, photo()).status == "complete"


def test_an_administrator_asks_for_a_photograph_and_never_sees_it(case: Case) -> None:
    case.visit(photo())
    attachment = bring(case.phone, photo())
    admin = case.town.desk("admin")
    assert admin.get(f"attachments/{attachment.id}/").json()["status"] == "complete"
    assert case.seen_by("admin", attachment=attachment, what="thumbnail") == [404]


def test_a_phone_that_holds_the_file_fetches_it_and_that_is_audited(case: Case) -> None:
    case.visit(photo(), photo(1))
    attachment = bring(case.phone, photo())
    told = {one["sha256"]: one["status"] for one in case.phones(case.phone).json()["attachments"]}
    assert sorted(told.values()) == ["complete", "pending"]
    fetched = case.phones(case.phone, f"/{hashlib.sha256(photo()).hexdigest()}/thumbnail")
    assert (fetched.status_code, fetched.headers["Content-Type"]) == (200, "image/jpeg")
    (line,) = audited("attachment.sent")
    assert (line.device, line.subject, line.actor) == (case.phone.device, attachment.id, None)
    pending = case.phones(case.phone, f"/{hashlib.sha256(photo(1)).hexdigest()}/thumbnail")
    other = case.phones(case.town.phone("yang"), f"/{hashlib.sha256(photo()).hexdigest()}/view")
    assert (pending.status_code, other.status_code) == (404, 404)
    assert case.phones(case.phone, "/nonsense/view").status_code == 404
    accounts.device_revoke(
        device=case.phone.device, reason="lost", actor=case.town.admin.id, now=NOW
    )
    assert case.phones(case.phone).status_code == 403


def test_a_photograph_of_a_child_nobody_registered_yet_is_the_countys(town: Town) -> None:
    phone, stub = town.phone("wu"), ids.uuid7(NOW)
    phone.say(
        "concern.raise", ids.uuid7(NOW), {"kind": "other", "attachments": declared(photo())}, stub
    )
    phone.sync(phone.log[-1])
    attachment = bring(phone, photo())
    statuses = [
        town.desk(name).get(f"attachments/{attachment.id}/view").status_code
        for name in ("officer", "township", "stranger")
    ]
    assert statuses == [200, 404, 404]


def test_an_erased_child_takes_every_photograph_with_it(case: Case) -> None:
    case.visit(photo(), photo(1))
    attachment = bring(case.phone, photo())
    waiting = Attachment.objects.get(status="pending")
    erase([case.child], now=NOW)
    place = f"attachments/{attachment.id}"
    assert case.seen_by("wu", "township", "officer", attachment=attachment) == [404] * 3
    officer = case.town.desk("officer")
    assert officer.post(f"{place}/open", what="original", reason=REASON).status_code == 404
    assert officer.post(f"{place}/notes", reason=REASON).status_code == 404
    sha256 = hashlib.sha256(photo()).hexdigest()
    assert case.phones(case.phone, f"/{sha256}/view").status_code == 404
    said = {"sha256": hashlib.sha256(photo(1)).hexdigest(), "op": str(waiting.op)}
    late = case.phone.client.post(
        "/api/v1/uploads/",
        headers={
            "authorization": f"Token {case.phone.token}", "tus-resumable": "1.0.0",
            "upload-length": str(len(photo(1))), "upload-metadata": metadata.write(**said),
        },
    )  # fmt: skip
    assert (late.status_code, late.json()["code"]) == (410, "upload.erased")
