"""Two people at one case at the same moment (SYNC, "Serialised"): one wins, the other is told."""

import threading
from typing import Any

import pytest
from django.db import connections

from backend.guardianship.models import Case

from . import cases
from .cases import Office


@pytest.fixture
def office(transactional_db: None) -> Office:
    return cases.make()


def test_two_officers_at_one_case_at_once_one_wins_and_the_other_is_told(office: Office) -> None:
    case = office.open()
    answers: list[Any] = []

    def click(name: str) -> None:
        answers.append(office.step(case, "report_police", by=name, revision=1))
        connections.close_all()

    both = [threading.Thread(target=click, args=(name,)) for name in ("officer", "lead")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (loser,) = [answer.json() for answer in answers if answer.status_code == 409]
    assert loser["code"] in ("stale", "case.transition")
    assert Case.objects.get(id=case).revision == 2


def test_two_who_open_a_case_at_once_open_one(office: Office) -> None:
    answers: list[Any] = []

    def click(name: str) -> None:
        body = {"child": str(office.child), "reason": "被打伤"}
        answers.append(office.desk(name).post("cases/", **body).status_code)
        connections.close_all()

    both = [threading.Thread(target=click, args=(name,)) for name in ("officer", "lead")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(answers) == [201, 409]
    assert Case.objects.count() == 1
