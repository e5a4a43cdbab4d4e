"""The words of the command line."""

import argparse
from uuid import UUID

DESCRIPTION = "A phone of the sync protocol: works offline, keeps everything in one file."
EPILOG = """\
exit codes: 0 done; 1 nothing was done, the message says why; 2 the command line is wrong;
3 the server did not answer or said later, everything is kept; 4 the server refuses this phone;
5 the files of this phone are closed, what is written is kept sealed.
"""


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="python -m sync.client", description=DESCRIPTION, epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--store", default="phone.db", help="the phone's file (phone.db)")
    common.add_argument("--json", action="store_true", help="one JSON object on standard output")
    common.add_argument("--language", default="zh-CN", help="of the server's messages")
    commands = top.add_subparsers(dest="command", required=True, metavar="command")

    def command(name: str, said: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, parents=[common], help=said, description=said)

    enrol = command("enrol", "use a one-time code; needs the server")
    enrol.add_argument("--server", required=True, help="address, such as https://example.org")
    enrol.add_argument("--code", required=True)
    enrol.add_argument("--label", default="", help="what this phone is called in the office")
    enrol.add_argument(
        "--again",
        action="store_true",
        help="the server no longer knows this phone: keep its id and log",
    )

    _operations(command("record", "save operations, each applied by itself"))
    _operations(command("register", "save operations that are applied whole or not at all"))
    _operations(command("raise", "save operations and try to send them at once"))

    edit = command("edit", "change a record's fields, naming what this phone shows of them")
    edit.add_argument("record", type=UUID)
    edit.add_argument("--set", action="append", default=[], metavar="FIELD=JSON")
    edit.add_argument("--add", action="append", default=[], metavar="FIELD.ELEMENT[=JSON]")
    edit.add_argument("--remove", action="append", default=[], metavar="FIELD.ELEMENT")
    edit.add_argument("--kind", help="only where the record's type leaves a choice")
    edit.add_argument("--person", type=UUID)

    sync = command("sync", "push, pull and purge; needs the server")
    sync.add_argument("--older", action="append", default=[], type=UUID, metavar="FILE")
    sync.add_argument("--tries", type=int, default=1, help="how often, with growing waits (1)")

    pin = command("pin", "set the PIN by which a person opens this phone")
    _pin(pin)
    command("lock", "close the files; new operations are still taken and sent, sealed")
    _pin(command("unlock", "open the files again"))
    command("purge", "remove everything readable; the next sync loads it anew")
    command("wipe", "send what can be sent, then destroy the key of everything readable")

    command("status", "who this phone is, what waits to be sent, what it holds")
    conflicts = command("conflicts", "fields on which people disagree")
    conflicts.add_argument("--resolve", nargs=3, metavar=("RECORD", "FIELD", "JSON"))

    show = command("show", "records as this phone sees them")
    show.add_argument("record", nargs="?", type=UUID)
    show.add_argument("--type")
    show.add_argument("--file", type=UUID)

    config = command("config", "a part of what the server told this phone to know, such as numbers")
    config.add_argument("part")
    return top


def _pin(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--pin", required=True, help="the PIN, or - to read it from standard input"
    )
    command.add_argument("--person", type=UUID)


def _operations(command: argparse.ArgumentParser) -> None:
    command.add_argument("lines", nargs="?", help="a file of JSON lines, or - for standard input")
    command.add_argument("--kind", help="instead of lines: one operation of this kind")
    command.add_argument("--target")
    command.add_argument("--file")
    command.add_argument("--data", default="{}", metavar="JSON")
    command.add_argument("--person", type=UUID)
    command.add_argument(
        "--attach", action="append", default=[], metavar="[ROLE:]FILE",
        help="declares a file and keeps it until it was brought; thumbnail:FILE is a smaller copy of"
        " the file before it",
    )  # fmt: skip
