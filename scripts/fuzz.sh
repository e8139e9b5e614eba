#!/bin/sh
# Fuzzes every parser that meets input, coverage-guided: scripts/fuzz.sh [seconds each] [target...]
# Needs a C++ compiler and nothing else. What it finds stands in fuzz/artifacts; what it learns in
# fuzz/target/corpus, the committed seeds in fuzz/corpus. SANITIZER=address needs clang and nightly
# features, and finds no more in code without `unsafe`.
set -eu
cd "$(dirname "$0")/../fuzz"

seconds=${1:-20}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- query request graphql_document graphql_operation graphql_request token keys wire node_tree statements config_file

PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
if ! command -v c++ >/dev/null; then
  echo "no fuzzing here: it needs a C++ compiler (Debian: g++)"
  exit 0
fi
host=$(rustc -vV | sed -n 's/^host: //p')
# The flags of cargo-fuzz, without a sanitizer. With a target named, build scripts do without them.
flags="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
  -Cllvm-args=-sanitizer-coverage-trace-compares"
RUSTFLAGS=$(echo $flags) cargo build --locked --quiet --target "$host" --target-dir target
fuzzer=$PWD/target/$host/debug/fuzz

mkdir -p artifacts
for target in "$@"; do
  learnt=target/corpus/$target
  mkdir -p "$learnt"
  log=target/$target.log
  # Words of the language, where there is a list of them.
  words=
  [ ! -f "dictionaries/$target" ] || words=-dict=dictionaries/$target
  if ! FUZZ_TARGET=$target "$fuzzer" "$learnt" "corpus/$target" -max_total_time="$seconds" -timeout=5 \
    -rss_limit_mb=2048 -max_len=4096 $words -artifact_prefix="artifacts/$target-" -print_final_stats=1 >"$log" 2>&1; then
    tail -40 "$log" >&2
    echo "$target: FAILED, see fuzz/artifacts" >&2
    exit 1
  fi
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  covered=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -1)
  echo "$target: $runs runs in $seconds s, $covered edges"
done
