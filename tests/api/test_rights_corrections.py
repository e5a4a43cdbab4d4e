"""A guardian's wish to have a fact corrected (Personal Information Protection Law 46)."""

from typing import Any
from uuid import UUID

import pytest

from backend.accounts.models import RoleGrant
from backend.audit.models import AuditEntry
from backend.children import queries as children
from backend.children.models import Child
from backend.common.errors import DomainError
from backend.notifications.models import Notice
from backend.rights import corrections, services
from backend.rights.errors import GroundMissing, ReasonMissing
from backend.rights.models import Correction
from sync import oplog
from sync.protocol import ids

from .conftest import COUNTY, NOW, OTHER_COUNTY, person
from .town import CAST, TOWNSHIP, Town

pytestmark = pytest.mark.django_db


@pytest.fixture
def town(db: None) -> Town:
    people = CAST | {"lead": ("county_lead", COUNTY), "far_lead": ("county_lead", OTHER_COUNTY)}
    return Town({n: person(n, role, prefix, None) for n, (role, prefix) in people.items()})


@pytest.fixture
def child(town: Town) -> UUID:
    return town.child("龙小燕", of="wu", guardian="13900001111")


def guardian(child: UUID) -> dict[str, Any]:
    home = Child.objects.get(id=child).household
    assert home
    (found,) = children.guardians_of(home)
    return found


def ask(town: Town, child: UUID, *, by: str = "township", **more: Any) -> Any:
    body = {
        "guardian": str(guardian(child)["id"]), "fact": "child.identity.birth_date",
        "wished": "2018-03-17", "ground": "户口簿上是17日", **more,
    }  # fmt: skip
    return town.desk(by).post(f"rights/children/{child}/corrections/", **body)


def filed(town: Town, child: UUID, **more: Any) -> str:
    answer = ask(town, child, **more)
    assert answer.status_code == 201, answer.content
    return str(answer.json()["id"])


def changed(town: Town, child: UUID, born: str) -> None:
    """Somebody else edits the fact meanwhile."""
    seen = children.live_writes([child], "identity")[child]
    card = {"name": "龙小燕", "sex": "female", "birth_date": born}
    edit = {"set": {"identity": {"v": card, "saw": seen}}}
    town.submit(town.office("child.edit", child, edit))


def test_what_is_accepted_is_an_edit_and_the_old_value_stays_in_the_history(
    town: Town, child: UUID
) -> None:
    correction = filed(town, child)
    answer = town.desk("officer").post(f"rights/corrections/{correction}/accept")
    assert (answer.status_code, answer.json()["state"]) == (200, "accepted"), answer.content
    assert (answer.json()["now"], answer.json()["wished"]) == ("2018-03-07", "2018-03-17")
    identity = children.shown_children([child])[child]["identity"]
    assert (identity["birth_date"], identity["name"]) == ("2018-03-17", "龙小燕")
    row = Correction.objects.get()
    written_ = oplog.load("file = ANY(%s) AND kind LIKE 'child.%%'", [[child]])
    first, edit = (entry.data["set"]["identity"]["v"]["birth_date"] for entry in written_)
    assert (first, edit, written_[-1].op) == ("2018-03-07", "2018-03-17", row.op)
    assert written_[-1].person == town.officer.id
    assert not Child.objects.get(id=child).conflicts
    again = town.desk("officer").post(f"rights/corrections/{correction}/accept")
    assert (again.status_code, again.json()["code"]) == (409, "rights.closed")
    steps = AuditEntry.objects.filter(subject=correction).exclude(action="correction.read")
    assert list(steps.order_by("id").values_list("action", flat=True)) == [
        "correction.ask", "correction.accept",
    ]  # fmt: skip


def test_a_guardians_own_fact_is_corrected_too(town: Town, child: UUID) -> None:
    correction = filed(town, child, fact="guardian.contact.phone", wished="13911112222")
    assert town.desk("lead").post(f"rights/corrections/{correction}/accept").status_code == 200
    assert guardian(child)["registers"]["contact"]["phone"] == "13911112222"


