#!/bin/sh
# Two CEL engines disagree about a member that is absent inside the body of `exists`.
#
# Packages: common-expression-language 0.10.0 (PyPI), @marcbachmann/cel-js 8.0.0 (npm).
# Input:    facts.list.exists(x, facts.gone == 'a' || x == 'b')  with facts = {list: ['a', 'b']}: `gone` is absent.
# Expected: the same answer from both. The CEL specification ("Macros", exists; "Logical operators") lets `||` absorb
#           an error where the other side is true, and `exists` where the predicate is true for some element: true.
# Seen:     the Python engine raises KeyError; cel-js gives true. So a rule written so is unknown on a server in
#           Python and holds on a phone in JavaScript.
# Source:   https://github.com/google/cel-spec/blob/master/doc/langdef.md and this run.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check common-expression-language==0.10.0
python_says=$(python/bin/python - <<'PY'
import cel

context = cel.Context()
context.add_variable("facts", {"list": ["a", "b"]})
try:
    print(cel.compile("facts.list.exists(x, facts.gone == 'a' || x == 'b')").execute(context))
except Exception as error:
    print(type(error).__name__)
PY
)

npm init --yes > /dev/null
npm install --silent --no-audit --no-fund @marcbachmann/cel-js@8.0.0
cat > say.mjs <<'JS'
import { evaluate } from '@marcbachmann/cel-js'

try {
  console.log(evaluate("facts.list.exists(x, facts.gone == 'a' || x == 'b')", { facts: { list: ['a', 'b'] } }))
} catch (error) {
  console.log(error.name)
}
JS
javascript_says=$(node say.mjs)

echo "common-expression-language 0.10.0: $python_says"
echo "@marcbachmann/cel-js 8.0.0: $javascript_says"
[ "$python_says" = KeyError ] && [ "$javascript_says" = true ]
