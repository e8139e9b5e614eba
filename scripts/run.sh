#!/bin/sh
# Builds the server and runs a project on it: scripts/run.sh <directory> <port>
set -eu

PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
target=${CARGO_TARGET_DIR:-target}
# Dependencies are optimised in the dev profile too, and it builds in half the time of a release.
echo "building crestfall (a few minutes the first time)"
cargo build --locked --package crestfall-server --bin crestfall
# In place of this shell, so that Ctrl-C and signals reach the server itself.
exec "$target/debug/crestfall" dev "$1" --port "$2"
