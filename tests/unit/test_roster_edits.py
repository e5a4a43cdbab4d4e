"""What a roster that comes again changes: its own news, and never what somebody corrected since."""

from typing import Any

from backend.caseload.roster.edits import Wanted, before, change, first
from sync.merge.edits import edits
from sync.merge.registers import conflicts, fold, values

SPECS: dict[str, Any] = {}


class File:
    """One record as the merge keeps it; rosters write through `change`, people directly."""

    def __init__(self) -> None:
        self.state: Any = {}
        self.history: list[tuple[str, dict[str, Any]]] = []
        self.at = 0

    def write(self, data: dict[str, Any]) -> None:
        self.at += 1
        self.state = fold(self.state, edits(f"op{self.at:03}", self.at, data))
        self.history.append((f"op{self.at:03}", data))

    def roster(self, registers: dict[str, Any], **sets: dict[str, Any]) -> bool:
        """Whether it had anything new to say."""
        wanted = Wanted(registers, sets)
        data = change(wanted, self.state, before(self.history)) if self.state else first(wanted)
        if data is not None:
            self.write(data)
        return data is not None

    def person(self, name: str, value: Any) -> None:
        self.write({"set": {name: {"v": value, "saw": sorted(self.state[name].live)}}})

    def shows(self, name: str) -> Any:
        return values(self.state, SPECS)[name]


def test_the_same_roster_again_says_nothing() -> None:
    file = File()
    assert file.roster({"health": "fair"}, categories={"MIGRANT": {}})
    assert not file.roster({"health": "fair"}, categories={"MIGRANT": {}})


def test_a_changed_cell_replaces_what_the_roster_said() -> None:
    file = File()
    file.roster({"health": "fair", "identity": {"name": "杨丽", "sex": "female"}})
    assert file.roster({"health": "serious", "identity": {"name": "杨莉", "sex": "female"}})
    assert (file.shows("health"), file.shows("identity")["name"]) == ("serious", "杨莉")
    assert conflicts(file.state) == []


def test_what_somebody_corrected_since_stays_when_the_old_roster_comes_again() -> None:
    file = File()
    file.roster({"health": "fair"})
    file.person("health", "disabled")
    assert not file.roster({"health": "fair"})
    assert file.shows("health") == "disabled"


def test_news_of_the_roster_beside_somebodys_correction_is_asked_of_a_person() -> None:
    file = File()
    file.roster({"identity": {"name": "杨丽", "birth_date": "2015-03-28"}})
    file.person("identity", {"name": "杨莉", "birth_date": "2015-03-28"})
    file.roster({"identity": {"name": "杨立", "birth_date": "2015-03-28"}})
    assert conflicts(file.state) == ["identity"]
    shown = [write.value["name"] for write in file.state["identity"].live.values()]
    assert sorted(shown) == ["杨立", "杨莉"]


def test_a_card_is_never_put_together_from_two_writers() -> None:
    file = File()
    file.roster({"identity": {"name": "杨丽", "birth_date": "2015-03-28"}})
    file.person("identity", {"name": "杨莉", "birth_date": "2015-03-28"})
    file.roster({"identity": {"name": "杨丽", "birth_date": "2015-03-29"}})
    cards = [write.value for write in file.state["identity"].live.values()]
    assert {"name": "杨莉", "birth_date": "2015-03-29"} not in cards
    assert conflicts(file.state) == ["identity"]


def test_what_the_roster_only_adds_to_a_card_joins_it() -> None:
    file = File()
    file.write({"set": {"identity": {"v": {"name": "杨丽"}, "saw": []}}})
    file.roster({"identity": {"name": "杨丽", "ethnicity": "苗族"}})
    assert file.shows("identity") == {"name": "杨丽", "ethnicity": "苗族"}
    assert conflicts(file.state) == []


def test_an_empty_cell_erases_nothing() -> None:
    file = File()
    file.roster({"contact": {"phone": "13985550101"}, "health": "fair"})
    assert not file.roster({"contact": {}})
    assert file.shows("health") == "fair"


def test_a_category_leaves_with_the_roster_that_gave_it_but_not_somebody_elses() -> None:
    file = File()
    file.roster({}, categories={"LEFT_BEHIND": {}, "MIGRANT": {}})
    file.write({"add": {"categories": {"ORPHAN": {"v": {}, "saw": []}}}})
    file.roster({}, categories={"LEFT_BEHIND": {}})
    assert sorted(file.shows("categories")) == ["LEFT_BEHIND", "ORPHAN"]
