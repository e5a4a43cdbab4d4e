"""Marked values go in by every door that takes any; no log, no waiting message and no copy of the tables has one.

Names, numbers, words, who reported, passwords, tokens and codes: as they are, and as a log, a JSON, a driver or a
browser would write them.
"""

import base64
import datetime as dt
import json
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

from stdnum.cn import ric

from sync.protocol import ids
from tests.api.conftest import HttpPhone
from tests.cast import Cast, Member

from . import rows
from .findings import Row
from .phones import enrolled
from .wire import Wire

# What holds secrets on purpose or belongs to somebody's phone, and no log: not looked through.
APART = (
    "secrets.env",
    "phones",
    "roster.xlsx",
    "roster-left.xlsx",
    "seed.json",
    "static",
    "postgres",
)


@dataclass(frozen=True)
class Mark:
    """`what` may be told of a hit; the value never."""

    what: str
    value: str


def made() -> dict[str, Mark]:
    """Values that nothing else holds."""
    word = "".join(secrets.choice("鑫淼焱垚犇骉羴猋麤龘") for _ in range(6))
    marks = [
        Mark("name", f"龙{word[:3]}"), Mark("guardian", f"吴{word[3:]}"), Mark("words", f"她说{word}了"),
        Mark("address", f"{word}组"), Mark("password", f"pass {secrets.token_hex(12)}"),
        Mark("user name", f"user{secrets.token_hex(8)}"), Mark("phone", f"199{secrets.randbelow(10**8):08}"),
        Mark("ID number", _id_number()), Mark("token", secrets.token_hex(32)),
        Mark("code", secrets.token_hex(6).upper()), Mark("host", f"{secrets.token_hex(8)}.example.cn"),
        Mark("reporter", f"举报人{word[::-1]}"),
    ]  # fmt: skip
    return {mark.what: mark for mark in marks}


def _id_number() -> str:
    """With the check digit that makes it one."""
    number = f"52263020150307{secrets.randbelow(1000):03}"
    return number + ric.calc_check_digit(number + "0")


