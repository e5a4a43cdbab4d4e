# Sourced by the entry points: makes .venv and brings it to the lock, needing only Python 3.11 or later.
# `lock` may be set before; the development lock holds everything that the runtime lock holds.
everything=deploy/requirements-dev.lock
lock=${lock:-$everything}

find_python() {
    for candidate in python3.14 python3.13 python3.12 python3.11 python3 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "Huxing needs Python 3.11 or later; none was found on the PATH." >&2
    exit 1
}

digest() {
    .venv/bin/python -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$1"
}

installed() {
    [ "$(cat .venv/installed-lock 2>/dev/null)" = "$(digest "$1")" ]
}

# An environment whose making was cut short, or whose Python is gone, is made again.
if ! .venv/bin/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python=$(find_python) || exit 1
    "$python" -m venv --clear .venv
fi
if ! installed "$lock" && ! installed "$everything"; then
    echo "Installing the locked dependencies …"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
    digest "$lock" > .venv/installed-lock
fi
