"""What `manage.py` works on where nobody has said: this checkout's demo, or a world of its own."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from deploy import environment
from deploy.directory import DirectoryInUse, sole_user
from deploy.postgres import database


@contextmanager
def scratch() -> Iterator[None]:
    """New keys and a server for databases, gone at the end: for commands that make their own world.

    Neither the demo of this checkout nor the data of an installation are touched.
    """
    with (
        tempfile.TemporaryDirectory(prefix="huxing-") as folder,
        database(Path(folder) / "postgres") as url,
    ):
        os.environ.update(environment.fresh(Path(folder) / "data", url))
        yield


@contextmanager
def demo(data: Path) -> Iterator[None]:
    """Sets the demo's environment and has its database running; a running demo is used as it is.

    Raises `DirectoryInUse` while a demo starts.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(sole_user(data))
            url = stack.enter_context(database(data / "postgres"))
        except DirectoryInUse as error:
            if error.place is None:
                raise
            url = error.place.database_url
        os.environ.update(environment.kept(data, url))
        print(f"Working on the demo in {data}.", file=sys.stderr)
        yield
