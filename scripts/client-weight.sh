#!/bin/sh
# What crestfall-client weighs, line by line as its README tells it:
#   scripts/client-weight.sh                    all of it, some minutes
#   scripts/client-weight.sh crates time wasm   what is wanted of it
# `time` builds the README's own program in a folder of its own, from nothing but downloaded crates: run it when
# nothing else runs. The program is native; `wasm` is the page of examples/client-wasm.
set -eu
cd "$(dirname "$0")/.."

PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
[ $# != 0 ] || set -- crates time wasm

# How many crates are below it, without itself.
crates() {
  count() {
    cargo tree --locked -p crestfall-client -e normal --prefix none --no-dedupe "$@" |
      awk 'NF { print $1, $2 }' | sort -u | grep -vc '^crestfall-client '
  }
  own=$(cargo tree --locked -p crestfall-client -e normal --prefix none --depth 1 | tail -n +2 | wc -l)
  echo "crates: $(count) below it, $own of them named by it; $(count --target wasm32-unknown-unknown) in browsers"
}

# The program of the README, outside of the workspace, with the versions of Cargo.lock.
program() {
  mkdir -p "$1/src"
  cp Cargo.lock "$1/Cargo.lock"
  awk '/^```rust$/ { on = 1; next } /^```$/ { on = 0 } on' crestfall-client/README.md >"$1/src/main.rs"
  cp crestfall-client/doc/films.rs "$1/src/db.rs"
  cat >"$1/Cargo.toml" <<END
[package]
name = "readme"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
crestfall-client = { path = "$PWD/crestfall-client" }
tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
END
  cargo fetch --quiet --manifest-path "$1/Cargo.toml"
}

build() {
  app=$1
  shift
  rm -rf "$app/target"
  began=$(date +%s)
  cargo build --offline --quiet --manifest-path "$app/Cargo.toml" --target-dir "$app/target" "$@"
  from_nothing=$(($(date +%s) - began))
  touch "$app/src/main.rs"
  began=$(date +%s)
  cargo build --offline --quiet --manifest-path "$app/Cargo.toml" --target-dir "$app/target" "$@"
  again=$(($(date +%s) - began))
}

building() {
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  program "$folder"
  cores=$(getconf _NPROCESSORS_ONLN)
  build "$folder"
  echo "debug: $from_nothing s from nothing on $cores cores, $again s after a change of the program"
  build "$folder" --release
  cp "$folder/target/release/readme" "$folder/stripped"
  strip "$folder/stripped"
  size=$(wc -c <"$folder/stripped")
  echo "release: $from_nothing s from nothing, $again s after a change; $size bytes stripped"
}

for part; do
  case $part in
    crates) crates ;;
    time) building ;;
    wasm) echo "wasm: $(scripts/wasm.sh | tail -n 1)" ;;
    *) echo "no such part: $part; there are crates, time and wasm" >&2; exit 2 ;;
  esac
done
