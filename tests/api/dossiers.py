"""A child with a file that a court would ask for, and a dossier made of it."""

import io
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pypdf
from django.core.management import CommandError, call_command

from backend.children.models import Child
from backend.common import clock
from backend.dossier.models import Dossier
from backend.tasks import services as tasks
from sync.models import Attachment
from sync.ports import Sender
from sync.protocol import ids
from sync.push import push

from . import cases
from .conftest import NOW, VILLAGE, HttpPhone
from .test_attachments import bring, declared, photo
from .town import written

PURPOSE = "提交县人民法院，申请撤销监护人资格"
WORDS = "爸爸喝酒以后打我"
SECRET = "他夜里进我的房间"
REPORTER = "吴村"


@dataclass
class Matter:
    """Wu's phone has brought a visit with a photograph, a concern, and sealed answers to both."""

    office: cases.Office
    phone: HttpPhone
    household: UUID
    ops: dict[str, UUID] = field(default_factory=dict)
    photograph: Attachment | None = None
    case: UUID | None = None

    @property
    def child(self) -> UUID:
        return self.office.child

    def say(self, name: str, kind: str, file: UUID | None = None, **data: Any) -> UUID:
        target = ids.uuid7(NOW)
        self.phone.say(kind, target, data, file or self.child)
        # Not over HTTP: a pull needs a transaction of its own, and the matter is made in one.
        sender = Sender(
            self.phone.device, frozenset([self.office.town.wu.id]), VILLAGE[:6], revoked=False,
            scope_hash="",
        )  # fmt: skip
        (receipt,), _ = push([self.phone.log[-1]], sender=sender, wall=NOW, now=clock.now())
        assert receipt.outcome == "applied", receipt
        assert receipt.op
        self.ops[name] = receipt.op
        return target

    def make(self, *, by: str = "officer", **more: Any) -> Any:
        """The answer to the order."""
        body = {"purpose": PURPOSE, **more}
        return self.office.desk(by).post(f"children/{self.child}/dossiers/", **body)

    def ready(self, **more: Any) -> UUID:
        """Ordered and made."""
        answer = self.make(**more)
        assert answer.status_code == 202, answer.content
        tasks.carry_on()
        task = (
            self.office.desk(more.get("by", "officer")).get(f"tasks/{answer.json()['id']}/").json()
        )
        assert task["state"] == "finished", task
        return UUID(task["result"]["dossier"])

    def made(self, **more: Any) -> bytes:
        return self.open(self.ready(**more), by=more.get("by", "officer"))

    def open(self, dossier: UUID, *, by: str = "officer") -> bytes:
        answer = self.office.desk(by).post(f"dossiers/{dossier}/open", reason="核对")
        assert answer.status_code == 200, answer.content
        return bytes(answer.content)


def matter() -> Matter:
    office = cases.make()
    household = Child.objects.get(id=office.child).household
    assert household
    phone = office.town.phone("wu")
    made = Matter(office, phone, household)
    office.town.submit(
        office.town.office(
            "guardian.register", ids.uuid7(NOW),
            written(identity={"name": "龙某"}, contact={"phone": "13900000000"},
                    household=str(household)),
            household,
        )
    )  # fmt: skip
    file = photo()
    visit = made.say("visit", "visit.record", household, mode="home", answers={"met_who": "父亲"})
    part = made.say(
        "part", "visit.part", visit=str(visit), attachments=declared(file),
        answers={"child_seen": "yes", "child_words": WORDS, "visible_injuries": "yes",
                 "facts_observed": "手臂有淤青。吴wu在场。", "police_called": "yes",
                 "police_called_at": "2026-11-20T10:05:00+08:00", "police_receipt": "110-88"},
    )  # fmt: skip
    made.say("sealed", "visit.sealed", part=str(part), answers={"sealed_words": SECRET})
    made.photograph = bring(phone, file)
    made.say(
        "concern",
        "concern.raise",
        answers={"concern_kinds": ["violence"], "facts_observed": "邻居听见哭声"},
    )
    made.case = office.open()
    office.take(made.case, "report_police", "place", "begin_assessment")
    office.assess(made.case, "safety_assessment")
    office.warn(made.case)
    return made


def text_of(content: bytes) -> str:
    """Without the spaces and line ends that setting puts in."""
    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    return "".join("".join(page.extract_text() for page in pages).split())


def verify(content: bytes, folder: Path) -> tuple[int, str]:
    """The exit code of `verify_dossier` and what it says."""
    (folder / "dossier.pdf").write_bytes(content)
    out = StringIO()
    try:
        call_command("verify_dossier", str(folder / "dossier.pdf"), stdout=out)
    except CommandError as error:
        return error.returncode, f"{out.getvalue()}{error}"
    return 0, out.getvalue()


def recorded() -> Dossier:
    return Dossier.objects.get()
