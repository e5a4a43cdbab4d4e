"""Break-glass: one child's sealed matters, opened by two people of different roles to one person for a day."""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from backend.accounts import queries
from backend.accounts.models import Confirmation
from backend.audit.models import AuditEntry
from backend.children.models import Child
from backend.common import clock
from backend.concerns.models import Escalation
from backend.dossier.models import Dossier
from backend.guardianship.models import Case
from backend.notifications.models import Notice
from backend.visits.models import Visit
from sync.entries import Draft
from sync.models import Attachment
from sync.ports import ports
from sync.protocol import ids
from sync.push import submit
from sync.uploads import pieces
from tests.cast import HERE, NOW, Cast, add_child, add_escalation

from .conftest import person
from .test_people import Caller

pytestmark = pytest.mark.django_db
WHY = {"reason": "负责人失联，孩子正处于危险"}
HOUR = dt.timedelta(hours=1)
ACCUSING = {"suspected_persons": ["county_worker"]}


def reads(cast: Cast, name: str, things: Mapping[str, Any] | None = None) -> dict[str, int]:
    """What each sealed thing of the child answers."""
    own = cast.here.ids | (things or {})
    paths = {
        "escalation": (f"escalations/{own['sealed']}/open", WHY),
        "case": (f"cases/{own['sealed_case']}/open", WHY),
        "attachment": (f"attachments/{own['sealed_attachment']}/open", WHY | {"what": "view"}),
        "dossier": (f"dossiers/{own['sealed_dossier']}/open", WHY),
        "referral": (f"referrals/{own['sealed_referral']}/open", WHY),
    }
    return {
        what: cast[name].call("POST", f"/api/v1/{path}", body).status_code
        for what, (path, body) in paths.items()
    }


CLOSED = {"escalation": 404, "case": 404, "attachment": 404, "dossier": 404, "referral": 404}
OPEN = dict.fromkeys(CLOSED, 200)


def ask(cast: Cast, by: str, to: str) -> Any:
    reader = cast[to].person
    assert reader
    body = WHY | {"person": str(reader.id)}
    return cast[by].call("POST", f"/api/v1/children/{cast.here.ids['child']}/break-glass", body)


def confirm(cast: Cast, by: str, id_: str) -> Any:
    return cast[by].call("POST", f"/api/v1/confirmations/{id_}/confirm")


def queue(cast: Cast, name: str) -> set[str]:
    rows = cast[name].call("GET", "/api/v1/escalations/").json()["results"]
    return {row["id"] for row in rows}


def test_break_glass_opens_one_file_to_one_person_for_a_day_and_grants_no_role(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer, lead = cast["officer"].person, cast["lead"].person
    assert officer
    assert lead
    other, _ = add_child(cast.here, "石阿朵")
    elsewhere = add_escalation(cast.here, other, sealed=True)
    assert ask(cast, "officer", "village_a").status_code == 404, "she works at no desk there"
    assert ask(cast, "officer", "far_officer").status_code == 404
    answer = ask(cast, "officer", "officer")
    assert answer.status_code == 202, answer.content
    id_, roles = answer.json()["id"], queries.roles_of(officer.id, on=timezone.localdate(NOW))
    assert reads(cast, "officer") == CLOSED
    assert confirm(cast, "officer", id_).status_code == 404
    assert confirm(cast, "auditor", id_).status_code == 404
    done = confirm(cast, "lead", id_)
    assert (done.status_code, done.json()["state"]) == (200, "done")
    told = set(
        Notice.objects.filter(key=f"confirmation {id_} done").values_list("person", flat=True)
    )
    wanted = {cast[name].person for name in ("lead", "administrator", "auditor", "officer")}
    assert told == {one.id for one in wanted if one}

    assert reads(cast, "officer") == OPEN
    assert reads(cast, "officer", {"sealed": elsewhere})["escalation"] == 404
    assert str(cast.here.ids["sealed"]) in queue(cast, "officer")
    assert str(elsewhere) not in queue(cast, "officer")
    for name in ("township", "far_officer", "administrator"):
        assert 200 not in reads(cast, name).values(), name
    assert (
        reads(cast, "officer", {"sealed_dossier": cast.there.ids["sealed_dossier"]})["dossier"]
        == 404
    )
    assert (
        reads(cast, "officer", {"sealed_referral": cast.there.ids["sealed_referral"]})["referral"]
        == 404
    )
    step = f"/api/v1/escalations/{cast.here.ids['sealed']}/acknowledge"
    assert cast["officer"].call("POST", step, {"revision": 1}).status_code == 404
    assert queries.roles_of(officer.id, on=timezone.localdate(NOW)) == roles
    lines = AuditEntry.objects.filter(actor=officer.id, detail__break_glass=id_)
    assert set(lines.values_list("action", flat=True)) == {
        "escalation.open", "case.unseal", "attachment.open", "dossier.open", "referral.open",
    }  # fmt: skip
    opened = AuditEntry.objects.get(action="file.open", subject=cast.here.ids["child"])
    assert (opened.actor, opened.detail["person"]) == (lead.id, str(officer.id))

    # What accuses her own level, or is kept from her by name, stays closed; and it ends by itself.
    row = Escalation.objects.filter(id=cast.here.ids["sealed"])
    for closed, again in (({"skips": "county"}, {"skips": ""}), ({"kept_out": [officer.id]}, {"kept_out": []})):  # fmt: skip
        row.update(**closed)
        # A case has its own; it stays as it is.
        assert reads(cast, "officer") == CLOSED | {"case": 200}, closed
        row.update(**again)
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment + 23 * HOUR)
    assert reads(cast, "officer") == OPEN
    monkeypatch.setattr(clock, "now", lambda: moment + 25 * HOUR)
    assert reads(cast, "officer") == CLOSED


