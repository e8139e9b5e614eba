#!/bin/sh
# Runs every test: Rust's, the benchmark harness's, then those of real clients.
set -eu

PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin

echo "== Rust tests"
cargo test --locked --workspace --all-features --no-fail-fast

echo "== the client in browsers"
scripts/wasm.sh || [ $? = 3 ]

if command -v python3 >/dev/null; then
  echo "== tests of the benchmark's harness"
  python3 -m unittest discover -s bench -t bench
fi

if [ -f tests/clients/package.json ]; then
  echo "== client tests"
  cargo build --locked --package crestfall-server --bin crestfall
  cd tests/clients
  if [ -f package-lock.json ]; then
    npm ci --no-audit --no-fund
  else
    npm install --no-audit --no-fund
  fi
  npm test
fi
