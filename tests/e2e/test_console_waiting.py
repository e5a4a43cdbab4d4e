"""The page of what waits for a person: listed, opened for a reason, decided, in words."""

import datetime as dt
import json
from uuid import UUID

import pytest
from django.test import Client

from backend.accounts import services as accounts
from backend.accounts.models import Person
from backend.audit.models import AuditEntry
from sync import push
from sync.models import Operation
from sync.ports import Sender
from sync.protocol import ids, messages
from tests.api.conftest import COUNTY, OTHER_COUNTY, person

from .test_console_login import log_in

pytestmark = pytest.mark.django_db
NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
def administrator() -> Person:
    return person("admin", "administrator", COUNTY)


@pytest.fixture
def broken(administrator: Person) -> UUID:
    """An edit whose data have the wrong shape, from a phone of the county."""
    worker = person("worker", "village_supervisor", COUNTY + "100201")
    code = accounts.enrolment_code_create(people=[worker.id], actor=administrator.id, now=NOW)
    device, _ = accounts.device_enrol(
        code=code, device=ids.uuid7(NOW), label="红米", app="test", now=NOW
    )
    sender = Sender(device.id, frozenset([worker.id]), COUNTY, revoked=False, scope_hash="")
    child, made = ids.uuid7(NOW), []
    for seq, (kind, data) in enumerate(
        [("child.register", {"set": {}}), ("child.edit", {"set": {"school": "小学"}})], 1
    ):
        line = {
            "op": str(ids.uuid7(NOW)), "device": str(device.id), "person": str(worker.id),
            "seq": seq, "prev": messages.line_hash(made[-1]).hex() if made else None,
            "kind": kind, "target": str(child), "wall": NOW.isoformat(), "data": data,
        }  # fmt: skip
        made.append(messages.write(line))
    push.push(made, sender=sender, wall=NOW, now=NOW)
    return UUID(json.loads(made[-1])["op"])


@pytest.fixture
def desk(administrator: Person) -> Client:
    client = Client()
    log_in(client, "admin")
    return client


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_is_in_the_menu_and_lists_why_in_the_readers_language(
    broken: UUID, desk: Client
) -> None:
    page = read(desk, "/office/waiting/")
    assert f'href="/office/waiting/{broken}/"' in page
    assert "内容格式不对" in page
    assert "小学" not in page
    assert "没有待处理的数据" in read(desk, "/office/waiting/?state=set_aside")
    assert "没有待处理的数据" in read(desk, "/office/waiting/?what=clone")
    assert f"/office/waiting/{broken}/" in read(desk, "/office/waiting/?state=x&what=y")


def test_contents_open_for_a_reason_and_can_be_repaired(broken: UUID, desk: Client) -> None:
    address = f"/office/waiting/{broken}/"
    assert "小学" not in read(desk, address)
    opened = desk.post(address, {"because": "核对格式"}).content.decode()
    assert "小学" in opened
    assert AuditEntry.objects.get(action="quarantine.read").detail == {"reason": "核对格式"}
    given = {"reason": "格式", "revision": "0"}
    wrong = desk.post(f"{address}repair/", {**given, "data": "{"})
    assert (wrong.status_code, "请核对括号和引号" in wrong.content.decode()) == (400, True)
    data = json.dumps({"set": {"school": {"v": "primary", "saw": []}}})
    done = desk.post(f"{address}repair/", {**given, "data": data}, follow=True)
    assert "已修复" in done.content.decode()
    assert Operation.objects.get(op=broken).outcome == "applied"
    assert "没有待处理的数据" in read(desk, "/office/waiting/")


def test_a_refused_decision_keeps_the_words_that_were_typed(broken: UUID, desk: Client) -> None:
    address = f"/office/waiting/{broken}/"
    for revision in ("7", "many"):
        stale = desk.post(f"{address}set_aside/", {"reason": "打错了", "revision": revision})
        page = stale.content.decode()
        assert (stale.status_code, "请刷新后再试" in page, "打错了" in page) == (409, True, True)
    no_reason = desk.post(f"{address}set_aside/", {"reason": " ", "revision": "0"})
    assert "请写明理由" in no_reason.content.decode()
    ended = desk.post(f"{address}set_aside/", {"reason": "打错了", "revision": "0"}, follow=True)
    assert "已搁置" in ended.content.decode()
    assert desk.post(f"{address}vanish/", {}).status_code == 404


def test_another_countys_looks_like_one_that_is_not_there(broken: UUID) -> None:
    person("far", "administrator", OTHER_COUNTY)
    client = Client()
    log_in(client, "far")
    hidden, absent = (client.get(f"/office/waiting/{item}/") for item in (broken, ids.uuid7(NOW)))
    assert (hidden.status_code, absent.status_code) == (404, 404)
    told = [answer.content.decode().partition("<main")[2] for answer in (hidden, absent)]
    assert told[0] == told[1]
