#!/bin/sh
# Installs Chromium and a Chinese font for the browser tests: Debian or Ubuntu, as root. Running it
# again does nothing. Elsewhere it says what is missing; the tests then decide (tests/e2e/conftest.py).
set -eu
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" > /dev/null; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    echo "Installing Chromium for the browser tests …"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk > /dev/null
else
    echo "No Chromium here: the browser tests cannot run. Install chromium and fonts-noto-cjk." >&2
fi
