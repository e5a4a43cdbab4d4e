#!/bin/sh
# Starts the whole of Huxing on this machine with a county of invented children: sh deploy/demo.sh
# --check plays the story of product.md against it and ends; --help names the other switches.
set -eu
cd "$(dirname "$0")/.."
lock=deploy/requirements.lock
. deploy/setup.sh
exec .venv/bin/python -m deploy.demo "$@"