def forms(value: str) -> dict[str, bytes]:
    """How a value may stand in bytes, by a name for it."""
    raw = value.encode()
    found = {
        "clear": raw, "utf-16": value.encode("utf-16-le"), "utf-16 the other way": value.encode("utf-16-be"),
        "gb18030": value.encode("gb18030"), "hexadecimal": raw.hex().encode(), "percent": quote(value, safe="").encode(),
        "JSON": json.dumps(value)[1:-1].encode(), "Python": repr(raw)[2:-1].encode(),
        "of a table": repr(raw)[2:-1].replace("\\", "\\\\").encode(), "reversed": value[::-1].encode(),
    }  # fmt: skip
    for shift in range(3):
        # Of the characters on both edges some bits are their neighbours'.
        whole = base64.b64encode(bytes(shift) + raw + b"\0\0")
        start = -(-shift * 8 // 6)
        inner = whole[start : start + (len(raw) * 8 - (start * 6 - shift * 8)) // 6]
        found[f"base64 at {shift}"] = inner
        found[f"base64 for addresses at {shift}"] = inner.translate(bytes.maketrans(b"+/", b"-_"))
    return found


def found_in(content: bytes, marks: Iterable[Mark]) -> list[str]:
    """What is in there and in which form. An upper-case hexadecimal number is found too."""
    lower = content.lower()
    return [
        f"{mark.what} ({name})"
        for mark in marks
        for name, form in forms(mark.value).items()
        if form in content or (name == "hexadecimal" and form in lower)
    ]


def push(cast: Cast, address: str, marks: dict[str, Mark]) -> tuple[int, list[Mark]]:
    """How many calls were made, and what they brought into being that is secret too."""
    wire, given = Wire(address), {name: mark.value for name, mark in marks.items()}
    phone = enrolled(cast["village_a"], cast, wire)
    number = _strangers(wire, given) + _members(wire, cast, given) + _phone(phone, given)
    secret = [Mark("phone's token", phone.token), Mark("phone's outbox key", str(phone.outbox))]
    for name in ("officer", "administrator"):
        secret += [Mark("token", cast[name].token), Mark("session", cast[name].session)]
    return number, secret[:1] + secret[2:]


def _strangers(wire: Wire, given: dict[str, str]) -> int:
    """Log-ins, codes, tokens, hosts and addresses of somebody who is not let in."""
    nobody, log_in = (
        Member("anonymous"),
        {"username": given["user name"], "password": given["password"]},
    )
    calls: list[tuple[str, str, Any, dict[str, str]]] = [
        ("POST", "/api/v1/auth/login", log_in, {}), ("POST", "/login/", log_in, {}),
        ("POST", "/api/v1/auth/login", {"username": given["name"], "password": given["password"], "otp": given["code"]}, {}),
        ("POST", "/api/v1/enrol", {"code": given["code"], "device": given["token"]}, {}),
        ("GET", "/api/v1/me", None, {"Authorization": f"Token {given['token']}"}),
        ("GET", "/office/", None, {"Cookie": f"sessionid={given['token']}"}),
        ("GET", "/office/", None, {"Host": given["host"], "Referer": f"https://{given['host']}/{given['token']}"}),
        ("GET", f"/api/v1/{quote(given['name'])}?q={quote(given['words'])}", None, {"User-Agent": given["token"]}),
        ("POST", "/api/v1/sync", f"{{{given['words']}".encode(), {"Authorization": f"Token {given['token']}"}),
    ]  # fmt: skip
    for method, path, body, headers in calls:
        wire.call(nobody, method, path, body, headers)
    return len(calls)


def _members(wire: Wire, cast: Cast, given: dict[str, str]) -> int:
    """Bodies, forms and filters of people who are let in; half of them are refused."""
    officer, lead, administrator = (cast[name] for name in ("officer", "lead", "administrator"))
    child, case = cast.here.ids["child"], cast.here.ids["sealed_case"]
    name, words = given["name"], given["words"]
    calls: list[tuple[Member, str, str, Any]] = [
        (officer, "GET", f"/api/v1/children/?q={quote(name)}", None),
        (officer, "GET", f"/office/children/?q={quote(name)}", None),
        (officer, "GET", f"/api/v1/escalations/?status={quote(words)}", None),
        (officer, "POST", f"/api/v1/children/{child}/risk-level", {"level": words, "reason": words, "saw": []}),
        (officer, "POST", "/api/v1/missing/", {"child": words}),
        (officer, "POST", f"/office/children/{child}/dossiers/", {"purpose": words}),
        (lead, "POST", f"/api/v1/cases/{case}/warnings/",
         {"kind": "warning", "by": "police", "given_on": "2026-01-05", "to": given["guardian"], "text": words}),
        (officer, "POST", f"/api/v1/missing/{cast.here.ids['missing']}/clues", {"text": words}),
        (officer, "POST", "/api/v1/me/password", {"current": given["password"], "password": given["token"]}),
        (administrator, "POST", "/api/v1/people/", {"name": [name], "phone": given["phone"], "password": given["password"]}),
        (administrator, "POST", "/api/v1/people/", f'{{"password": "{given["password"]}'.encode()),
        (administrator, "POST", "/api/v1/roster/preview", f"PK\x03\x04{name}".encode()),
        (administrator, "POST", "/api/v1/webhooks/", {"county": "522630", "url": f"http://{given['host']}/{given['token']}"}),
    ]  # fmt: skip
    for member, method, path, body in calls:
        wire.call(member, method, path, body)
    return len(calls)


def _phone(phone: HttpPhone, given: dict[str, str]) -> int:
    """A household, a child, her guardian, a visit and a concern; then lines that nobody can read or apply."""
    now = dt.datetime.now(dt.UTC)
    home, child, adult = (ids.uuid7(now) for _ in range(3))
    place = {"v": {"division": "522630100201", "address": given["address"]}, "saw": []}
    in_home = {"household": {"v": str(home), "saw": []}}
    card = {
        "name": given["name"],
        "id_number": given["ID number"],
        "birth_date": "2015-03-07",
        "sex": "female",
    }
    carer = {"identity": {"v": {"name": given["guardian"]}, "saw": []},
             "contact": {"v": {"phone": given["phone"]}, "saw": []}, **in_home}  # fmt: skip
    phone.say("household.register", home, {"set": {"residence": place}})
    phone.say(
        "child.register",
        child,
        {"set": {"identity": {"v": card, "saw": []}, "residence": place, **in_home}},
    )
    phone.say("guardian.register", adult, {"set": carer}, file=home)
    told = {"concern_kinds": ["violence"], "beaten": "yes", "facts_observed": given["words"],
            "reporter_name": given["reporter"], "reporter_phone": given["phone"]}  # fmt: skip
    phone.say(
        "concern.raise", ids.uuid7(now), {"answers": told, "text": given["words"]}, file=child
    )
    sealed = {"sexual_abuse_suspected": "yes", "sealed_words": given["words"]}
    phone.say("visit.sealed", ids.uuid7(now), {"answers": sealed}, file=child)
    phone.say(
        "child.edit", child, {"set": {"identity": {"v": [given["name"]], "saw": given["words"]}}}
    )
    phone.say("visit.of_tomorrow", ids.uuid7(now), {"text": given["words"]}, file=child)
    _words_for_names(phone, given, child, card)
    phone.sync(*phone.log)
    cut = [b"{" + given["words"].encode(), phone.log[0][:60] + given["words"].encode(),
           phone.log[1].replace(b'"sex"', b'"a\\ud800"')]  # fmt: skip
    phone.sync(*cut)
    phone.post(given["words"].encode())
    return len(phone.log) + len(cut) + 1


def _words_for_names(
    phone: HttpPhone, given: dict[str, str], child: UUID, card: dict[str, str]
) -> None:
    """Where the protocol has names of its own, and the forms their codes, somebody writes what she likes."""
    now, words, name = dt.datetime.now(dt.UTC), given["words"], given["name"]
    phone.say(words, ids.uuid7(now), {name: words}, file=child)
    place = {"v": {"division": f"522630{words}", "status": words}, "saw": []}
    single = {"v": name, "saw": []}
    named = {
        "residence": place, "life_cycle": place, "risk_level": single, "guardianship_rating": single,
        "identity": {"v": {**card, "sex": given["guardian"]}, "saw": []},
    }  # fmt: skip
    for value in (name, given["guardian"]):
        disputed = {words: {"v": value, "saw": []}}
        phone.say(
            "child.edit",
            child,
            {"set": {**named, **disputed}, "add": {"categories": {name: single}}},
        )
    phone.say("child.edit", child, {"set": {name: words}})
    seen = {"answers": {name: words}, "skipped": [words], "mode": words, "kind": name}
    for kind in ("visit.record", "visit.part", "concern.raise", "guardian_warning.give"):
        phone.say(kind, ids.uuid7(now), seen, file=child)
        said = {**json.loads(phone.log[-1]), "form": words, "form_version": name, "ruleset": words}
        phone.log[-1] = json.dumps(said, ensure_ascii=False).encode()
    given_back = {"type": words, "id": str(child), "file": str(child), "rev": 1, name: words}
    header = {"protocol": 1, "device": str(phone.device), "wall": now.isoformat(), "app": words}
    phone.post(json.dumps({**header, "recovered": [given_back], "session": name}).encode())


def files(data: Path) -> Iterator[tuple[str, bytes]]:
    """Logs, queues and whatever else the processes write down."""
    for file in sorted(data.rglob("*")):
        if file.is_file() and file.relative_to(data).parts[0] not in APART:
            yield str(file.relative_to(data)), file.read_bytes()
    if (log := data / "postgres" / "log").exists():
        yield "postgres/log", log.read_bytes()


def search(named: Iterable[tuple[str, bytes]], marks: list[Mark], attack: str) -> Row:
    found, size = Row(attack), 0
    for name, content in named:
        found.tried += 1
        size += len(content)
        found.hits += [f"{what} in {name}" for what in found_in(content, marks)]
    found.where = f"{len(marks)} marks in {size / 2**20:.0f} MiB"
    return found


@dataclass
class Pushed:
    """What is looked for: pushed before everything else, looked for after."""

    row: Row
    wanted: list[Mark]

    @classmethod
    def into(cls, cast: Cast, address: str) -> "Pushed":
        marks = made()
        number, secret = push(cast, address, marks)
        wanted = [*marks.values(), *secret, *texts(cast)]
        return cls(Row("marks: pushed", number, [], f"{len(wanted)} marks"), wanted)

    def searched(self, data: Path, said: str) -> list[Row]:
        """`said` is what the demo has printed."""
        places = [*files(data), ("what the demo printed", said.encode())]
        return [
            self.row,
            search(places, self.wanted, "marks: logs and queues"),
            search(rows.dump(), self.wanted, "marks: copy of the tables"),
        ]


def texts(cast: Cast) -> list[Mark]:
    """What the cast's files say; its people's own names and its organisations stand in the clear."""
    said = ["龙小燕", "三组12号", "奶奶住院了", "被父亲打伤", "怀疑性侵害", "持刀威胁", "她自己的话", "红色外套",
            "康复训练", "随父母迁居", "提交法院", "原负责人调离"]  # fmt: skip
    return [Mark(f"the cast's {number}", text + cast.here.tag) for number, text in enumerate(said)]
