"""What the line does to a push, and what is known of it afterwards."""

import gzip
import json
from random import Random
from typing import Any

import pytest

from deploy.simulation.network import FAULTS, UPLOAD_FAULTS, Network, Request
from sync.client.errors import Refused, TryLater
from sync.client.session import PATH
from sync.client.transport import Answer, Raw

LINES = [json.dumps({"op": name}).encode() for name in "abcdef"]
PLACE = "/uploads/1"
BODY = b"\n".join([b"{}", *LINES])


class Far:
    """The server's end: receipts in the order of the lines, or whatever `fails` says."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.fails: Exception | None = None

    def post(self, path: str, body: bytes, **_: Any) -> Answer:
        self.bodies.append(body)
        if self.fails:
            raise self.fails
        lines = body.split(b"\n")[1:]
        return Answer(200, {"receipts": [json.loads(line) for line in lines]})

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Raw:
        """An upload of ten bytes."""
        self.bodies.append(body)
        if self.fails:
            raise self.fails
        if method == "POST":
            return Raw(201, {"location": PLACE}, b"")
        end = int(headers.get("Upload-Offset", 0)) + len(body)
        return Raw(204, {"upload-offset": str(end)}, b"")


class OneFault(Random):
    """A line on which always the same happens."""

    def __init__(self, name: str) -> None:
        super().__init__(1)
        self.name = name

    def choices(self, population: Any, *args: Any, **more: Any) -> list[Any]:
        return (
            [self.name] if self.name in population else super().choices(population, *args, **more)
        )


@pytest.fixture
def far() -> Far:
    return Far()


@pytest.fixture
def heard() -> list[list[bytes]]:
    return []


@pytest.fixture
def network(far: Far, heard: list[list[bytes]]) -> Network:
    made = Network(
        "http://127.0.0.1:9", lambda header, lines, answer: heard.append(list(lines)), lambda: None
    )
    made._http = far  # type: ignore[assignment]
    return made


def post(network: Network, fault: str) -> Answer:
    with network.bad(OneFault(fault), half_day=4):
        return network.post(PATH, BODY, media="", headers={})


@pytest.mark.parametrize("fault", ["none", "twice", "shuffled"])
def test_receipts_come_in_the_order_of_the_lines_whatever_the_way(
    network: Network, far: Far, fault: str
) -> None:
    answer = post(network, fault)
    assert [receipt["op"] for receipt in answer.body["receipts"]] == list("abcdef")
    assert (far.bodies[0] == BODY) is (fault != "shuffled")
    assert len(far.bodies) == (2 if fault == "twice" else 1)
    assert network.unknown == set()


def test_an_answer_that_is_lost_was_heard_by_the_ledger(
    network: Network, heard: list[list[bytes]]
) -> None:
    with pytest.raises(TryLater):
        post(network, "lost_answer")
    assert heard == [LINES]


@pytest.mark.parametrize("fault", ["lost_request", "delayed", "cut"])
def test_what_never_left_is_not_at_the_server(network: Network, far: Far, fault: str) -> None:
    with pytest.raises(TryLater):
        post(network, fault)
    assert far.bodies == []
    assert network.unknown == set()


def test_a_delayed_request_arrives_half_days_later_as_it_was(network: Network, far: Far) -> None:
    with pytest.raises(TryLater):
        post(network, "delayed")
    assert network.overdue(4) == []
    (request,) = network.overdue(20)
    network.deliver(request)
    assert far.bodies == [BODY]
    assert network.late == []


def test_of_a_part_only_lines_of_the_push_arrive(
    network: Network, heard: list[list[bytes]]
) -> None:
    with pytest.raises(TryLater):
        post(network, "part")
    assert set(heard[0]) < set(LINES)


def test_without_an_answer_nobody_knows_until_there_is_one(network: Network, far: Far) -> None:
    far.fails = TryLater("killed")
    with pytest.raises(TryLater):
        post(network, "none")
    assert network.unknown == set("abcdef")
    far.fails = None
    post(network, "none")
    assert network.unknown == set()


def test_a_refusal_is_an_answer(network: Network, far: Far) -> None:
    far.fails = Refused(413, "sync.too_large", "too large")
    with pytest.raises(Refused):
        network.deliver(Request(b"{}", LINES, {}))
    assert network.unknown == set()


def bring(network: Network, fault: str, body: bytes = b"0123456789", offset: int = 0) -> Raw:
    named = "op b3A=,sha256 aGFzaA=="
    network.send("POST", "/uploads/", b"", {"Upload-Length": "10", "Upload-Metadata": named})
    with network.bad(OneFault(fault), half_day=4):
        return network.send("PATCH", PLACE, body, {"Upload-Offset": str(offset)})


@pytest.mark.parametrize("fault", ["none", "twice"])
def test_an_attachment_is_brought_when_the_server_says_that_it_is_whole(
    network: Network, fault: str
) -> None:
    bring(network, fault, b"01234")
    assert network.papers.brought == set()
    bring(network, fault, b"56789", offset=5)
    assert network.papers.brought == {("op", "hash")}


def test_of_a_last_piece_without_an_answer_nobody_knows_until_there_is_one(
    network: Network, far: Far
) -> None:
    bring(network, "none", b"01234")
    far.fails = TryLater("killed")
    with pytest.raises(TryLater):
        network.send("PATCH", PLACE, b"56789", {"Upload-Offset": "5"})
    assert network.papers.unsure == {("op", "hash")}
    far.fails = None
    network.send("PATCH", PLACE, b"56789", {"Upload-Offset": "5"})
    assert (network.papers.unsure, network.papers.brought) == (set(), {("op", "hash")})


@pytest.mark.parametrize(
    ("fault", "arrives"), [("lost_request", 1), ("lost_answer", 2), ("cut", 1)]
)
def test_a_piece_can_be_lost_with_or_without_its_answer(
    network: Network, far: Far, fault: str, arrives: int
) -> None:
    with pytest.raises(TryLater):
        bring(network, fault)
    assert len(far.bodies) == arrives


def test_a_piece_can_be_damaged(network: Network, far: Far) -> None:
    bring(network, "damaged")
    assert far.bodies[-1] != b"0123456789"
    assert len(far.bodies[-1]) == 10


def test_a_line_that_is_too_thin_brings_no_attachment(network: Network, far: Far) -> None:
    network.thin = True
    with pytest.raises(TryLater):
        bring(network, "none")
    assert far.bodies == []


def test_every_fault_has_its_way_of_happening() -> None:
    assert FAULTS.keys() == Network._FAULTS.keys()
    assert UPLOAD_FAULTS.keys() == Network._UPLOAD_FAULTS.keys()
    assert sum(FAULTS.values()) == sum(UPLOAD_FAULTS.values()) == 100


def test_a_body_that_is_cut_cannot_be_read() -> None:
    packed = gzip.compress(BODY)
    with pytest.raises(EOFError):
        gzip.decompress(packed[: len(packed) // 2])
