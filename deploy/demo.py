"""The whole of Huxing on one machine, with a county of invented children: see deploy/README.md."""

import argparse
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from deploy.cast import ADMINISTRATORS, DESKS, PARTNERS
from deploy.directory import DirectoryInUse, Place, reset, sole_user
from deploy.office import Refusal
from deploy.postgres import OtherVersion, server
from deploy.processes import end_leftovers
from deploy.seed import Seed, SeedOfOther
from deploy.stack import ROOT, CannotStart, Stack, free_port
from deploy.story import play
from sync.client.errors import ClientError

DEFAULT_PORT = 8000


def arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sh deploy/demo.sh", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="play the story against it, say each step, and end"
    )
    parser.add_argument(
        "--port", type=int, help=f"default {DEFAULT_PORT}, or any where that is taken"
    )
    parser.add_argument("--reset", action="store_true", help="throw the data away and start anew")
    parser.add_argument(
        "--small", action="store_true", help="fewer supervisors make rounds: made in less time"
    )
    return parser.parse_args(argv)


def run(options: argparse.Namespace, data: Path) -> int:
    """Starts everything, starts again what ends, and stops everything at a signal."""
    began = time.monotonic()
    with sole_user(data) as running:
        end_leftovers(data / "logs")
        if options.reset:
            reset(data)
        port = free_port(options.port, DEFAULT_PORT)
        with server(data / "postgres") as postgres, Stack(data, postgres.url, port) as stack:
            try:
                stack.prepare()
                stack.start()
                seed = Seed(stack, data, small=options.small)
                seed.run()
                running.announce(Place(port, postgres.url))
                print(f"{stack.address} is ready after {time.monotonic() - began:.0f} s.")
                if options.check:
                    return check(stack, data)
                tell(seed)
                stack.watch(postgres.revive)
            finally:
                _be_left_alone()
    return 0


def check(stack: Stack, data: Path) -> int:
    with tempfile.TemporaryDirectory(prefix="huxing-story-") as folder:
        return 0 if play(stack, Seed(stack, data), Path(folder)) else 1


def tell(seed: Seed) -> None:
    """Where it is and who may log in. The password is this installation's own."""
    print(
        f"\n  办公 office   {seed.stack.address}/\n  API           {seed.stack.address}/api/v1/schema"
    )
    for account in (*DESKS, *(account for account, _ in PARTNERS), *ADMINISTRATORS):
        print(f"  {account.username:<12}  {seed.password}  {account.what}")
    print(
        "\n  第二步验证 second step: 登录后点右上角姓名 log in, then your name at the top right;"
        f" passkeys at http://localhost:{seed.stack.port}/"
    )
    supervisor = seed.people()["supervisors"][0]
    code = seed.enrolment_code(supervisor["id"])
    print(
        f"\n  手机 phone: enrol as {supervisor['name']} with the one-time code {code} (3 days), such as"
    )
    print(
        f"  .venv/bin/python -m sync.client enrol --server {seed.stack.address} --code {code}\n"
        "\nCtrl-C stops everything; the data stay. 按 Ctrl-C 停止，数据保留。",
        flush=True,
    )


def _be_left_alone() -> None:
    """A second Ctrl-C must not leave half of it running."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("Stopping …", flush=True)


def main(argv: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # A shell that starts a job in the background makes it deaf to Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    options = arguments(argv)
    data = Path(os.environ.get("HUXING_DATA_DIR") or ROOT / ".huxing").resolve()
    try:
        return run(options, data)
    except DirectoryInUse as error:
        if options.check and error.place:
            return check(Stack(data, error.place.database_url, error.place.port), data)
        print(error, file=sys.stderr)
        return 2
    except (CannotStart, OtherVersion, SeedOfOther) as error:
        print(error, file=sys.stderr)
        return 2
    except (ClientError, Refusal) as error:
        print(f"The county is not complete; the next start goes on. {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
