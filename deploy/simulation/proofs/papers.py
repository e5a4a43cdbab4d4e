"""Each attachment is whole with its bytes, or awaited where its phone is gone; and shown to holders alone."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from random import Random
from typing import Any

from sync.client import Phone
from sync.client.transport import Http, Raw

from ..cast import Handset
from ..covers import Covers
from ..desk import COUNTIES, Desk
from ..ledger import Ledger
from ..papers import Key, Paper
from ..verdict import Verdict

STATUSES = ("pending", "unopened", "complete", "refused", "lost")
# Files with papers that a phone does not hold and asks for all the same, beside those that left it.
FOREIGN = 4


def judge_brought(
    declared: Mapping[Key, Paper], there: Sequence[tuple[Key, str, str]], *, came: Collection[Key],
    excused: Collection[Key], verdict: Verdict,
) -> None:  # fmt: skip
    """`there` are the attachments at the server: which, their status, and the hash of their bytes.

    `came` are those whose operation has come. Of `excused` nobody has the bytes any more: they are
    awaited. Of the others each is whole.
    """
    found: dict[Key, list[tuple[str, str]]] = {}
    for key, status, hash_ in there:
        found.setdefault(key, []).append((status, hash_))
    verdict.papers = len(came)
    for key in sorted(came):
        own, paper = found.get(key, []), declared[key]
        if len(own) > 1:
            verdict.doubled.append(f"{len(own)} times at the server: {paper}")
        status, hash_ = own[0] if own else ("not there", "")
        if status == "complete":
            verdict.papers_whole += 1
            if hash_ != paper.sha256:
                verdict.lost.append(f"has other bytes at the server: {paper}")
        elif status == "pending" and key in excused:
            verdict.papers_awaited += 1
        else:
            verdict.lost.append(f"{status}, and must be whole: {paper}")
    verdict.doubled += [f"nobody declared paper {key}" for key in sorted(found.keys() - came)]


def judge_shown(
    number: int, file: str, papers: Mapping[str, str], answer: Raw, shown: Raw | None,
    *, holds: bool, verdict: Verdict,
) -> None:  # fmt: skip
    """What a phone gets when it asks for a file's attachments: `papers` are the hashes of those that may
    come back to phones, `shown` the answer for the first of them.
    """
    if not holds:
        for one in (answer, shown):
            if one is not None and one.status not in (403, 404):
                verdict.out_of_scope.append(
                    f"phone {number} asks for what is attached to file {file}: {one.status}"
                )
        return
    verdict.papers_shown += 1
    listed = _listed(answer)
    if listed != set(papers):
        verdict.differing.append(
            f"phone {number} file {file}: attachments {sorted(listed ^ set(papers))}"
        )
    if shown is not None and hashlib.sha256(shown.body).hexdigest() not in papers:
        verdict.differing.append(f"phone {number} file {file}: other bytes ({shown.status})")


def _listed(answer: Raw) -> set[str]:
    if answer.status != 200:
        return set()
    return {one["sha256"] for one in json.loads(answer.body)["attachments"]}


def excused(ledger: Ledger) -> set[Key]:
    """Those whose phones are gone, and that nobody knows to be whole."""
    papers = ledger.papers
    return {
        key
        for key in papers.declared.keys() - papers.brought
        if ledger.holders[key[0]] <= ledger.gone
    }


def inspect_brought(ledger: Ledger, desk: Desk, verdict: Verdict) -> None:
    declared = ledger.papers.declared
    came = {key for key in declared if ledger.has_arrived(key[0])}
    there = list(_at_the_server(desk))
    judge_brought(declared, there, came=came, excused=excused(ledger), verdict=verdict)
    verdict.gone_papers = len([k for k in declared if ledger.went_with_its_phone(k[0])])


def _at_the_server(desk: Desk) -> Iterable[tuple[Key, str, str]]:
    """As the leads of both counties see them, once each; what is whole they fetch. Of a household both see
    what is attached, where its children live in both.
    """
    seen: set[str] = set()
    for county in COUNTIES:
        for status in STATUSES:
            for row in list(desk.lead(county).every("attachments/", status=status)):
                card = row["card"]
                if card["id"] not in seen:
                    seen.add(card["id"])
                    yield (card["op"], card["sha256"]), card["status"], _hash(desk, county, card)


def _hash(desk: Desk, county: str, card: dict[str, Any]) -> str:
    if card["status"] != "complete":
        return ""
    asked = {"what": "original", "reason": "核查"}
    content = desk.lead(county).download(f"attachments/{card['id']}/open", asked)
    return hashlib.sha256(content).hexdigest()


class Asking:
    """A phone asks for what is attached to files, to its own and to others'."""

    def __init__(self, ledger: Ledger, address: str, seed: int) -> None:
        self.ledger, self.address, self.seed = ledger, address, seed
        self.papers: dict[str, dict[str, str]] = {}
        for paper in ledger.papers.declared.values():
            if ledger.has_arrived(paper.op) and not paper.sealed:
                status = "complete" if paper.key in ledger.papers.brought else ""
                self.papers.setdefault(paper.file, {})[paper.sha256] = status

    def inspect(
        self, handset: Handset, phone: Phone, *, holds: Collection[str], verdict: Verdict
    ) -> None:
        """`holds` are the files that it may see."""
        line, token = Http(self.address), phone.store.get("token")
        for file in self._files(handset, holds, self.ledger.covers):
            own = self.papers[file]
            place = f"/api/v1/files/{file}/attachments"
            answer = _get(line, place, token)
            whole = next((sha for sha, status in sorted(own.items()) if status), None)
            shown = _get(line, f"{place}/{whole}/view", token) if whole else None
            judge_shown(
                handset.number, file, own, answer, shown, holds=file in holds, verdict=verdict
            )

    def _files(self, handset: Handset, holds: Collection[str], covers: Covers) -> list[str]:
        others = sorted(self.papers.keys() - set(holds))
        random = Random(f"{self.seed}/papers/{handset.number}")
        foreign = set(random.sample(others, min(FOREIGN, len(others))))
        return sorted(self.papers.keys() & (set(holds) | foreign | covers.moved.keys()))


def _get(line: Http, path: str, token: Any) -> Raw:
    return line.send("GET", path, b"", {"Authorization": f"Token {token}", "Accept": "*/*"})
