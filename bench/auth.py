#!/usr/bin/env python3
"""Measures authentication beside its limits: refreshes beside the same transaction in pgbench,
sign-ins beside bare Argon2id, other requests during a flood of sign-ins, and what the time of a
refused sign-in tells. `auth.py --help` for options."""

import argparse
import contextlib
import json
import os
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from harness.postgres import BENCH, PrivatePostgres, free_port
from harness.process import Process, run, wait_until

ROOT = BENCH.parent
CLIENTS = 32


def main() -> int:
    """Runs everything and prints ratios."""
    options = arguments()
    if not options.no_build:
        run(["cargo", "build", "--release", "--locked", "-p", "crestfall-server", "-p", "auth-load"])
    with contextlib.ExitStack() as stack:
        directory = Path(tempfile.mkdtemp(prefix="crestfall-bench-auth-"))
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        # PostgreSQL runs as another user when we are root.
        directory.chmod(0o755)
        (directory / "postgres").mkdir()
        cluster = PrivatePostgres(directory / "postgres", None)
        stack.callback(cluster.stop)
        postgres = cluster.server
        postgres.create("auth_bench")
        uri = postgres.uri(postgres.user, "auth_bench")
        server = Path(options.server)
        run([str(server), "migrate", "--database-url", uri])
        load = str(options.load or server.parent / "auth-load")
        parts = options.parts.split(",")
        # The lock-out slows whoever fails, and the timing is of failures.
        for locks in (True, False):
            of_this = [part for part in parts if (part != "timing") == locks]
            if not of_this:
                continue
            with contextlib.ExitStack() as running:
                address = start(server, uri, directory, running, locks)
                for part in of_this:
                    PARTS[part](options, postgres, address, load)
    return 0


def arguments() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--samples", type=int, default=1000, help="of the timing of refusals")
    parser.add_argument("--parts", default=",".join(PARTS), help="by commas")
    parser.add_argument("--server", default=str(ROOT / "target/release/crestfall"))
    parser.add_argument("--load", help="the load generator, if not beside the server")
    parser.add_argument("--no-build", action="store_true")
    return parser.parse_args()


def start(
    server: Path, uri: str, directory: Path, stack: contextlib.ExitStack, locks: bool
) -> str:
    """Starts the service by itself; gives its address."""
    port = free_port()
    config = directory / "crestfall.toml"
    config.write_text(
        f"""
[database]
url = "{uri}"
[auth]
site_url = "http://localhost:3000"
external_url = "http://127.0.0.1:{port}"
encryption_key = "{secrets.token_hex(32)}"
[auth.tokens]
secret = "{secrets.token_hex(32)}"
[auth.email]
autoconfirm = true
[auth.rate_limits]
token_refresh = "off"
otp = "off"
[auth.lock_out]
enabled = {str(locks).lower()}
{os.environ.get("CRESTFALL_BENCH_AUTH_TOML", "")}
"""
    )
    command = [str(server), "auth", "--config", str(config), "--set", f"server.port={port}"]
    process = Process(command, log=directory / "server.log")
    stack.callback(process.stop)

    def answers() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1) as answer:
                return answer.status == 200
        except OSError:
            return False

    wait_until(answers, process, seconds=30, pause=0.05)
    return f"127.0.0.1:{port}"


def ask(load: str, *what: str) -> dict:
    """One run of the load generator."""
    done = subprocess.run([load, *what], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"auth-load {' '.join(what)}: {done.stderr}")
    return json.loads(done.stdout)


def refresh(options: argparse.Namespace, postgres, address: str, load: str) -> None:
    """Refreshes beside the same transaction in pgbench."""
    postgres.sql(
        """
        insert into auth.users (id, email) select lpad(n::text, 32, '0')::uuid, n || '@pgbench.example'
          from generate_series(0, 63) n;
        insert into auth.identities (provider_id, user_id, identity_data, provider)
          select id::text, id, '{"sub": "x", "email": "x@pgbench.example"}', 'email' from auth.users;
        insert into auth.sessions (id, user_id, aal, refresh_token_counter, refresh_token_hmac_key)
          select id, id, 'aal1', 0, repeat('x', 80) from auth.users;
        insert into auth.mfa_amr_claims (session_id, authentication_method)
          select id, 'password' from auth.sessions;
        vacuum analyze;
        """,
        database="auth_bench",
    )
    ours, theirs, p99 = [], [], []
    for _ in range(options.rounds):
        sample = ask(load, "refresh", address, str(CLIENTS), str(options.seconds))
        ours.append(sample["rate"])
        p99.append(sample["p99_ms"])
        theirs.append(pgbench(postgres, options.seconds))
    show("refreshes a second", ours, "pgbench, the same transaction", theirs)
    print(f"  p99 {statistics.median(p99):.1f} ms at {CLIENTS} clients")


def pgbench(postgres, seconds: float) -> float:
    """Transactions a second."""
    script = BENCH / "pgbench/refresh.sql"
    output = run(
        [
            *("pgbench", "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2"),
            *("-T", str(max(1, round(seconds))), "-f", str(script)),
            postgres.uri(postgres.user, "auth_bench"),
        ]
    )
    line = next(line for line in output.splitlines() if line.startswith("tps"))
    return float(line.split("=")[1].split()[0])


def sign_in(options: argparse.Namespace, _postgres, address: str, load: str) -> None:
    """Sign-ins beside bare Argon2id on the same cores."""
    cores = str(os.cpu_count())
    ours, bare = [], []
    for _ in range(options.rounds):
        ours.append(ask(load, "login", address, "16", str(options.seconds))["rate"])
        bare.append(ask(load, "argon2", cores, str(options.seconds))["rate"])
    show("sign-ins a second", ours, "bare Argon2id", bare)


def flood(options: argparse.Namespace, _postgres, address: str, load: str) -> None:
    """Other requests' p99 before a flood of sign-ins, and during it."""
    before, during = [], []
    for _ in range(options.rounds):
        seconds = str(options.seconds)
        before.append(ask(load, "get", address, "4", seconds)["p99_ms"])
        flooding = subprocess.Popen(
            [load, "login", address, "64", str(options.seconds + 4)], stdout=subprocess.DEVNULL
        )
        time.sleep(3)
        during.append(ask(load, "get", address, "4", seconds)["p99_ms"])
        flooding.wait()
    ratio = statistics.median(d / b for d, b in zip(during, before, strict=True))
    print(
        f"GET /user, p99: {statistics.median(before):.2f} ms before, "
        f"{statistics.median(during):.2f} ms during a flood of sign-ins: {ratio:.2f} times"
    )


def timing(options: argparse.Namespace, _postgres, address: str, load: str) -> None:
    """How long a refused sign-in takes, by whether the address is known."""
    sample = ask(load, "timing", address, str(options.samples))
    for name in ("known_ms", "unknown_ms"):
        print(f"refused sign-in, {name}:", json.dumps(sample[name]))
    print(f"  Welch's t = {sample['welch_t']:.2f} over 2 x {options.samples} samples")


def show(what: str, ours: list[float], peer: str, theirs: list[float]) -> None:
    """Medians, and the median of the ratios of rounds."""
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    print(
        f"{what}: {statistics.median(ours):,.0f}; {peer}: {statistics.median(theirs):,.0f}; "
        f"ratio {ratio:.2f}"
    )


PARTS = {"refresh": refresh, "sign-in": sign_in, "flood": flood, "timing": timing}

if __name__ == "__main__":
    sys.exit(main())
