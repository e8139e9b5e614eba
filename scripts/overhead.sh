#!/bin/sh
# What a request costs by crestfall-client beside reqwest alone, in instructions of the process, which no
# other work on the machine changes: scripts/overhead.sh
# Needs valgrind and python3, which answers with ten rows.
set -eu
cd "$(dirname "$0")/.."

PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
target=${CARGO_TARGET_DIR:-target}
cargo build --locked --quiet --release --package crestfall-client --example overhead

folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
python3 - "$folder/port" <<'END' &
import http.server, json, sys

rows = [{"id": i, "title": f"The film of number {i}", "year": 2000 + i} for i in range(10)]
body = json.dumps(rows, separators=(",", ":")).encode()

class Films(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        answer = (
            "HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\n"
            f"content-range: 0-9/*\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        self.wfile.write(answer.encode() + body)

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Films)
open(sys.argv[1], "w").write(f"{server.server_address[1]}\n")
server.serve_forever()
END
server=$!
until [ -s "$folder/port" ]; do sleep 0.1; done
url=http://127.0.0.1:$(cat "$folder/port")
# As long as keys are.
key=$(printf '%0200d' 0)

instructions() {
  valgrind --tool=callgrind --callgrind-out-file="$folder/$1-$2" \
    "$target/release/examples/overhead" "$url" "$key" "$2" "$1" >"$folder/log" 2>&1 || cat "$folder/log" >&2
  sed -n 's/^summary: //p' "$folder/$1-$2"
}

first=
for way in reqwest client typed; do
  few=$(instructions $way 200)
  many=$(instructions $way 1200)
  each=$(((many - few) / 1000))
  first=${first:-$each}
  echo "$way: $each instructions a request, $(awk "BEGIN { printf \"%.3f\", $each / $first }") of reqwest's"
done
[ -z "${KEEP:-}" ] || cp "$folder"/*-1200 "$KEEP"
