#!/usr/bin/env python3
"""Compares our server with its peers, side by side on one machine. `run.py --help` for options."""

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import extras, report
from harness.check import check_answers
from harness.measure import PGBENCH_PEERS, Effort, compare
from harness.peers import (
    AXUM_SQLX,
    HTTP_PEERS,
    OURS,
    OURS_GRAPHQL,
    OURS_SERVE,
    POSTGRAPHILE,
    ROOT,
    RunningPeer,
    Setup,
    http_peers,
    ours,
    ours_graphql,
    ours_serve,
)
from harness.postgres import BENCH, DATABASE, Postgres, PrivatePostgres, create_schema
from harness.process import memory
from harness.scenarios import SCENARIOS
from harness.targets import Results

_START = time.monotonic()
_PEERS = [*HTTP_PEERS, *PGBENCH_PEERS]
_FIVE = ["row", "list", "embed", "insert", "rpc"]
_PARTS = ["load", "memory", "start", "catalogue"]


def main() -> int:
    """Runs what the arguments ask for."""
    options = arguments()
    for program in ("wrk", "pgbench", "psql"):
        if shutil.which(program) is None:
            sys.exit(f"{program} is missing: install the Debian packages wrk and postgresql")
    # A termination unwinds like Ctrl-C, so that everything started is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if not options.no_build:
        build(options)
    with contextlib.ExitStack() as stack:
        directory = Path(tempfile.mkdtemp(prefix="crestfall-bench-"))
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        logs = directory / "logs"
        logs.mkdir()
        postgres = start_postgres(options, directory, stack)
        tell("creating the benchmark's rows")
        create_schema(postgres)
        stack.callback(postgres.drop, DATABASE)
        setup = Setup(
            postgres, options.http_port, options.pool, options.ours, options.ours_path.rstrip("/")
        )
        if options.show_statements:
            show_statements(setup, logs)
            return 0
        results = measure(options, setup, logs)
    print("", *report.lines(results), sep="\n")
    path = report.save(results, vars(options), BENCH / "results")
    print(f"saved as {os.path.relpath(path)}")
    return 0


def arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    words = lambda text: text.split(",")  # noqa: E731
    add = parser.add_argument
    add("--rounds", type=int, default=5, help="rounds of all competitors in turn")
    add("--seconds", type=float, default=3, help="length of one run")
    add("--warmup", type=float, default=1, help="length of the run before the first round")
    add("--connections", type=words, default=["32", "64"], help="by commas")
    add("--scenarios", type=words, default=_FIVE, help="by commas; more are row-rls and list10")
    add("--peers", type=words, default=_PEERS, help="by commas")
    add("--parts", type=words, default=_PARTS, help="by commas: what to measure")
    add("--ours", default="target/release/crestfall rest", help="the command that starts ours")
    add("--ours-path", default="", help="what stands before every REST path of ours")
    add("--pool", type=int, default=10, help="connections to PostgreSQL of each server")
    add("--http-port", type=int, default=5800, help="the first of twelve ports for servers")
    add("--pg-port", type=int, help="port of the private PostgreSQL; any free one if not given")
    add("--pg-uri", help="use this PostgreSQL, as a superuser, and start none")
    add("--response", action="store_true", help="let pgbench read response.* settings as ours does")
    add("--no-build", action="store_true", help="take the programs as they are")
    add("--show-statements", action="store_true", help="print what ours sends, and end")
    options = parser.parse_args()
    for name, known in (
        ("scenarios", [scenario.name for scenario in SCENARIOS]),
        ("peers", _PEERS),
        ("parts", _PARTS),
    ):
        if unknown := set(getattr(options, name)) - set(known):
            parser.error(f"unknown {name}: {', '.join(unknown)}; known are {', '.join(known)}")
    options.connections = [int(number) for number in options.connections]
    return options


def build(options: argparse.Namespace) -> None:
    """Builds the servers that will be compared."""
    packages = []
    if {OURS, OURS_SERVE, OURS_GRAPHQL} & set(options.peers) and options.ours.startswith("target/release/"):
        packages += ["-p", "crestfall-server"]
    if AXUM_SQLX in options.peers:
        packages += ["-p", "peer-axum-sqlx"]
    if packages:
        tell("building release programs")
        subprocess.run(["cargo", "build", "--release", *packages], cwd=ROOT, check=True)
    directory = BENCH / "postgraphile"
    if POSTGRAPHILE in options.peers and not (directory / "node_modules/.bin/node").exists():
        tell("installing PostGraphile")
        command = ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=directory, check=True)


def start_postgres(
    options: argparse.Namespace, directory: Path, stack: contextlib.ExitStack
) -> Postgres:
    """The PostgreSQL to use; a private one is stopped by the stack."""
    if options.pg_uri:
        return Postgres.at(options.pg_uri)
    tell("starting a private PostgreSQL")
    # The user postgres must be able to pass.
    directory.chmod(0o755)
    cluster_directory = directory / "pg"
    cluster_directory.mkdir()
    cluster = PrivatePostgres(cluster_directory, options.pg_port)
    stack.callback(cluster.stop)
    return cluster.server


def measure(options: argparse.Namespace, setup: Setup, logs: Path) -> Results:
    """Measures all parts asked for."""
    results = Results(rows=[])
    scenarios = [scenario for scenario in SCENARIOS if scenario.name in options.scenarios]
    effort = Effort(
        options.rounds, options.seconds, options.warmup, options.connections, options.response
    )
    with contextlib.ExitStack() as stack:
        running: list[RunningPeer] = []
        for peer in http_peers(setup, options.peers):
            tell(f"starting {peer.name}")
            running.append(RunningPeer(peer, logs))
            stack.callback(running[-1].stop)
            if peer.name == OURS and "memory" in options.parts:
                results.idle = extras.idle_memory(running[-1])
        tell("comparing their answers")
        check_answers(setup.postgres, running, scenarios)
        if "load" in options.parts:
            pgbench = [name for name in options.peers if name in PGBENCH_PEERS]
            results.rows = compare(setup.postgres, running, pgbench, scenarios, effort, tell)
        if results.idle:
            (us,) = (peer for peer in running if peer.peer.name == OURS)
            results.loaded = memory(us.process.pid)
    if OURS in options.peers:
        if "start" in options.parts:
            results.ready_ms = extras.start_times(setup, logs, tell)
        if "catalogue" in options.parts:
            results.catalogue = extras.catalogue_cost(setup, SCENARIOS[0], effort, logs, tell)
    return results


def show_statements(setup: Setup, logs: Path) -> None:
    """Prints what our server sends for each scenario, to compare with `bench/pgbench`."""
    postgres = setup.postgres
    if postgres.log is None:
        sys.exit("--show-statements reads the log of the private PostgreSQL: leave out --pg-uri")
    postgres.sql("alter role authenticator set log_statement = 'all'")
    for maker in (ours, ours_serve, ours_graphql):
        peer = RunningPeer(maker(setup), logs)
        try:
            for scenario in SCENARIOS:
                position = postgres.log.stat().st_size
                status, _ = peer.ask(scenario.request(peer.peer.dialect, 1))
                time.sleep(0.2)
                print(f"\n{peer.peer.name}: {scenario.title} (status {status})")
                print(postgres.log.read_bytes()[position:].decode(errors="replace"))
        finally:
            peer.stop()


def tell(text: str) -> None:
    """Says what is going on."""
    minutes, seconds = divmod(int(time.monotonic() - _START), 60)
    print(f"[{minutes:02}:{seconds:02}] {text}", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