def test_a_refusal_gives_its_reason_and_changes_nothing(town: Town, child: UUID) -> None:
    correction = filed(town, child)
    desk = town.desk("officer")
    assert desk.post(f"rights/corrections/{correction}/refuse", reason=" ").status_code == 400
    desk.post(f"rights/corrections/{correction}/refuse", reason="出生医学证明上是7日")
    late = desk.post(f"rights/corrections/{correction}/accept")
    assert (late.status_code, late.json()["code"]) == (409, "rights.closed")
    (row,) = town.desk("township").get("rights/corrections/").json()["results"]
    assert (row["state"], row["answer"]) == ("refused", "出生医学证明上是7日")
    assert children.shown_children([child])[child]["identity"]["birth_date"] == "2018-03-07"


def test_what_has_no_words_is_refused_whoever_calls(town: Town, child: UUID) -> None:
    """A worker or a command as much as the API, whose own check comes first."""
    correction = UUID(filed(town, child))
    with pytest.raises(ReasonMissing):
        corrections.correction_refuse(
            correction=correction, reason=" ", actor=town.officer.id, now=NOW
        )
    with pytest.raises(GroundMissing):
        corrections.correction_ask(
            child=child, guardian=guardian(child)["id"], fact="child.identity.name", wished="龙",
            ground=" ", actor=town.township.id, now=NOW,
        )  # fmt: skip
    assert Correction.objects.get().state == "asked"


def test_somebody_else_decides_and_only_where_the_child_lives(town: Town, child: UUID) -> None:
    correction = filed(town, child)
    accept = f"rights/corrections/{correction}/accept"
    answers = {
        name: town.desk(name).post(accept).status_code
        for name in ("township", "far_lead", "admin", "wu")
    }
    assert answers == {"township": 403, "far_lead": 404, "admin": 403, "wu": 403}
    assert town.desk("far_lead").get("rights/corrections/").json()["results"] == []
    assert ask(town, child).json()["code"] == "rights.wish_stands"
    assert (
        town.desk("township").post(f"rights/corrections/{correction}/withdraw").status_code == 200
    )
    filed(town, child)


def test_what_was_changed_since_is_not_written_over(town: Town, child: UUID) -> None:
    correction = filed(town, child)
    changed(town, child, "2018-03-27")
    answer = town.desk("officer").post(f"rights/corrections/{correction}/accept")
    assert (answer.status_code, answer.json()["code"]) == (409, "rights.value_changed")
    assert children.shown_children([child])[child]["identity"]["birth_date"] == "2018-03-27"


def test_an_answer_cut_off_after_its_edit_is_finished_by_the_next(
    town: Town, child: UUID, monkeypatch: Any
) -> None:
    correction = filed(town, child)

    def cut_off(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(corrections, "_close", cut_off)
        with pytest.raises(RuntimeError):
            corrections.correction_accept(
                correction=UUID(correction), actor=town.officer.id, now=NOW
            )
    row = corrections.correction_accept(correction=UUID(correction), actor=town.officer.id, now=NOW)
    assert row.state == "accepted"
    (edit,) = oplog.load("target = ANY(%s) AND kind = 'child.edit'", [[child]])
    assert row.op == edit.op


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"wished": "17.3.2018"}, 400), ({"wished": "2018-03-07"}, 400),
        ({"fact": "child.identity.sex", "wished": "girl"}, 400), ({"fact": "child.risk_level.x"}, 400),
        ({"ground": " "}, 400), ({"guardian": str(ids.uuid7(NOW))}, 404),
        # Days that Python reads and nobody compares, and one on which nobody is born yet.
        ({"wished": "20180317"}, 400), ({"wished": "2018-W11-6"}, 400), ({"wished": "2198-03-17"}, 400),
    ],
)  # fmt: skip
def test_what_is_no_value_of_the_fact_is_not_filed(
    town: Town, child: UUID, given: dict[str, str], status: int
) -> None:
    assert ask(town, child, **given).status_code == status
    assert not Correction.objects.exists()


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"wished": "17.3.2018"}, "rights.value", "wished"),
        ({"wished": "2018-03-07"}, "rights.value_same", "wished"),
        ({"ground": "\u3000"}, "rights.ground", "ground"),
    ],
)
def test_a_refusal_names_the_field_and_what_is_wrong_with_it(
    town: Town, child: UUID, given: dict[str, str], code: str, field: str
) -> None:
    with pytest.raises(DomainError) as refused:
        corrections.correction_ask(
            child=child, guardian=guardian(child)["id"], fact="child.identity.birth_date",
            actor=town.township.id, now=NOW, **{"wished": "2018-03-17", "ground": "户口簿", **given},
        )  # fmt: skip
    assert (refused.value.code, refused.value.fields) == (code, (field,))


