"""One run from an empty database to its table: what `manage.py simulate` calls."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deploy.postgres import database, database_of_its_own

from .run import Options, Run
from .server import Server
from .table import SHOWN, complaints, table

Say = Callable[[str], Any]


def simulate(options: Options, say: Say = print) -> bool:
    """Plays a run and prints its table; whether everything is as it must be.

    Where it is not, the phones' stores and the server's logs are kept, and how to see it again.
    """
    folder = Path(tempfile.mkdtemp(prefix="huxing-simulation-"))
    say(options.command)
    good = False
    try:
        good = _play(options, folder, say)
    finally:
        if good:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            say(f"\nThe phones' stores and the server's logs are in {folder}.")
            say(f"To see it again: .venv/bin/python {options.command}")
    return good


def _play(options: Options, folder: Path, say: Say) -> bool:
    with (
        database(folder / "postgres") as anywhere,
        database_of_its_own(anywhere) as url,
        Server(folder / "data", url) as server,
    ):
        run = Run(options, server, url, folder / "phones")
        found = run.play()
        say(table(found, run.befell()))
        for line in run.errors()[:SHOWN]:
            say(f"  the server's log: {line}")
    if found.good:
        say("Nothing lost, nothing doubled, nothing out of scope, escalations as expected.")
    else:
        say(complaints(found))
    return found.good
