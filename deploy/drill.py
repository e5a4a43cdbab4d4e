"""A disaster and the way back, with real processes: `sh deploy/drill.sh`.

A county works on several phones; a backup is taken meanwhile; work goes on, a phone is revoked, a
child is erased, an escalation opens. Then the database is destroyed and restored, the phones come
back, and everything that any of them has is looked for. Exit code 1 if anything is not as it must be.
"""

import argparse
import datetime as dt
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import psycopg

from deploy.cast import ADMINISTRATORS, DESKS
from deploy.demo_data import roster
from deploy.fieldwork import ALONE, Hand, working
from deploy.office import Office
from deploy.scratch import destroy, scratch_database
from deploy.seed import WHY, Seed
from deploy.simulation.clock import Clock, file_in
from deploy.stack import Stack, free_port
from deploy.story.played import StepFailed, check
from sync.client.errors import Refused

STATUSES = ["open", "acknowledged", "assigned", "in_progress", "resolved", "unfounded"]
NAMES = ["石秀英", "王桂花", "周玉兰", "龙银花", "杨小琴", "潘月英"]


@dataclass
class Drill:
    """What the steps hand on. `seconds` is how long the phones work before and after the backup."""

    stack: Stack
    folder: Path
    seconds: float
    count: int
    hands: list[Hand] = field(default_factory=list)
    sessions: dict[str, Office] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    written: dict[str, set[UUID]] = field(default_factory=dict)
    photographs: dict[tuple[UUID, bytes], str] = field(default_factory=dict)
    escalations: set[str] = field(default_factory=set)
    known: dict[str, Any] = field(default_factory=dict)

    @property
    def seed(self) -> Seed:
        return Seed(self.stack, self.folder)

    def desk(self, username: str) -> Office:
        if username not in self.sessions:
            self.sessions[username] = self.seed.office(username)
        return self.sessions[username]

    def enrol(self, name: str, person: str, village: str) -> Hand:
        hand = Hand(name, person, village, self.folder / f"{name}.db", random=Random(name))
        code = self.desk("admin").post("enrolment-codes", {"people": [person]})["code"]
        with hand.phone() as phone:
            phone.enrol(self.stack.address, code, label=f"drill {name}")
            phone.sync()
        return hand

    def queue(self) -> set[str]:
        rows = self.desk("officer").every("escalations/", status=STATUSES)
        return {row["id"] for row in rows}

    def ask(self, statement: str, *values: Any) -> list[Any]:
        """What stands in the tables, past all of the product's code."""
        with psycopg.connect(self.stack.environment["DATABASE_URL"]) as connection:
            return connection.execute(statement, values).fetchall()

    def eight_days_later(self, command: str) -> str:
        """A command of manage.py as it runs then: a process of its own, with a clock of its own."""
        data = Path(self.stack.environment["HUXING_DATA_DIR"])
        ahead = Clock(file_in(data))
        ahead.begin(dt.datetime.now(dt.UTC) + dt.timedelta(days=8))
        try:
            return self.stack.run(
                [sys.executable, "-m", "deploy.simulation.served", "manage", command]
            )
        finally:
            file_in(data).unlink()


def a_county_at_work(drill: Drill) -> str:
    seed = drill.seed
    seed.administrators()
    villages = sorted(code for code in roster.divisions() if len(code) == 12)[: drill.count]
    rows = [seed._row(account) for account in DESKS]
    rows += [
        {"name": NAMES[n], "phone": f"1900000300{n}", "role": "village_supervisor",
         "prefixes": [village]}
        for n, village in enumerate(villages)
    ]  # fmt: skip
    admin = drill.desk("admin")
    answer = admin.result(admin.post("people/bulk", {"rows": rows, "reason": WHY}))
    seed.second(answer["waiting"])
    made = answer["people"]
    for number, (village, person) in enumerate(zip(villages, made[len(DESKS) :], strict=True)):
        hand = drill.enrol(f"phone{number}", person, village)
        for child in range(3):
            hand.register(f"龙小{'燕梅兰'[child]}")
        hand.sync()
        drill.hands.append(hand)
    # The first supervisor's second phone: it holds what the first one writes.
    first = drill.hands[0]
    twin = drill.enrol("twin", first.person, first.village)
    drill.known["twin"] = twin
    return f"{len(drill.hands) + 1} phones, {3 * len(drill.hands)} children, accounts {len(ADMINISTRATORS) + len(rows)}"


