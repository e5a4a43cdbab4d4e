"""How fast photographs come in: `python -m tests.bench.uploads`. Starts everything it needs, prints, stops it.

Phones upload photographs over HTTP by tus, in chunks, at once; each is sealed piece by piece, synced to
the disk, verified, examined and sealed again before the last answer comes. Recordings of the same size
go the same way without Pillow. Beside them the floor: the same bytes written to plain files in the same
chunks, each synced, and hashed.
"""

import argparse
import base64
import datetime as dt
import hashlib
import http.client
import io
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from PIL import Image

from sync.client import New

from .surroundings import Server, fresh_database, server

MIB = 1024 * 1024


def main() -> None:
    given = _arguments()
    photographs = [_photograph(number) for number in range(given.devices)]
    recordings = [b"OggS" + os.urandom(len(one) - 4) for one in photographs]
    with fresh_database() as url, server(url, workers=given.workers) as running:
        from . import rounds

        devices = rounds.enrol(running.address, devices=given.devices)
        print(_conditions(given, photographs), flush=True)
        for name, files, kind in (
            ("photographs", photographs, "image/jpeg"),
            ("recordings", recordings, "audio/ogg"),
        ):
            lines = [
                _Line(running, device, _several(own, given.each), kind, given.chunk)
                for device, own in zip(devices, files, strict=True)
            ]
            seconds, cost = _together(running, [line.run for line in lines])
            _report(name, sum(line.bytes for line in lines), seconds, cost)
            with tempfile.TemporaryDirectory(prefix="huxing-") as folder:
                floor, _ = _together(
                    running, [_Floor(Path(folder), line.files, given.chunk).run for line in lines]
                )
            size = sum(line.bytes for line in lines)
            print(
                f"  floor (plain files, synced, hashed): {size / MIB / floor:.1f} MiB/s,"
                f" {seconds / floor:.1f} times faster"
            )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.uploads", description=__doc__)
    parser.add_argument("--devices", type=int, default=4)
    parser.add_argument("--each", type=int, default=4, help="photographs of each phone (4)")
    parser.add_argument("--chunk", type=int, default=256 * 1024, help="bytes a request (262144)")
    parser.add_argument("--workers", type=int, default=max(1, min(2, os.cpu_count() or 1)))
    return parser.parse_args()


def _photograph(number: int) -> bytes:
    """About three MiB, as a cheap phone takes them."""
    image = Image.effect_noise((2300 + number, 1700), 90).convert("RGB")
    stored = io.BytesIO()
    image.save(stored, "JPEG", quality=90)
    return stored.getvalue()


def _several(content: bytes, count: int) -> list[bytes]:
    """Each with its own hash; what follows a JPEG's end is ignored by whoever decodes it."""
    return [content + bytes([number]) for number in range(count)]


class _Line:
    """One phone with its files declared, and the connection it sends them over."""

    def __init__(
        self, running: Server, device: Any, files: list[bytes], kind: str, chunk: int
    ) -> None:
        self.files, self.chunk = files, chunk
        self.bytes = sum(map(len, files))
        self.host = urlsplit(running.address).netloc
        self.headers = {"Authorization": f"Token {device.token}", "Tus-Resumable": "1.0.0"}
        said = [
            {"sha256": hashlib.sha256(one).hexdigest(), "size": len(one), "type": kind}
            for one in files
        ]
        child = device.families[0][1]
        device.phone.append(
            New(kind="concern.raise", file=child, data={"kind": "other", "attachments": said})
        )
        device.phone.sync()

    def run(self) -> None:
        line = http.client.HTTPConnection(self.host, timeout=120)
        for content in self.files:
            name = base64.b64encode(hashlib.sha256(content).hexdigest().encode()).decode()
            made = self._ask(
                line, "POST", "/api/v1/uploads/", 201,
                {"Upload-Length": str(len(content)), "Upload-Metadata": f"sha256 {name}"},
            )  # fmt: skip
            for start in range(0, len(content), self.chunk):
                sent = {
                    "Upload-Offset": str(start),
                    "Content-Type": "application/offset+octet-stream",
                }
                body = content[start : start + self.chunk]
                self._ask(line, "PATCH", made["Location"], 204, sent, body)

    def _ask(
        self, line: http.client.HTTPConnection, method: str, path: str, wanted: int,
        headers: dict[str, str], body: bytes = b"",
    ) -> Any:  # fmt: skip
        line.request(method, path, body, self.headers | headers)
        answer = line.getresponse()
        said = answer.read()
        if answer.status != wanted:
            sys.exit(f"{method} {path}: {answer.status} {said[:300]!r}")
        return answer.headers


class _Floor:
    """What no server can do without: the bytes on the disk, in the same chunks, and their hash."""

    def __init__(self, folder: Path, files: list[bytes], chunk: int) -> None:
        self.folder, self.files, self.chunk = folder, files, chunk

    def run(self) -> None:
        for number, content in enumerate(self.files):
            digest = hashlib.sha256()
            with (self.folder / f"{id(self)}-{number}").open("wb") as out:
                for start in range(0, len(content), self.chunk):
                    part = content[start : start + self.chunk]
                    out.write(part)
                    out.flush()
                    os.fsync(out.fileno())
                    digest.update(part)
            digest.hexdigest()


def _together(running: Server, work: list[Callable[[], None]]) -> tuple[float, float]:
    """Seconds until all are done, and the web server's processor seconds."""
    threads = [threading.Thread(target=one) for one in work]
    before, began = running.seconds(), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began, running.seconds() - before


def _conditions(given: argparse.Namespace, photographs: list[bytes]) -> str:
    load = f", load {os.getloadavg()[0]:.1f} before it started" if hasattr(os, "getloadavg") else ""
    size = sum(map(len, photographs)) / len(photographs) / MIB
    return (
        f"{dt.datetime.now(dt.UTC).date()}: {given.devices} phones × {given.each} files of {size:.1f} MiB,"
        f" chunks of {given.chunk // 1024} KiB, {given.workers} web workers,"
        f" {os.cpu_count()} processors{load}"
    )


def _report(name: str, size: int, seconds: float, cost: float) -> None:
    print(
        f"{name}: {size / MIB / seconds:.1f} MiB/s over HTTP,"
        f" {cost / (size / MIB) * 1000:.0f} ms of the web server's processor a MiB"
    )


if __name__ == "__main__":
    main()
