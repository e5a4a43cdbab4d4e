"""Commands: each asks the phone one thing and says what came of it."""

import argparse
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from sync.protocol import messages

from . import lines
from .arguments import parser
from .errors import ClientError, TryLater, Unusable
from .log import New
from .phone import Phone
from .session import Report
from .view import Seen

Result = dict[str, Any]
# Seconds: the first wait when the server names none, and the longest.
FIRST_WAIT, LONGEST_WAIT = 2.0, 60.0


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; the exit code is that of `arguments.EPILOG`."""
    given = parser().parse_args(arguments)
    phone = Phone(given.store, language=given.language)
    try:
        result, code = _COMMANDS[given.command](phone, given), 0
    except ClientError as error:
        result, code = {"error": _error(error)}, error.exit_code
    finally:
        phone.close()
    if given.json:
        print(messages.write(result).decode())
    elif code:
        print(f"{result['error']['code']}: {result['error']['message']}", file=sys.stderr)
    else:
        print(_in_words(result))
    return code


def _error(error: ClientError) -> Result:
    said: Result = {"code": error.code, "message": str(error)}
    if isinstance(error, TryLater):
        said["retry_after"] = error.retry_after
    return said


def _enrol(phone: Phone, given: argparse.Namespace) -> Result:
    return phone.enrol(given.server, given.code, label=given.label, again=given.again)


def _record(phone: Phone, given: argparse.Namespace) -> Result:
    return _append(phone, given, together=False)


def _register(phone: Phone, given: argparse.Namespace) -> Result:
    return _append(phone, given, together=True)


def _append(phone: Phone, given: argparse.Namespace, *, together: bool) -> Result:
    """What the adviser says is shown once it is saved: before that it is no more than a draft."""
    advice = phone.advise(*_news(phone, given), person=given.person)
    saved = phone.append(*advice.news, together=together, person=given.person)
    result: Result = {"saved": [asdict(one) for one in saved]}
    if advice.said and given.json:
        result["advice"] = advice.said
    elif advice.lines:
        # At once: `raise` may wait long for a network.
        print("\n".join(advice.lines), flush=True)
    return result


def _raise(phone: Phone, given: argparse.Namespace) -> Result:
    """Saved is enough to succeed: no network must not look like a failure to report."""
    result = _record(phone, given)
    try:
        return {**result, "sync": _report(phone.sync())}
    except ClientError as error:
        return {**result, "kept": _error(error)}


def _news(phone: Phone, given: argparse.Namespace) -> list[New]:
    if bool(given.lines) == bool(given.kind):
        raise Unusable("give either a file of lines or --kind with --target, --file and --data")
    if given.kind:
        data = lines.value(given.data)
        one = {
            "kind": given.kind, "target": given.target, "file": given.file, "data": data,
            "attach": given.attach,
        }  # fmt: skip
        return lines.read(messages.write(one).decode(), now=phone.clock())
    try:
        text = sys.stdin.read() if given.lines == "-" else Path(given.lines).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(str(error)) from error
    return lines.read(text, now=phone.clock())


def _edit(phone: Phone, given: argparse.Namespace) -> Result:
    if not (given.set or given.add or given.remove):
        raise Unusable("nothing to change: give --set, --add or --remove")
    saved = phone.edit(
        given.record,
        set=lines.changes(given.set),
        add=lines.elements(given.add),
        remove={name: list(named) for name, named in lines.elements(given.remove).items()},
        kind=given.kind,
        person=given.person,
    )
    return {"saved": [asdict(saved)]}


def _sync(phone: Phone, given: argparse.Namespace) -> Result:
    return _report(patiently(lambda: phone.sync(older=given.older), tries=given.tries))


def patiently(
    attempt: Callable[[], Report], *, tries: int, sleep: Callable[[float], None] = time.sleep
) -> Report:
    """Tries again after what the server asks for, or after twice as long each time, with jitter."""
    before: list[Report] = []
    for number in range(tries - 1):
        wait = min(FIRST_WAIT * 2**number, LONGEST_WAIT)
        try:
            report = attempt()
            if report.stopped is None:
                return _joined(before, report)
            before.append(report)
        except TryLater as later:
            wait = later.retry_after or wait
        # Phones that lost the same mast must not all come back in the same second.
        sleep(wait * random.uniform(1.0, 1.5))
    return _joined(before, attempt())


def _joined(before: Sequence[Report], last: Report) -> Report:
    """The last report, with what those before it did."""
    for report in reversed(before):
        last.sent += report.sent
        last.brought += report.brought
        last.receipts = [*report.receipts, *last.receipts]
    return last


def _report(report: Report) -> Result:
    return asdict(report)


def _set_pin(phone: Phone, given: argparse.Namespace) -> Result:
    phone.set_pin(_pin(given), person=given.person)
    return phone.status()


def _lock(phone: Phone, given: argparse.Namespace) -> Result:
    phone.lock()
    return phone.status()


def _unlock(phone: Phone, given: argparse.Namespace) -> Result:
    phone.unlock(_pin(given), person=given.person)
    return phone.status()


def _purge(phone: Phone, given: argparse.Namespace) -> Result:
    phone.purge()
    return phone.status()


def _wipe(phone: Phone, given: argparse.Namespace) -> Result:
    phone.wipe()
    return phone.status()


def _pin(given: argparse.Namespace) -> str:
    return sys.stdin.readline().rstrip("\n") if given.pin == "-" else given.pin


def _status(phone: Phone, given: argparse.Namespace) -> Result:
    return phone.status()


def _conflicts(phone: Phone, given: argparse.Namespace) -> Result:
    if given.resolve is None:
        return {"conflicts": phone.conflicts()}
    record, field, text = cast(tuple[str, str, str], given.resolve)
    try:
        saved = phone.resolve(UUID(record), field, lines.value(text))
    except ValueError as error:
        raise Unusable(f"{record} is not an id") from error
    return {"saved": [asdict(saved)], "conflicts": phone.conflicts()}


def _show(phone: Phone, given: argparse.Namespace) -> Result:
    if given.record:
        return {"records": [_seen(phone.record(given.record))]}
    seen = phone.records(type=given.type, file=given.file)
    return {"records": [_seen(record) for record in seen]}


def _config(phone: Phone, given: argparse.Namespace) -> Result:
    return {given.part: phone.configuration(given.part)}


def _seen(seen: Seen) -> Result:
    shown = ("id", "type", "file", "rev", "pending", "values", "conflicts", "body")
    return {name: getattr(seen, name) for name in shown}


def _in_words(result: Result) -> str:
    """Names and values, a line each; long lists an item a line."""
    said = []
    for name, part in result.items():
        if isinstance(part, list) and part:
            said += [f"{name}: {messages.write(item).decode()}" for item in part]
        else:
            said.append(f"{name}: {messages.write(part).decode()}")
    return "\n".join(said)


_COMMANDS: dict[str, Callable[[Phone, argparse.Namespace], Result]] = {
    "enrol": _enrol,
    "record": _record,
    "register": _register,
    "raise": _raise,
    "edit": _edit,
    "sync": _sync,
    "pin": _set_pin,
    "lock": _lock,
    "unlock": _unlock,
    "purge": _purge,
    "wipe": _wipe,
    "status": _status,
    "conflicts": _conflicts,
    "show": _show,
    "config": _config,
}
