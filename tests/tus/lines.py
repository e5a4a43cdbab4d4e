"""A line between a client and a server that is cut, again and again."""

import contextlib
import socket
import threading
from types import TracebackType


class CuttingProxy:
    """Forwards connections and cuts each one after so many bytes from the client."""

    def __init__(self, target: tuple[str, int], cut: int) -> None:
        self.target, self.cut, self.cuts = target, cut, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> "CuttingProxy":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.listener.close()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._forward, args=(client,), daemon=True).start()

    def _forward(self, client: socket.socket) -> None:
        with client, socket.create_connection(self.target) as server, contextlib.suppress(OSError):
            threading.Thread(target=self._back, args=(server, client), daemon=True).start()
            passed = 0
            while passed < self.cut:
                data = client.recv(min(16 * 1024, self.cut - passed))
                if not data:
                    return
                passed += len(data)
                server.sendall(data)
            self.cuts += 1
            # Closing alone would wait for the other thread, which is still listening.
            for line in (client, server):
                line.shutdown(socket.SHUT_RDWR)

    def _back(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(16 * 1024):
                client.sendall(data)
