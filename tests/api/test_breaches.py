"""After a breach: which files an account, a phone or an address had in its hands."""

import csv
import datetime as dt
import os
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from backend.accounts.models import AccessToken, WebSession
from backend.audit import services as audit
from backend.audit.models import AuditEntry
from backend.breaches import opened
from sync.protocol import ids

from .conftest import COUNTY, NOW, VILLAGE, person
from .town import CAST, Town

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def town(db: None) -> Town:
    return Town({n: person(n, role, prefix, None) for n, (role, prefix) in CAST.items()})


def read(
    town: Town, child: UUID, *, by: str = "officer", at: dt.datetime = NOW, **more: Any
) -> None:
    line = {
        "actor": town.people[by].id, "action": "child.read", "subject": child, "subject_type": "child",
        "county": COUNTY, "now": at, **more,
    }  # fmt: skip
    audit.record(**line)


def table(folder: Path, **given: Any) -> tuple[list[dict[str, str]], str]:
    out, said = folder / f"{ids.uuid7(NOW)}.csv", StringIO()
    span = {"since": NOW - HOUR, "until": NOW + HOUR, "reason": "电脑被盗，局长要求"}
    options = span | given
    words = [
        f"--{name}={value.isoformat() if isinstance(value, dt.datetime) else value}"
        for name, value in options.items()
    ]
    before = os.umask(0)
    try:
        call_command("opened_files", *words, f"--out={out}", stdout=said)
    finally:
        os.umask(before)
    assert oct(out.stat().st_mode)[-3:] == "600"
    with out.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file)), said.getvalue()


def test_a_table_names_the_files_an_account_opened_between_two_times(
    town: Town, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(opened, "PIECE", 2)
    ours, theirs = town.child("龙小燕"), town.child("石阿朵")
    for _ in range(3):
        read(town, ours)
    read(town, theirs, by="township")
    read(town, theirs, at=NOW - 2 * HOUR)
    read(town, theirs, at=NOW + HOUR)
    rows, said = table(tmp_path, account="officer")
    assert [(row["儿童档案编号"], row["儿童姓名"], row["居住地区划"]) for row in rows] == [
        (str(ours), "龙小燕", VILLAGE)
    ] * 3
    assert said.startswith("3 lines about 1 files")
    (line,) = AuditEntry.objects.filter(action="files.opened")
    assert (line.actor, line.subject, line.subject_type) == (None, town.officer.id, "person")
    assert line.detail["reason"] == "电脑被盗，局长要求"


def test_a_matter_whose_child_the_log_does_not_name_is_not_named_here_either(
    town: Town, tmp_path: Path
) -> None:
    sealed, ours = ids.uuid7(NOW), town.child("龙小燕")
    read(
        town, sealed, action="escalation.open", subject_type="escalation", detail={"reason": "核实"}
    )
    read(
        town,
        ids.uuid7(NOW),
        action="escalation.read",
        subject_type="escalation",
        detail={"child": str(ours)},
    )
    read(town, town.wu.id, action="person.password", subject_type="person")
    rows, _ = table(tmp_path, account="officer")
    assert [(row["儿童姓名"], row["未列明儿童的事项（密封，请问县级负责人）"]) for row in rows] == [
        ("", f"escalation {sealed}"), ("龙小燕", ""),
    ]  # fmt: skip


def test_a_phone_and_an_address_can_be_asked_for(town: Town, tmp_path: Path) -> None:
    ours, theirs = town.child("龙小燕"), town.child("石阿朵")
    phone = town.phone("wu").device
    read(town, ours, actor=None, device=phone, action="file.sent", subject_type="file")
    read(town, theirs)
    token = AccessToken.objects.create(user=town.officer)[0]
    AccessToken.objects.filter(digest=token.digest).update(address="203.0.113.9")
    assert [row["儿童姓名"] for row in table(tmp_path, device=phone)[0]] == ["龙小燕"]
    assert [row["儿童姓名"] for row in table(tmp_path, address="203.0.113.9")[0]] == ["石阿朵"]
    WebSession.objects.create(
        session_key="x",
        expire_date=NOW + HOUR,
        seen_at=NOW,
        address="203.0.113.10",
        person=town.officer,
    )
    assert [row["儿童姓名"] for row in table(tmp_path, address="203.0.113.10")[0]] == ["石阿朵"]


def test_a_table_that_is_there_is_not_written_over(town: Town, tmp_path: Path) -> None:
    out = tmp_path / "table.csv"
    out.write_text("of yesterday")
    with pytest.raises(CommandError, match="exists already"):
        call_command(
            "opened_files", "--account=officer", f"--since={(NOW - HOUR).isoformat()}",
            f"--until={NOW.isoformat()}", "--reason=x", f"--out={out}",
        )  # fmt: skip
    assert out.read_text() == "of yesterday"


def test_cells_are_text_whoever_wrote_what_stands_in_them(town: Town, tmp_path: Path) -> None:
    read(town, town.child("=HYPERLINK(1)"))
    (row,), _ = table(tmp_path, account="officer")
    assert row["儿童姓名"] == "'=HYPERLINK(1)"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"account": "nobody"}, "known"),
        ({"account": "officer", "until": NOW - 2 * HOUR}, "before"),
        ({"account": "officer", "reason": " "}, "reason"),
    ],
)
def test_what_cannot_be_answered_is_said_and_nothing_is_written(
    town: Town, tmp_path: Path, given: dict[str, Any], says: str
) -> None:
    with pytest.raises(CommandError, match=says):
        table(tmp_path, **given)
    assert list(tmp_path.iterdir()) == []
    assert not AuditEntry.objects.filter(action="files.opened").exists()


def test_every_log_in_of_the_office_can_be_ended_at_once(town: Town) -> None:
    desk, phone = town.desk("officer"), town.phone("wu")
    assert desk.get("me").status_code == 200
    call_command("end_log_ins", reason="服务器可能被入侵", stdout=StringIO())
    assert desk.get("me").status_code == 401
    assert AccessToken.objects.filter(device=phone.device).exists()
    (line,) = AuditEntry.objects.filter(action="log_in.end_everybody")
    assert line.detail == {"reason": "服务器可能被入侵"}
    with pytest.raises(CommandError):
        call_command("end_log_ins", reason=" ")
