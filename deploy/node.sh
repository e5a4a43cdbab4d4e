#!/bin/sh
# Installs node and npm for the tests with the JavaScript upload client: Debian or Ubuntu, as root.
# Running it again does nothing. Elsewhere it says what is missing; the tests then decide
# (tests/tus/conftest.py).
set -eu
if command -v node > /dev/null && command -v npm > /dev/null; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    echo "Installing node and npm for the upload tests …"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends nodejs npm > /dev/null
else
    echo "No node here: the tests with tus-js-client cannot run. Install node 18 or later and npm." >&2
fi
