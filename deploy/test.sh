#!/bin/sh
# Sets everything up from nothing, then runs lint, types, import contracts and tests.
# Further arguments go to pytest: sh deploy/test.sh -q tests/sync
set -eu
cd "$(dirname "$0")/.."
. deploy/setup.sh
# A failed installation is not the end: in CI the tests that need it fail by themselves, and say why.
sh deploy/browser.sh || true
sh deploy/node.sh || true
exec .venv/bin/python -m deploy.check "$@"
