"""References are scope: no record names its way into a file that its author may not know of."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from django.contrib.postgres.fields import ArrayField
from django.db import models

from backend.children.models import Child, Guardian
from backend.concerns import queries as concerns
from sync import rebuild
from sync.entries import Draft
from sync.models import Holding, Operation
from sync.protocol import ids, messages
from sync.push import submit
from sync.registry import Policy, RecordType, Reference, registry

from .conftest import NOW, OTHER_COUNTY, HttpPhone
from .test_contract import SAMPLES
from .town import NEXT_VILLAGE, Town, written

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Of every record: its own id, its file and the operation that made it.
_OWN = {"id", "file", "op"}


def named_members(record_type: RecordType) -> set[str]:
    return {reference.member for reference in record_type.references}


def test_every_column_with_an_id_is_a_declared_reference_or_harmless_for_a_reason() -> None:
    for record_type in registry.types.values():
        held = {
            field.name
            for field in record_type.model._meta.get_fields()
            if isinstance(getattr(field, "base_field", field), models.UUIDField)
            and isinstance(field, models.UUIDField | ArrayField)
        }
        declared = named_members(record_type) | record_type.harmless.keys()
        assert held - _OWN <= declared, record_type.name
        assert all(record_type.harmless.values()), record_type.name
        assert {reference.to for reference in record_type.references} <= registry.types.keys()


def test_every_id_in_what_phones_write_is_a_declared_reference() -> None:
    for name, sample in SAMPLES.items():
        members = {member for member, part in sample.data.items() if _ID.search(str(part))}
        assert members <= named_members(registry.types[name]), name


@dataclass
class Scene:
    """Yang's child with everything about it, Wu's phone, and an officer of another county."""

    town: Town
    phone: HttpPhone
    foreign: dict[str, UUID]
    mine: dict[str, UUID]
    theirs: dict[str, UUID]

    def words(self, path: str, who: str = "officer") -> str:
        answer = self.town.desk(who).get(path)
        assert answer.status_code == 200, answer.content
        return str(answer.content.decode())


@pytest.fixture
def scene(town: Town) -> Scene:
    mine = town.child("龙小燕", of="wu", guardian="13800001111")
    foreign = town.child("吴阿明", village=NEXT_VILLAGE, of="yang", guardian="13800002222")
    theirs = town.child("石小花", village=OTHER_COUNTY + "100201", guardian="13800003333")
    yang = town.phone("yang")
    yang.sync()
    known = whole(foreign)
    for kind, name in _EVIDENCE.items():
        known[name] = ids.uuid7(NOW)
        data = {"visit": str(known.get("visit"))} if name == "visit_part" else {}
        yang.say(kind, known[name], {**SAMPLES[name].data, **data}, foreign)
    assert {r["outcome"] for r in yang.sync(*yang.log)["receipts"]} == {"applied"}
    phone = town.phone("wu")
    phone.sync()
    return Scene(town, phone, known, whole(mine), whole(theirs))


_EVIDENCE = {
    "visit.record": "visit", "visit.part": "visit_part", "concern.raise": "concern",
    "delegation.confirm": "delegation",
}  # fmt: skip


def whole(child: UUID) -> dict[str, UUID]:
    home = Child.objects.get(id=child).household
    assert home
    return {"child": child, "household": home, "guardian": Guardian.objects.get(household=home).id}


def judged_references() -> Iterator[tuple[RecordType, Reference]]:
    for record_type in registry.types.values():
        if record_type.judged:
            for reference in record_type.references:
                yield record_type, reference


def writes(
    record_type: RecordType, reference: Reference, named: UUID, own: dict[str, UUID]
) -> Iterator[tuple[str, UUID, dict[str, Any], UUID]]:
    """Each kind of operation with which somebody may name a record: kind, target, data, file."""
    for kind, makes in record_type.kinds.items():
        if record_type.policy is Policy.REGISTER:
            target = ids.uuid7(NOW) if makes else own[record_type.name]
            file = own["household"] if record_type.name == "guardian" else target
            sample = SAMPLES[record_type.name].data["set"] if makes else {}
            data = {"set": {**sample, reference.member: {"v": str(named), "saw": []}}}
        else:
            target, file = ids.uuid7(NOW), own["child"]
            value = [str(named)] if reference.many else str(named)
            data = {**SAMPLES[record_type.name].data, reference.member: value}
            data = {
                member: part
                for member, part in data.items()
                if member in (reference.member, *_NEUTRAL)
            }
        yield kind, target, data, file


_NEUTRAL = ("answers", "kind", "text", "reason")


def untouched(scene: Scene) -> tuple[Any, ...]:
    """What there is of Yang's child: of the file, its household, and who has them."""
    child = scene.foreign["child"]
    files = [child, scene.foreign["household"]]
    return (
        scene.words(f"children/{child}/"),
        list(Child.objects.filter(household=files[1]).values_list("id", flat=True)),
        list(Guardian.objects.filter(household=files[1]).values_list("id", flat=True)),
        concerns.has_open(child),
        set(Holding.objects.filter(file__in=files).values_list("device", "file")),
    )


