#!/bin/sh
# Builds the page of examples/client-wasm for browsers and tells how large it is: scripts/wasm.sh
# Ends with 3 where there is no Rust for WebAssembly, and none can be had.
set -eu
cd "$(dirname "$0")/.."

PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
target=${CARGO_TARGET_DIR:-target}
triple=wasm32-unknown-unknown
page=examples/client-wasm

if ! [ -d "$(rustc --print sysroot)/lib/rustlib/$triple" ]; then
  rustup target add $triple || {
    echo "The page needs Rust for $triple: rustup target add $triple" >&2
    exit 3
  }
fi
# Both sides of the glue have to be of one version.
version=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[^0-9.]/, ""); print }' Cargo.lock)
grep -q "wasm-bindgen-cli-support = \"=$version\"" $page/bindgen/Cargo.toml || {
  echo "$page/bindgen/Cargo.toml: wasm-bindgen-cli-support has to be =$version, as wasm-bindgen is in Cargo.lock" >&2
  exit 1
}

cargo build --locked --profile wasm --target $triple --package client-wasm
cargo run --locked --quiet --manifest-path $page/bindgen/Cargo.toml --target-dir "$target/bindgen" -- \
  "$target/$triple/wasm/client-wasm.wasm" $page/pkg
file=$page/pkg/client-wasm_bg.wasm
echo "$file: $(wc -c <$file) bytes, $(gzip -9c $file | wc -c) compressed by gzip"
