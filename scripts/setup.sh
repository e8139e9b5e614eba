#!/bin/sh
# Makes sure that everything is there: scripts/setup.sh build|run|test|bench
# Installs missing Debian packages when it may (root, or sudo without a password); otherwise it
# says what to install and fails. Changes nothing when nothing is missing.
set -eu

purpose=${1:-run}
packages=
complaints=

have() { command -v "$1" >/dev/null 2>&1; }
need_package() { packages="$packages $1"; }
complain() { complaints="$complaints
  - $1"; }

have_postgres() {
  [ -n "${CRESTFALL_POSTGRES_BIN:-}" ] && [ -x "$CRESTFALL_POSTGRES_BIN/initdb" ] && return
  have initdb && have postgres && return
  for dir in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin \
    /usr/local/opt/postgresql*/bin; do
    [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ] && return
  done
  return 1
}

[ -n "${CARGO_HOME:-}" ] || CARGO_HOME=$HOME/.cargo
PATH=$PATH:$CARGO_HOME/bin
have cargo || complain "Rust: https://rustup.rs (stable)"
have cc || need_package gcc
# The cryptography library is compiled from C.
[ -e /usr/include/stdlib.h ] || [ "$(uname)" != Linux ] || need_package libc6-dev

case $purpose in
  run | test | bench) have_postgres || need_package postgresql ;;
esac
case $purpose in
  test | bench)
    if [ -d tests/clients ] || [ "$purpose" = bench ]; then
      have node || complain "Node.js 20 or later: https://nodejs.org (Debian: nodejs)"
      have npm || complain "npm, which comes with Node.js (Debian: npm)"
    fi
    ;;
esac
[ "$purpose" != bench ] || have wrk || need_package wrk
# The tests of limits over several nodes, of a reverse proxy's login, and of a browser's passkeys.
if [ "$purpose" = test ]; then
  have redis-server || need_package redis-server
  have caddy || need_package caddy
  have nginx || [ -x /usr/sbin/nginx ] || need_package nginx-light
  # pgaudit for the newest PostgreSQL there is, of which the package carries the number.
  if have apt-get; then
    for dir in /usr/lib/postgresql/*/bin; do
      [ -x "$dir/postgres" ] && version=$(basename "$(dirname "$dir")")
    done
    [ -z "${version:-}" ] || [ -e "/usr/lib/postgresql/$version/lib/pgaudit.so" ] ||
      need_package "postgresql-$version-pgaudit"
  fi
  # Those in Python, and schemathesis, live in a virtual environment.
  have python3 || need_package python3
  python3 -c 'import ensurepip, venv' 2>/dev/null || need_package python3-venv
  have chromium || have chromium-browser || have google-chrome || need_package chromium
fi

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo -n "$@"
  fi
}

may_install() {
  have apt-get && { [ "$(id -u)" = 0 ] || { have sudo && sudo -n true 2>/dev/null; }; }
}

# Debian's package makes and starts a server on port 5432. We need the programs alone, so we tell
# it not to, unless somebody has made up their mind about that file already.
no_main_cluster() {
  file=/etc/postgresql-common/createcluster.conf
  [ -e $file ] && return
  as_root mkdir -p /etc/postgresql-common
  printf '# Written by Crestfall: its PostgreSQL needs no system-wide server.\ncreate_main_cluster = false\n' |
    as_root tee $file >/dev/null
}

install() {
  echo "installing$packages"
  case $packages in *postgresql*) no_main_cluster ;; esac
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q </dev/null
  # shellcheck disable=SC2086 # several packages
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends \
    -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 $packages </dev/null
}

if [ -n "$packages" ]; then
  if may_install; then
    install
  elif have apt-get; then
    complain "Debian packages:$packages
      sudo apt-get install --no-install-recommends$packages"
  elif have brew; then
    complain "with Homebrew, what Debian calls$packages: brew install postgresql wrk"
  else
    complain "what Debian calls$packages"
  fi
fi

if [ -n "$complaints" ]; then
  echo "Missing, and not to be installed without you:$complaints" >&2
  exit 1
fi
