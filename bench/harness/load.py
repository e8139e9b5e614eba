"""Runs of the load generators, and what each showed."""

import json
import re
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.peers import RunningPeer
from harness.postgres import BENCH, Postgres
from harness.process import cpu_seconds, machine_cpu_seconds
from harness.scenarios import Scenario

# Threads of the load generator, wrk and pgbench alike.
THREADS = 2
# Different requests in a run; picked from at random.
REQUESTS = 5_000


@dataclass(frozen=True)
class Sample:
    """What one run, or the median of several, showed."""

    rate: float
    p50_ms: float
    p99_ms: float
    errors: int
    # CPU time a request, of the server and of all of PostgreSQL, in microseconds.
    server_us: float | None
    postgres_us: float | None
    # Cores that were busy with none of server, PostgreSQL and load generator.
    foreign_cores: float | None


@dataclass(frozen=True)
class Raw:
    """What a load generator says."""

    requests: int
    rate: float
    p50_ms: float
    p99_ms: float
    errors: int


class Meter:
    """CPU time spent between its making and `sample`."""

    def __init__(self, postgres: int | None, server: int | None) -> None:
        self._pids = {"postgres": postgres, "server": server}
        self._start = time.perf_counter()
        self._before = self._read()

    def _read(self) -> dict[str, float]:
        read = {name: cpu_seconds(pid) for name, pid in self._pids.items() if pid}
        return {**read, "machine": machine_cpu_seconds()}

    def spent(self) -> dict[str, float]:
        """CPU seconds by program, of those that run on this machine."""
        return {name: value - self._before[name] for name, value in self._read().items()}

    def sample(self, raw: Raw, generator_seconds: float, set_up: float = 0.0) -> Sample:
        """The run's figures with the CPU time it took, less PostgreSQL's to set the run up."""
        elapsed = time.perf_counter() - self._start
        spent = self.spent()
        known = spent.get("postgres", 0) + spent.get("server", 0) + generator_seconds
        if "postgres" in spent:
            spent["postgres"] -= set_up
        per_request = {
            name: value / raw.requests * 1e6 for name, value in spent.items() if raw.requests
        }
        return Sample(
            rate=raw.rate,
            p50_ms=raw.p50_ms,
            p99_ms=raw.p99_ms,
            errors=raw.errors,
            server_us=per_request.get("server"),
            postgres_us=per_request.get("postgres"),
            foreign_cores=max(0.0, spent["machine"] - known) / elapsed,
        )


def run_wrk(
    peer: RunningPeer,
    scenario: Scenario,
    connections: int,
    seconds: float,
    seed: int,
    postgres_pid: int | None,
) -> Sample:
    """One run of wrk against a server."""
    requests = scenario.random_requests(peer.peer.dialect, REQUESTS, seed)
    with tempfile.NamedTemporaryFile("w", suffix=".requests") as file:
        for request in requests:
            file.write(f"{request.method}\t{peer.peer.prefix}{request.path}\t{request.body}\n")
        file.flush()
        meter = Meter(postgres_pid, peer.process.pid)
        output, cpu = _timed(
            [
                *("wrk", "-t", str(THREADS), "-c", str(connections), "-d", f"{seconds:g}s"),
                *("--timeout", "10s", "-s", str(BENCH / "wrk/replay.lua")),
                *(f"http://127.0.0.1:{peer.peer.port}", "--", file.name, str(seed)),
            ]
        )
        found = json.loads(output.partition("RESULT ")[2])
        served = found["requests"] - found["errors"]
        raw = Raw(rate=served / found.pop("seconds"), **found)
        return meter.sample(raw, cpu)


def run_pgbench(
    postgres: Postgres, script: str, connections: int, seconds: float, defines: dict[str, str]
) -> Sample:
    """One run of pgbench, as the role that servers connect with."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "script.sql")
        path.write_text(script)
        command = [
            *("pgbench", "-n", "-M", "prepared", "-c", str(connections), "-j", str(THREADS)),
            *("-f", str(path), *(f"-D{name}={value}" for name, value in defines.items())),
            postgres.uri("authenticator"),
        ]
        # Servers are connected before a run, pgbench connects in it: one transaction a client
        # shows what that takes.
        set_up = Meter(postgres.pid(), None)
        _timed([*command, "-t", "1"])
        set_up_seconds = set_up.spent().get("postgres", 0.0)
        meter = Meter(postgres.pid(), None)
        duration = str(max(1, round(seconds)))
        log = ["-l", f"--log-prefix={directory}/log", "--sampling-rate=0.1"]
        output, cpu = _timed([*command, "-T", duration, *log])
        latencies = sorted(
            int(line.split()[2]) / 1000
            for log in Path(directory).glob("log.*")
            for line in log.read_text().splitlines()
        )
    return meter.sample(parse_pgbench(output, latencies), cpu, set_up_seconds)


def parse_pgbench(output: str, latencies: list[float]) -> Raw:
    """Reads pgbench's report; `latencies` are sampled and sorted."""
    number = {
        name: float(found[1])
        for name, pattern in {
            "requests": r"transactions actually processed: (\d+)",
            "failed": r"failed transactions: (\d+)",
            "rate": r"tps = ([\d.]+) \(without",
        }.items()
        if (found := re.search(pattern, output))
    }
    return Raw(
        requests=int(number["requests"]),
        # "nan" when connecting took all the time there was.
        rate=number.get("rate", 0.0),
        p50_ms=percentile(latencies, 0.50),
        p99_ms=percentile(latencies, 0.99),
        errors=int(number.get("failed", 0)),
    )


def percentile(ordered: list[float], share: float) -> float:
    """The value that `share` of the values do not exceed."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def _timed(command: list[str]) -> tuple[str, float]:
    """Output and CPU seconds of a program run to its end."""
    before = _children_seconds()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"`{command[0]}` failed:\n{done.stdout}\n{done.stderr}"[:3000])
    return done.stdout, _children_seconds() - before


def _children_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def median(samples: list[Sample]) -> Sample:
    """The median of each figure by itself."""

    def known(values: Iterable[float | None]) -> float | None:
        found = [value for value in values if value is not None]
        return statistics.median(found) if found else None

    return Sample(
        rate=statistics.median(sample.rate for sample in samples),
        p50_ms=statistics.median(sample.p50_ms for sample in samples),
        p99_ms=statistics.median(sample.p99_ms for sample in samples),
        # Not the median: one round's errors are not made good by another's.
        errors=sum(sample.errors for sample in samples),
        server_us=known(sample.server_us for sample in samples),
        postgres_us=known(sample.postgres_us for sample in samples),
        foreign_cores=known(sample.foreign_cores for sample in samples),
    )