def broken(cast: Cast) -> str:
    """Opened to the officer; the confirmation."""
    id_: str = ask(cast, "officer", "officer").json()["id"]
    assert confirm(cast, "lead", id_).status_code == 200
    return id_


def listed(cast: Cast, path: str, name: str = "officer") -> set[str]:
    found = cast[name].call("GET", f"/api/v1/{path}").json()
    return {row["id"] for row in found.get("results", found.get("dossiers"))}


def test_what_it_opens_is_in_the_secure_lists_and_pages_to_read_and_not_to_work_on(
    cast: Cast,
) -> None:
    child, here = cast.here.ids["child"], cast.here.ids
    dossiers, referral = f"children/{child}/dossiers/", here["sealed_referral"]
    assert str(here["sealed_dossier"]) not in listed(cast, dossiers)
    assert str(referral) not in listed(cast, "referrals/")
    id_ = broken(cast)
    assert str(here["sealed_dossier"]) in listed(cast, dossiers)
    assert str(referral) in listed(cast, "referrals/")
    line = AuditEntry.objects.filter(action="dossier.list").latest("id")
    assert line.detail == {"break_glass": id_}
    opened = cast["officer"].call("POST", f"/api/v1/referrals/{referral}/open", WHY).json()
    assert (opened["possible"], opened["child"]) == ([], str(child))
    by_role = cast["lead"].call("POST", f"/api/v1/referrals/{referral}/open", WHY).json()
    assert by_role["possible"] != []
    for step, body in (
        ("preview", {"fields": ["name"]}),
        ("steps", {"revision": 1, "step": "withdraw"}),
    ):
        answer = cast["officer"].call("POST", f"/api/v1/referrals/{referral}/{step}", body)
        assert answer.status_code == 404, answer.content
    made = {"purpose": "x", "case": str(here["sealed_case"])}
    assert cast["officer"].call("POST", f"/api/v1/{dossiers}", made).status_code == 404
    pages = {
        f"/office/referrals/{referral}/": {"because": WHY["reason"]},
        f"/office/dossiers/{here['sealed_dossier']}/": WHY,
        f"/office/photographs/{here['sealed_attachment']}/": {"because": WHY["reason"]},
    }
    for path, body in pages.items():
        assert cast["officer"].call("POST", path, body).status_code == 200, path
        assert cast["township"].call("POST", path, body).status_code in (403, 404), path
    page = cast["officer"].call("GET", f"/office/children/{child}/dossiers/").content.decode()
    assert f"/office/dossiers/{here['sealed_dossier']}/" in page
    for what in ("original", "notes"):
        path = f"/api/v1/attachments/{here['sealed_attachment']}/"
        body = WHY | {"what": what}
        said = cast["officer"].call(
            "POST", path + ("open" if what == "original" else "notes"), body
        )
        assert said.status_code == 404, what


@pytest.mark.parametrize("model", [Escalation, Case])
@pytest.mark.parametrize("closed", ["skips", "kept_out"])
def test_whom_anything_of_the_child_is_kept_from_finds_it_in_no_secure_paper_or_picture(
    cast: Cast, model: Any, closed: str
) -> None:
    """A dossier and a photograph say all of it, whatever each names."""
    broken(cast)
    officer = cast["officer"].person
    assert officer
    name = "sealed" if model is Escalation else "sealed_case"
    row = model.objects.filter(id=cast.here.ids[name])
    row.update(**({"skips": "county"} if closed == "skips" else {"kept_out": [officer.id]}))
    told = reads(cast, "officer")
    assert (told["dossier"], told["attachment"]) == (404, 404)
    assert told["escalation" if model is Escalation else "case"] == 404
    # Nor one that she made herself when she led there.
    Dossier.objects.filter(id=cast.here.ids["sealed_dossier"]).update(person=officer.id)
    assert reads(cast, "officer")["dossier"] == 404
    assert str(cast.here.ids["sealed_dossier"]) not in listed(
        cast, f"children/{cast.here.ids['child']}/dossiers/"
    )