def test_no_reference_of_a_strangers_phone_enters_shows_or_writes_anything(scene: Scene) -> None:
    before, phone = untouched(scene), scene.phone
    for record_type, reference in judged_references():
        answers = []
        # A file is named in place of a record as well: what follows an id may take it for one.
        for named in (scene.foreign[reference.to], scene.foreign["child"], ids.uuid7(NOW)):
            for kind, target, data, file in writes(record_type, reference, named, scene.mine):
                phone.say(kind, target, data, file)
            sent = phone.log[-len(record_type.kinds) :]
            receipts = phone.sync(*sent)["receipts"]
            answers.append([{n: p for n, p in one.items() if n != "op"} for one in receipts])
            assert_kept(record_type, answers[-1])
        assert answers[0] == answers[1] == answers[2], (record_type.name, reference.member)
    phone.cursor = None
    seen = messages.write([entry["records"] for entry in phone.sync()["enter"]]).decode()
    assert [name for name, id_ in scene.foreign.items() if str(id_) in seen] == []
    assert str(scene.mine["child"]) in seen
    own = scene.words(f"children/{scene.mine['child']}/")
    assert [name for name, id_ in scene.foreign.items() if str(id_) in own] == []
    assert "13800002222" not in own
    assert untouched(scene) == before
    for number, name in (("13800002222", "吴阿明"), ("13800001111", "龙小燕")):
        assert scene.town.desk("officer").names("children/", q=number) == [name]
    assert list(rebuild.differences()) == []


def assert_kept(record_type: RecordType, receipts: list[dict[str, Any]]) -> None:
    for receipt in receipts:
        if record_type.policy is Policy.REGISTER:
            assert (receipt["outcome"], receipt["code"]) == ("held", "target.unknown")
        elif receipt["outcome"] == "applied":
            assert "reference.unknown" in {problem["code"] for problem in receipt["problems"]}
        else:
            assert receipt["code"] == "not_allowed"


def by_office(person: UUID, kind: str, target: UUID, data: dict[str, Any], file: UUID) -> Draft:
    return Draft(
        op=ids.uuid7(NOW), person=person, kind=kind, target=target, file=file, data=data, at=NOW,
        shard=OTHER_COUNTY,
    )  # fmt: skip


def test_no_reference_of_a_stranger_in_the_office_enters_or_writes_anything(scene: Scene) -> None:
    before = untouched(scene)
    for record_type, reference in judged_references():
        answers = []
        for named in (scene.foreign[reference.to], ids.uuid7(NOW)):
            drafts = [
                by_office(scene.town.stranger.id, *said)
                for said in writes(record_type, reference, named, scene.theirs)
            ]
            told = messages.plain(submit(drafts, now=NOW, english=True))
            answers.append([{n: p for n, p in one.items() if n != "op"} for one in told])
            assert_kept(record_type, answers[-1])
        assert answers[0] == answers[1], (record_type.name, reference.member)
    own = scene.words(f"children/{scene.theirs['child']}/", "stranger")
    assert [name for name, id_ in scene.foreign.items() if str(id_) in own] == []
    assert untouched(scene) == before
    # In the area of whoever writes it is taken.
    brother = scene.town.child("吴阿强", village=NEXT_VILLAGE)
    home = str(scene.foreign["household"])
    data = written(household=home)
    data["set"]["household"]["saw"] = written_by(brother)
    scene.town.submit(scene.town.office("child.edit", brother, data))
    assert Child.objects.get(id=brother).household == scene.foreign["household"]


def written_by(record: UUID) -> list[str]:
    ops = Operation.objects.filter(target=record).values_list("op", flat=True)
    return [str(op) for op in ops]


def test_a_kept_reference_is_let_in_by_whose_scope_covers_both_files(scene: Scene) -> None:
    child, home = scene.mine["child"], scene.foreign["household"]
    data = written(household=str(home))
    data["set"]["household"]["saw"] = written_by(child)
    scene.phone.say("child.edit", child, data)
    (receipt,) = scene.phone.sync(scene.phone.log[-1])["receipts"]
    answer = scene.town.desk("admin").post(
        f"quarantine/{receipt['op']}/approve", reason="同一户", revision=0
    )
    assert answer.status_code == 200, answer.content
    assert Child.objects.get(id=child).household == home
    page = scene.phone.sync()
    assert str(home) in {entry["file"] for entry in page["enter"]}
