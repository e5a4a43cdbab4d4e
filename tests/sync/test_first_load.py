"""The first load: page by page, goes on where it was cut, and ends when both sides agree (SYNC, "Cursor")."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from sync import client, holdings, pull
from sync.client.errors import TryLater
from sync.client.transport import Answer, Http

from .conftest import Phone, World
from .served import Granted
from .test_pull import Copy
from .test_push import make_box, new


class Cut:
    """Loses the answers whose numbers are named, after the server has committed them."""

    def __init__(self, server: str, lost: set[int]) -> None:
        self.http, self.lost, self.calls = Http(server), lost, 0
        self.entered: list[str] = []

    def post(self, path: str, body: bytes, **more: Any) -> Answer:
        answer = self.http.post(path, body, **more)
        self.calls += 1
        if self.calls in self.lost:
            raise TryLater("the line was cut")
        self.entered += [entry["file"] for entry in answer.body.get("enter", [])]
        return answer


def boxes(phone: Phone, count: int, *, notes: int = 1) -> list[UUID]:
    made = [make_box(phone) for _ in range(count)]
    for box in made:
        for _ in range(notes):
            phone.say("note.write", new(), {"text": "seen"}, file=box)
    for start in range(0, len(phone.log), 500):
        phone.push(*phone.log[start : start + 500])
    return made


@pytest.mark.parametrize("lost", [{3}, {2, 3, 5}, {3, 4, 5, 6}], ids=str)
def test_a_load_that_is_cut_goes_on_where_it_stopped_and_nothing_comes_twice(
    world: World, make_phone: Callable[..., client.Phone], monkeypatch: pytest.MonkeyPatch,
    lost: set[int],
) -> None:  # fmt: skip
    monkeypatch.setattr(pull, "FILES_A_PAGE", 3)
    wanted = boxes(Phone(), 20)
    lines: list[Cut] = []

    def connect(server: str) -> Cut:
        lines.append(Cut(server, lost))
        return lines[-1]

    phone = make_phone(connect=connect)
    world.grant(Granted(phone.device), *wanted)  # type: ignore[arg-type]
    (line,) = lines
    cuts = 0
    while True:
        try:
            report = phone.sync()
            break
        except TryLater:
            cuts += 1
    assert cuts == len(lost)
    assert sorted(line.entered) == sorted(map(str, wanted))
    assert report.digest_agrees
    assert phone.status()["records"] == 40
    # As many pages as the load has, and one again for each that was lost.
    assert line.calls <= 1 + 7 + len(lost) + 1


def test_a_page_holds_as_many_files_as_it_may_hold_records(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "RECORDS_A_PAGE", 10)
    writer, other = Phone(), Phone()
    world.grant(other, *boxes(writer, 8, notes=3))
    sizes = []
    while True:
        page = other.pull()
        sizes.append(sum(len(entry["records"]) for entry in page.enter))
        if not page.more:
            break
    assert sizes == [8, 8, 8, 8]


def test_a_file_larger_than_a_page_enters_whole_and_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "RECORDS_A_PAGE", 10)
    writer, other = Phone(), Phone()
    world.grant(other, *boxes(writer, 2, notes=30))
    assert [len(entry["records"]) for entry in other.pull().enter] == [31]
    assert [len(entry["records"]) for entry in other.pull().enter] == [31]


def test_what_comes_into_scope_while_a_page_is_read_comes_with_the_next_before_sums_are_compared(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the sum would count what the phone was not given, and it would ask for repair."""
    writer, other = Phone(), Phone()
    first, second, third = boxes(writer, 3)
    world.grant(other, first, third)
    copy = Copy(other)
    copy.update()
    copy.update()
    turn = holdings.turn

    def overtaken(*given: Any, **more: Any) -> Any:
        made = turn(*given, **more)
        monkeypatch.setattr(holdings, "turn", turn)
        world.grant(other, second)
        world.withdraw(other, third)
        return made

    monkeypatch.setattr(holdings, "turn", overtaken)
    page = other.pull()
    assert (page.more, page.digest, page.enter, page.exit) == (True, None, [], [])
    copy.update()
    assert copy.digest == copy.own_digest()
    assert {UUID(record["file"]) for record in copy.records.values()} == {first, second}