def a_backup_while_they_work(drill: Drill) -> str:
    with working(drill.hands):
        time.sleep(drill.seconds)
        before = drill.ask("SELECT count(*) FROM sync_operation")[0][0]
        said = drill.stack.manage("backup", str(drill.folder / "backup")).strip()
        after = drill.ask("SELECT count(*) FROM sync_operation")[0][0]
    check(after > before, "nobody wrote during the backup: the drill proves nothing")
    return f"{said} Meanwhile {after - before} operations were written."


def work_goes_on(drill: Drill) -> str:
    backed_up = drill.ask("SELECT count(*) FROM sync_operation")[0][0]
    with working(drill.hands):
        time.sleep(drill.seconds)
    first, twin = drill.hands[0], drill.known["twin"]
    twin.sync()
    kept = drill.hands[3]
    drill.known["photographed"] = kept.visit(kept.children[0][0], photo=True)
    kept.sync()
    # What the first phone has written since is on the second one too, and nowhere else once it is lost.
    drill.known["lost part"] = first.visit(first.children[0][0])
    first.sync()
    twin.sync()
    check(drill.known["lost part"] in twin.held(), "the second phone has not heard of the visit")
    newcomer = drill.enrol("newcomer", drill.hands[1].person, drill.hands[1].village)
    newcomer.children = list(drill.hands[1].children)
    newcomer.visit(newcomer.children[0][0])
    newcomer.sync()
    drill.known["newcomer"] = newcomer
    now = drill.ask("SELECT count(*) FROM sync_operation")[0][0]
    return f"{now - backed_up} operations that no backup has; one phone was enrolled since"


def nobody_with_a_child(drill: Drill) -> str:
    hand = drill.hands[1]
    hand.visit(hand.children[1][0], told=dict(ALONE))
    hand.sync()
    drill.escalations = drill.queue()
    check(len(drill.escalations) == 1, f"{len(drill.escalations)} escalations")
    (row,) = drill.desk("officer").every("escalations/", status=STATUSES)
    drill.desk("officer").post(
        f"escalations/{row['id']}/acknowledge", {"revision": row["revision"]}
    )
    return "one escalation is open, and the officer has acknowledged it"


def a_phone_is_revoked_and_a_child_erased(drill: Drill) -> str:
    revoked, holder = drill.hands[2], drill.hands[3]
    with revoked.phone() as phone:
        drill.desk("admin").post(f"devices/{phone.device}/revoke", {"reason": "lost on the bus"})
    child = holder.children[2][0]
    drill.known["erased"] = child
    asked = drill.desk("lead").post(f"children/{child}/erase", {"reason": "on request"})
    drill.seed.second([asked["id"]])
    check(drill.ask("SELECT count(*) FROM erasure_erasure")[0][0] == 0, "erased without waiting")
    said = drill.eight_days_later("carry_out_confirmed")
    found = drill.ask("SELECT files FROM erasure_erasure")
    check(len(found) == 1, f"not erased after its seven days: {said}")
    drill.known["erased files"] = set(found[0][0])
    # It has not heard of it, and visits once more.
    drill.known["late part"] = holder.visit(child)
    return "both since the backup, and both in the ledger"


def the_database_is_destroyed(drill: Drill) -> str:
    for hand in [*drill.hands, drill.known["twin"], drill.known["newcomer"]]:
        drill.written[hand.name] = hand.written()
    drill.stack.processes.stop()
    destroy(drill.stack.environment["DATABASE_URL"])
    shutil.rmtree(Path(drill.stack.environment["HUXING_DATA_DIR"]) / "files", ignore_errors=True)
    lost = drill.hands.pop(0)
    lost.store.unlink()
    drill.written.pop(lost.name)
    for hand in drill.hands:
        drill.photographs |= dict.fromkeys(hand.photographs(), hand.name)
    drill.sessions.clear()
    return "and the first supervisor's phone with it: only her second one is left"


