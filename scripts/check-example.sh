#!/bin/sh
# Starts an example as `make run` does, twice, pastes its curl line, and stops it as Ctrl-C does:
# scripts/check-example.sh <directory>
set -eu

project=$1
port=${PORT:-$((20000 + $$ % 20000))}
copy=$(mktemp -d)
chmod 755 "$copy"
output=$copy/output
server=
trap '[ -z "$server" ] || kill -INT "$server" 2>/dev/null || true; wait; rm -rf "$copy"' EXIT
cp -R "$project/." "$copy/project"
rm -rf "$copy/project/.crestfall"

PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
cargo build --locked --quiet --package crestfall-server --bin crestfall

up() {
  begin=$(date +%s)
  "${CARGO_TARGET_DIR:-target}/debug/crestfall" dev "$copy/project" --port "$port" >"$output" 2>&1 &
  server=$!
  until grep -q '^  curl ' "$output"; do
    if ! kill -0 "$server" 2>/dev/null || [ $(($(date +%s) - begin)) -gt 120 ]; then
      echo "the example did not come up:" >&2
      cat "$output" >&2
      exit 1
    fi
    sleep 0.1
  done
  echo "up after $(($(date +%s) - begin)) s"
}

down() {
  kill -INT "$server"
  wait "$server" || { echo "it did not stop in order" >&2; cat "$output" >&2; exit 1; }
  server=
  if [ -e "$copy/project/.crestfall/postgres/data/postmaster.pid" ]; then
    echo "PostgreSQL is still running" >&2
    exit 1
  fi
}

up
line=$(sed -n 's/^  \(curl .*\)/\1/p' "$output")
echo "$line"
sh -c "$line --fail --silent --show-error"
echo
down
up
down
