#!/bin/sh
# Importing an expression evaluator loads a whole terminal: line editor, syntax highlighter and table printer.
#
# Packages: common-expression-language 0.10.0 (PyPI; module `cel`, a Rust core).
# Input:    `import cel`, and one evaluation, in a program that never reads from a terminal.
# Expected: one extension module. A command-line tool that comes along is loaded by its own entry point.
# Seen:     `cel/__init__.py` imports `cel.cli`, and with it typer, rich, prompt_toolkit and pygments: hundreds of modules,
#           more than nine tenths of the time of the import. They are hard requirements of the package, so that every
#           process of a server has them in memory; structlog, which uses rich where it is installed, changes with it.
# Source:   the package's own __init__.py and metadata (Requires-Dist), and this run.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check common-expression-language==0.10.0
python/bin/python - <<'PY'
import sys

before = set(sys.modules)
import cel

assert cel.evaluate("1 + 2 == 3") is True
loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
terminal = sorted(loaded & {"typer", "rich", "prompt_toolkit", "pygments"})
print(f"{len(set(sys.modules) - before)} modules; of a terminal: {', '.join(terminal)}")
sys.exit("prompt_toolkit" not in terminal or "cel.cli" not in sys.modules)
PY
