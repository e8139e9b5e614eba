#!/bin/sh
# Runs the benchmarks of bench/.
set -eu

PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin

if [ ! -x bench/run ]; then
  echo "bench/run is missing: there is nothing to measure yet" >&2
  exit 1
fi
cargo build --locked --release --package crestfall-server --bin crestfall
exec bench/run "$@"