def the_backup_is_restored(drill: Drill) -> str:
    said = drill.stack.manage("restore", str(drill.folder / "backup")).strip().splitlines()
    check(any("device.revoke" in line for line in said), f"no revocation from the ledger: {said}")
    check(any("file.erase" in line for line in said), f"no erasure from the ledger: {said}")
    drill.stack.start()
    drill.sessions.clear()
    check(drill.queue() == set(), "the escalation is there already: the backup was too late")
    return "; ".join(line for line in said if "ledger" in line or "rows" in line)


def the_phones_come_back(drill: Drill) -> str:
    newcomer, revoked = drill.known["newcomer"], drill.hands[1]
    resent = offered = recovered = 0
    for hand in [drill.known["twin"], *drill.hands]:
        report = hand.sync()
        resent, offered = resent + len(report.resent), offered + report.offered
        recovered += report.recovered
        if hand is revoked:
            check(report.refused == "device.revoked", f"the revoked phone is told {report.refused}")
            check(report.entered == report.changed == 0, "the revoked phone was given something")
        else:
            check(report.digest_agrees, f"{hand.name} holds something else than the server thinks")
    with newcomer.phone() as phone:
        try:
            phone.sync()
            raise StepFailed("the phone that was enrolled since the backup is known")
        except Refused as refusal:
            check(refusal.status == 401, f"it is answered {refusal.status}")
        code = drill.desk("admin").post("enrolment-codes", {"people": [newcomer.person]})["code"]
        phone.enrol(drill.stack.address, code, again=True)
    resent += len(newcomer.sync().resent)
    return (
        f"{resent} operations sent again, {offered} records offered, {recovered} of them asked for"
    )


def nothing_that_a_phone_has_is_lost(drill: Drill) -> str:
    there = {op for (op,) in drill.ask("SELECT op FROM sync_operation WHERE device IS NOT NULL")}
    written = set().union(*drill.written.values())
    lost = written - there
    check(not lost, f"{len(lost)} of {len(written)} operations are lost")
    return f"{len(written)} operations of {len(drill.written)} phones, 0 lost, 0 twice"


def no_photograph_that_a_phone_has_is_lost(drill: Drill) -> str:
    """Looked for in the tables, then each opened by the office: its bytes lay outside the database."""
    rows = drill.ask("SELECT op, sha256, id, status FROM sync_attachment")
    there = {(op, bytes(sha256)): (id_, status) for op, sha256, id_, status in rows}
    files = list(drill.known["erased files"])
    erased = {
        op for (op,) in drill.ask("SELECT op FROM sync_operation WHERE file = ANY(%s)", files)
    }
    wanted = {place for place in drill.photographs if place[0] not in erased}
    lost = [place for place in wanted if there.get(place, (None, ""))[1] != "complete"]
    whose = sorted({drill.photographs[place] for place in lost})
    check(not lost, f"{len(lost)} of {len(wanted)} photographs are lost, of {whose}")
    since = drill.ask(
        "SELECT op FROM sync_operation WHERE target = %s", drill.known["photographed"]
    )
    check(any(op == since[0][0] for op, _ in wanted), "none was taken after the backup")
    for place in wanted:
        answer = drill.desk("officer").ask("GET", f"attachments/{there[place][0]}/view")
        check(answer.status == 200, f"a photograph answers {answer.status}")
    return f"{len(wanted)} photographs, each opened"


def what_only_another_phone_had_is_evidence(drill: Drill) -> str:
    rows = list(drill.desk("officer").every("recovered/", settled="false"))
    records = {row["record"] for row in rows}
    check(str(drill.known["lost part"]) in records, "the lost phone's visit is not among them")
    (row,) = [row for row in rows if row["record"] == str(drill.known["lost part"])]
    check(row["contents"].get("data", {}).get("answers"), f"without its words: {row}")
    return f"{len(rows)} records of the lost phone, with their contents"


