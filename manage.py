#!/usr/bin/env python
"""Django's command line, with Huxing's settings.

Where neither keys nor a database are named but this checkout has a demo, it works on the demo.
"""

import os
import sys
from contextlib import nullcontext
from pathlib import Path

# Commands that make a database of their own and must not touch any other.
OWN_WORLD = {"simulate"}
DEMO = Path(os.environ.get("HUXING_DATA_DIR") or Path(__file__).resolve().parent / ".huxing")


def surroundings():
    if OWN_WORLD.intersection(sys.argv[1:2]):
        from deploy.manage import scratch

        return scratch()
    named = {"DATABASE_URL", "HUXING_SECRET_KEY"} & os.environ.keys()
    if named or not (DEMO / "secrets.env").exists():
        return nullcontext()
    # Imported here, because a production machine needs nothing of it.
    from deploy.manage import demo

    return demo(DEMO.resolve())


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
    from django.core.management import execute_from_command_line

    with surroundings():
        execute_from_command_line(sys.argv)
