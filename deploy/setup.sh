# Sourced by the entry points: makes .venv and brings it to the lock, needing only Python 3.11 or later.
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

lock=deploy/requirements-dev.lock
[ -x .venv/bin/python ] || "$(find_python)" -m venv .venv
wanted=$(.venv/bin/python -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$lock")
if [ "$(cat .venv/installed-lock 2>/dev/null)" != "$wanted" ]; then
    echo "Installing the locked dependencies …"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
    echo "$wanted" > .venv/installed-lock
fi
