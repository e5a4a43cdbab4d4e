#!/bin/sh
# Sets everything up from nothing, then runs lint, types, import contracts and tests.
# Further arguments go to pytest: sh deploy/test.sh -q tests/sync
set -eu
cd "$(dirname "$0")/.."
. deploy/setup.sh
exec .venv/bin/python -m deploy.check "$@"
