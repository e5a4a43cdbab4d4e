"""The project's own server as a process that kills itself at a boundary: `python -m tests.sync.dying_server`.

`FAULT` names the boundary. Nothing of this is in the product: functions are wrapped from outside.
Prints its port.
"""

import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")

import django

django.setup()

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402

from sync import api, apply, push  # noqa: E402

SYNC = "/api/v1/sync"


def die(*args: Any, **kwargs: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def dies_before(module: Any, name: str) -> None:
    setattr(module, name, die)


def dies_after(module: Any, name: str) -> None:
    step: Callable[..., Any] = getattr(module, name)

    def last(*args: Any, **kwargs: Any) -> Any:
        step(*args, **kwargs)
        die()

    setattr(module, name, last)


class DiesReplied(WSGIRequestHandler):
    """Gone as soon as the answer to a sync has left."""

    def handle(self) -> None:
        self.close_connection = True
        self.handle_one_request()
        if self.path == SYNC:
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_WR)
            die()


BOUNDARIES: dict[str, Callable[[], None]] = {
    "raw stored": lambda: dies_before(push, "apply_stored"),
    "merged": lambda: dies_after(apply, "settle"),
    "committed": lambda: dies_after(api, "push"),
    "replied": lambda: None,
}


def main() -> None:
    fault = os.environ.get("FAULT", "")
    BOUNDARIES.get(fault, lambda: None)()
    handler = DiesReplied if fault == "replied" else WSGIRequestHandler
    server = ThreadedWSGIServer(("127.0.0.1", 0), handler)
    server.set_app(get_wsgi_application())
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