def test_a_secure_dossier_that_may_accuse_the_reader_stays_closed(cast: Cast) -> None:
    broken(cast)
    say(cast, "concern.raise", cast.here.ids["child"], {"answers": ACCUSING})
    Escalation.objects.exclude(skips="").delete()
    told = reads(cast, "officer")
    assert (told["dossier"], reads(cast, "lead")["dossier"]) == (404, 200)


def say(cast: Cast, kind: str, file: UUID, data: dict[str, Any]) -> UUID:
    """By the office's own door: an operation of a phone's kind."""
    op = ids.uuid7(NOW)
    draft = Draft(
        op=op, person=cast["village_a"].person.id, kind=kind, target=ids.uuid7(NOW), file=file,
        data=data, at=NOW,
    )  # fmt: skip
    assert [receipt.outcome for receipt in submit([draft], now=NOW)] == ["applied"]
    return op


def photographed(cast: Cast, op: UUID, file: UUID, number: int) -> UUID:
    """A sealed photograph of an operation."""
    made = Attachment.objects.create(
        id=ids.uuid7(NOW), op=op, file=file, device=ids.uuid7(NOW), size=3, type="image/jpeg",
        sha256=bytes(31) + bytes([100 + number]), sealed=True, status="complete",
        found="image/jpeg", has_view=True,
    )  # fmt: skip
    pieces.write(pieces.object_name(made.id, pieces.VIEW), b"jpg", ports().keys([file])[file])
    return made.id


def test_the_households_secure_photographs_are_opened_but_not_of_a_visit_that_accuses(
    cast: Cast,
) -> None:
    child = cast.here.ids["child"]
    home = Child.objects.get(id=child).household
    assert home
    plain = say(cast, "visit.record", home, {"mode": "home", "answers": {}})
    accusing = say(cast, "visit.record", home, {"mode": "home", "answers": ACCUSING})
    beside = say(cast, "visit.record", home, {"mode": "home", "answers": {}})
    visit = Visit.objects.get(op=beside).id
    say(cast, "visit.part", child, {"visit": str(visit), "answers": ACCUSING})
    Escalation.objects.exclude(skips="").delete()
    sealed = [photographed(cast, op, home, n) for n, op in enumerate((plain, accusing, beside))]

    def seen() -> list[int]:
        return [reads(cast, "officer", {"sealed_attachment": one})["attachment"] for one in sealed]

    assert seen() == [404, 404, 404]
    id_ = broken(cast)
    assert seen() == [200, 404, 404]
    line = AuditEntry.objects.filter(action="attachment.open").latest("id")
    assert (line.subject, line.detail["break_glass"]) == (sealed[0], id_)


def test_break_glass_takes_another_role_than_the_asking_persons(cast: Cast) -> None:
    second = Caller(person("second", "administrator", HERE, None))
    id_ = ask(cast, "administrator", "township").json()["id"]
    refused = second("POST", f"confirmations/{id_}/confirm")
    assert (refused.status_code, refused.json()["code"]) == (403, "confirmation.role")
    assert confirm(cast, "lead", id_).status_code == 200
    assert reads(cast, "township")["escalation"] == 200
    own = UUID(str(cast.here.ids["child"]))
    assert queries.given("file.open", person=cast["township"].person.id, at=NOW + HOUR) == {own: UUID(id_)}  # fmt: skip


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_secure_page_says_who_asks_what_and_why_and_takes_the_decisions(
    cast: Cast, language: str
) -> None:
    officer, child = cast["officer"].person, cast.here.ids["child"]
    assert officer
    page, sheet = "/office/confirmations/", f"/office/children/{child}/"

    def seen(name: str, path: str) -> str:
        answer = cast[name].call("GET", path, language=language)
        assert answer.status_code == 200, path
        return str(answer.content.decode())

    assert f"{sheet}break-glass/" in seen("officer", sheet)
    assert f"{sheet}erase/" not in seen("officer", sheet)
    assert f"{sheet}erase/" in seen("lead", sheet)
    body = WHY | {"person": str(officer.id)}
    assert cast["officer"].call("POST", f"{sheet}break-glass/", body).status_code == 302
    asked = Confirmation.objects.get(kind="file.open")
    decide = f"{page}{asked.id}/"
    shown = seen("lead", page)
    for words in (WHY["reason"], "吴officer", cast.here.marks[0], f"{decide}confirm/", f"{decide}refuse/"):  # fmt: skip
        assert words in shown, words
    own = seen("officer", page)
    assert f"{decide}withdraw/" in own
    assert f"{decide}confirm/" not in own
    assert str(asked.id) not in seen("far_lead", page)
    assert page in seen("lead", sheet), "what waits about the child"
    assert cast["lead"].call("POST", f"{decide}refuse/", {"reason": " "}).status_code == 400
    assert cast["lead"].call("POST", f"{decide}confirm/").status_code == 302
    assert f"{decide}" not in seen("lead", page), "nothing is left to decide"
