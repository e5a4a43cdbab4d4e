"""A line as they are in the mountains: slow, and cut at any byte."""

import random
import socket
import threading
import time
from urllib.parse import urlsplit

PIECE = 256


class NarrowLine:
    """A TCP proxy before `server`. `kbit` per second both ways; each of the next `cuts` ends a connection."""

    def __init__(self, server: str, *, kbit: float = 0.0, cuts: int = 0, seed: int = 0) -> None:
        parts = urlsplit(server)
        self.target = (parts.hostname or "", parts.port or 80)
        self.kbit, self.dice = kbit, random.Random(seed)
        self.left = [self.dice.randint(1, 4000) for _ in range(cuts)]
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(self.target)
            # Bytes of both ways together, until the line is cut.
            allowed = [self.left.pop() if self.left else 1 << 40]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(
                    target=self._pump, args=(source, sink, allowed), daemon=True
                ).start()

    def _pump(self, source: socket.socket, sink: socket.socket, allowed: list[int]) -> None:
        try:
            while piece := source.recv(PIECE):
                sink.sendall(piece[: max(0, allowed[0])])
                allowed[0] -= len(piece)
                if allowed[0] <= 0:
                    break
                if self.kbit:
                    time.sleep(len(piece) * 8 / (self.kbit * 1000))
        except OSError:
            pass
        finally:
            for end in (source, sink):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue
