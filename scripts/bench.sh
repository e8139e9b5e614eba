#!/bin/sh
# Compares the server with its peers and limits, see bench/README.md. It builds what it measures.
set -eu

PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
exec python3 bench/run.py "$@"