def nothing_erased_has_come_back(drill: Drill) -> str:
    child, files = drill.known["erased"], drill.known["erased files"]
    holder = drill.hands[2]
    holder.sync()
    check(not files & holder.held(), "the phone still holds it")
    answer = drill.desk("lead").ask("GET", f"children/{child}/")
    check(answer.status == 404, f"the office is answered {answer.status}")
    keys = drill.ask(
        "SELECT count(*) FROM common_datakey WHERE owner = ANY(%s) AND wrapped IS NULL", list(files)
    )
    check(keys[0][0] == len(files), "its key is there again")
    for table in ("children_child", "visits_visitpart", "sync_recovered"):
        found = drill.ask(f"SELECT count(*) FROM {table} WHERE file = ANY(%s)", list(files))
        check(found[0][0] == 0, f"{table} has rows of it")
    late = drill.ask(
        "SELECT DISTINCT code FROM sync_operation WHERE target = %s", drill.known["late part"]
    )
    check(late == [("file.erased",)], f"the late visit is {late}")
    return "no key, no row, not on the phone; a late visit to it is sealed away"


def nothing_is_opened_or_found_twice(drill: Drill) -> str:
    opened = drill.queue()
    check(opened == drill.escalations, f"before {drill.escalations}, now {opened}")
    twice = drill.ask(
        "SELECT cause, rule, severity FROM concerns_finding GROUP BY 1, 2, 3 HAVING count(*) > 1"
    )
    check(not twice, f"found twice: {twice}")
    return "the same escalation under the same id, once"


def state_equals_the_operations(drill: Drill) -> str:
    return drill.stack.manage("rebuild", "--check").strip().splitlines()[-1]


STEPS: list[tuple[str, str, Callable[[Drill], str]]] = [
    ("一个县在工作", "A county at work", a_county_at_work),
    ("边工作边备份", "A backup while everybody works", a_backup_while_they_work),
    ("备份之后继续工作", "Work goes on after the backup", work_goes_on),
    ("备份之后出现预警", "After the backup: a child alone", nobody_with_a_child),
    ("备份之后挂失手机、删除档案", "After the backup: revoked, erased", a_phone_is_revoked_and_a_child_erased),
    ("数据库毁坏，一部手机丢失", "The database is destroyed, a phone is lost", the_database_is_destroyed),
    ("恢复备份", "The backup is restored", the_backup_is_restored),
    ("手机陆续回来", "The phones come back", the_phones_come_back),
    ("手机上有的一条不少", "Nothing that a phone has is lost", nothing_that_a_phone_has_is_lost),
    ("照片一张不少", "No photograph that a phone has is lost", no_photograph_that_a_phone_has_is_lost),
    ("只有他人手机上有的成为证据", "What only another phone had is evidence", what_only_another_phone_had_is_evidence),
    ("已删除的没有回来", "Nothing erased has come back", nothing_erased_has_come_back),
    ("没有重复的预警", "Nothing is opened twice", nothing_is_opened_or_found_twice),
    ("重算与现状一致", "State equals the refolded operations", state_equals_the_operations),
]  # fmt: skip


def play(drill: Drill) -> bool:
    """Says each step and what it found; False if one failed."""
    began = time.monotonic()
    for number, (zh, en, step) in enumerate(STEPS, start=1):
        print(f"\n{number}. {zh}  {en}", flush=True)
        at = time.monotonic()
        try:
            print(f"   ✓ {step(drill)} ({time.monotonic() - at:.1f} s)", flush=True)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, this step is the one that failed
            kind = "" if isinstance(error, StepFailed) else f"{type(error).__name__}: "
            print(f"   ✗ {kind}{error}\n\nStep {number} failed: {en}.", flush=True)
            return False
    print(
        f"\nRestored, and nothing lost ({time.monotonic() - began:.0f} s). 恢复演练通过。",
        flush=True,
    )
    return True


def main(argv: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser(prog="sh deploy/drill.sh", description=__doc__)
    parser.add_argument("--phones", type=int, default=len(NAMES), choices=range(4, len(NAMES) + 1))
    parser.add_argument(
        "--seconds", type=float, default=15, help="work before the backup, and after"
    )
    options = parser.parse_args(argv)
    # A short directory: a Unix socket's path may not exceed 107 bytes.
    with (
        tempfile.TemporaryDirectory(prefix="huxing-") as scratch,
        scratch_database(Path(scratch)) as url,
        Stack(Path(scratch), url, free_port(None, 8010)) as stack,
    ):
        # The drill's own files are destroyed too; nobody else's store may be meant.
        stack.environment["HUXING_S3_BUCKET"] = ""
        stack.prepare()
        stack.start()
        return 0 if play(Drill(stack, Path(scratch), options.seconds, options.phones)) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
