#!/bin/sh
# What must hold before a change is merged, besides the tests.
set -eu

PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin

echo "== formatting"
cargo fmt --all --check
echo "== clippy"
cargo clippy --locked --workspace --all-targets --all-features -- -D warnings
echo "== documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --all-features --no-deps
