#!/bin/sh
# Plays a disaster and the way back: backup under load, the database destroyed, restored, phones compared.
# Needs Python 3.11 or later and nothing else; works in a directory and a database of its own: sh deploy/drill.sh
set -eu
cd "$(dirname "$0")/.."
lock=deploy/requirements.lock
. deploy/setup.sh
exec .venv/bin/python -m deploy.drill "$@"
