#!/bin/sh
# Builds the page of examples/client-wasm for browsers and tells how large it is: scripts/wasm.sh
# The program wasm-bindgen, of the version that Cargo.lock names, goes below target/ when it is not there.
set -eu
cd "$(dirname "$0")/.."

PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
target=${CARGO_TARGET_DIR:-target}
triple=wasm32-unknown-unknown
out=examples/client-wasm/pkg

if ! [ -d "$(rustc --print sysroot)/lib/rustlib/$triple" ]; then
  rustup target add $triple || {
    echo "The page needs Rust for $triple: rustup target add $triple" >&2
    exit 1
  }
fi
version=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[^0-9.]/, ""); print }' Cargo.lock)
bindgen=wasm-bindgen
if [ "$($bindgen --version 2>/dev/null)" != "wasm-bindgen $version" ]; then
  bindgen=$target/wasm-bindgen/bin/wasm-bindgen
  [ "$("$bindgen" --version 2>/dev/null)" = "wasm-bindgen $version" ] ||
    cargo install --quiet --locked --root "$target/wasm-bindgen" --version "$version" wasm-bindgen-cli
fi

cargo build --locked --profile wasm --target $triple --package client-wasm
"$bindgen" --target web --out-dir $out "$target/$triple/wasm/client-wasm.wasm"
file=$out/client-wasm_bg.wasm
echo "$file: $(wc -c <$file) bytes, $(gzip -9c $file | wc -c) compressed by gzip"
