#!/bin/sh
# granian's --backpressure counts open connections, also those over which nothing is asked.
#
# Package:  granian 2.8.7 (PyPI).
# Input:    an application that answers at once, --backpressure 2, one worker. Two clients ask, get their answers and keep
#           their lines open, as HTTP/1.1 has them do by default. Nothing is being processed. A third client asks.
# Expected: it is answered: the option is the "maximum number of requests to process concurrently (per worker)".
# Seen:     it hears nothing for as long as both lines stay open, and is answered as soon as one is closed. A server that is
#           to have few requests at work, and is given a small number here, is kept from everybody by a few idle browsers.
# Source:   `granian --help` of this version, and this run.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check granian==2.8.7
cat > app.py <<'PY'
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})
PY
python/bin/python - <<'PY'
import http.client
import socket
import subprocess
import sys
import time

with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
server = subprocess.Popen(
    [sys.executable, "-m", "granian", "app:app", "--interface", "asginl", "--http", "1", "--port", str(port),
     "--workers", "1", "--backpressure", "2", "--no-log"],
)


def line():
    return http.client.HTTPConnection("127.0.0.1", port, timeout=5)


def ask(client):
    client.request("GET", "/")
    return client.getresponse().read()


try:
    while True:
        first, second, third = line(), line(), line()
        try:
            ask(first)
            break
        except OSError:
            time.sleep(0.1)
    answered = [ask(second)]
    try:
        answered.append(ask(third))
    except TimeoutError:
        print("two idle lines: the third client heard nothing for 5 s")
    third.close()
    first.close()
    third = line()
    third.timeout = 30
    print("one of them closed: the third client is answered:", ask(third).decode())
finally:
    server.terminate()
sys.exit(len(answered) != 1)
PY