def told(kind: str) -> dict[UUID, dict[str, Any]]:
    return dict(Notice.objects.filter(kind=kind).values_list("person", "values"))


@pytest.mark.parametrize("answer", ["accept", "refuse"])
def test_who_may_decide_hears_of_a_wish_and_who_filed_it_of_the_answer(
    town: Town, child: UUID, answer: str
) -> None:
    correction = filed(town, child)
    link = f"/office/rights/corrections/{correction}/"
    # No name, no fact, and the village of a child stands nowhere in clear.
    said = {"division": TOWNSHIP, "link": link}
    assert told("correction.asked") == {town.officer.id: said, town.lead.id: said}
    assert told("correction.decided") == {}
    reason = {"reason": "出生医学证明上是7日"} if answer == "refuse" else {}
    desk = town.desk("officer")
    assert desk.post(f"rights/corrections/{correction}/{answer}", **reason).status_code == 200
    assert told("correction.decided") == {town.township.id: said}


def test_nobody_hears_of_what_was_withdrawn_or_is_no_longer_theirs(town: Town, child: UUID) -> None:
    withdrawn = filed(town, child)
    town.desk("township").post(f"rights/corrections/{withdrawn}/withdraw")
    left = filed(town, child, fact="child.identity.name", wished="龙小艳")
    RoleGrant.objects.filter(person=town.township.id).update(ended_at=NOW)
    assert town.desk("officer").post(f"rights/corrections/{left}/accept").status_code == 200
    assert told("correction.decided") == {}


def test_a_wish_is_shown_with_what_the_record_says_now(town: Town, child: UUID) -> None:
    correction = filed(town, child)

    def card(by: str) -> dict[str, Any]:
        (row,) = town.desk(by).get("rights/corrections/").json()["results"]
        assert row["id"] == correction
        return dict(row)

    shown = card("officer")
    assert (shown["name"], shown["guardian_name"]) == ("龙小燕", "龙阿公")
    assert (shown["current"], shown["changed"]) == ("2018-03-07", False)
    assert (shown["may_decide"], shown["may_withdraw"]) == (True, False)
    assert (card("township")["may_decide"], card("township")["may_withdraw"]) == (False, True)
    changed(town, child, "2018-03-27")
    assert (card("officer")["current"], card("officer")["changed"]) == ("2018-03-27", True)
    changed(town, child, "2018-03-17")
    assert (card("officer")["current"], card("officer")["changed"]) == ("2018-03-17", False)
    town.desk("officer").post(f"rights/corrections/{correction}/accept")
    shown = card("officer")
    assert (shown["state"], shown["current"], shown["decided_by_name"]) == (
        "accepted", "", "吴officer",
    )  # fmt: skip


def test_it_goes_with_the_childs_file(town: Town, child: UUID) -> None:
    filed(town, child)
    services.forget([child])
    assert not Correction.objects.exists()
