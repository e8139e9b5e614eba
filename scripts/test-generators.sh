#!/bin/sh
# Makes clients of the server's OpenAPI documents with generators, runs the scenario with each, and
# lets schemathesis look for what the documents do not tell: scripts/test-generators.sh [generator …]
# Node.js, npm, python3 with venv and cargo have to be there. Everything else goes below target/. The
# client in Go needs Go 1.25, newer than Debian's, and is left out where there is none.
set -eu
cd "$(dirname "$0")/.."

PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin:/usr/local/go/bin
venv=${CARGO_TARGET_DIR:-target}/generators/venv

[ -n "${CRESTFALL_BIN:-}" ] || cargo build --locked --package crestfall-server --bin crestfall
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check -r tests/generators/python/requirements.txt
cd tests/generators
npm ci --no-audit --no-fund
if [ $# = 0 ]; then
  set -- fetch hey python rust schemathesis
  if command -v go >/dev/null; then
    set -- "$@" go
  else
    echo "== no Go (https://go.dev/dl): its client is left out"
  fi
fi
exec node run.mjs "$@"
