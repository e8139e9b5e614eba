"""The results for people, and for programs."""

import dataclasses
import json
import os
import platform
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from harness.load import Sample
from harness.peers import OURS, ROOT
from harness.process import Memory
from harness.targets import Results, by_place, targets

_COLUMNS = (
    f"{'':<20}{'req/s':>9}{'p50 ms':>8}{'p99 ms':>8}{'errors':>8}"
    f"{'server µs':>11}{'PG µs':>8}{'ours/peer':>11}{'other load':>12}"
)


def lines(results: Results) -> Iterator[str]:
    """The table, the other figures and the targets, as text."""
    if results.rows:
        yield "Medians. CPU is per request; other load is cores that something else was using."
        yield _COLUMNS
    for (scenario, connections), medians in by_place(results.rows).items():
        yield f"{scenario}, {connections} connections"
        for peer, sample in medians.items():
            yield _line(peer, sample, medians.get(OURS))
    yield from _alone(results)
    verdicts = targets(results)
    if verdicts:
        yield f"Targets: {sum(target.met for target in verdicts)} of {len(verdicts)} met"
        yield from (f"  {target}" for target in verdicts)


def _line(peer: str, sample: Sample, ours: Sample | None) -> str:
    ratio = ours.rate / sample.rate if ours and sample.rate else None
    return (
        f"  {peer:<18}{sample.rate:>9,.0f}{sample.p50_ms:>8.2f}{sample.p99_ms:>8.2f}"
        f"{sample.errors:>8.0f}{_number(sample.server_us, 11)}{_number(sample.postgres_us, 8)}"
        f"{_number(ratio, 11, 2)}{_number(sample.foreign_cores, 12, 2)}"
    )


def _number(value: float | None, width: int, digits: int = 1) -> str:
    return f"{'–':>{width}}" if value is None else f"{value:>{width}.{digits}f}"


def _alone(results: Results) -> Iterator[str]:
    if results.idle:
        yield f"memory idle:       {_memory(results.idle)}"
    if results.loaded:
        yield f"memory after load: {_memory(results.loaded)}"
    if results.ready_ms:
        times = ", ".join(f"{time:.0f}" for time in sorted(results.ready_ms))
        yield f"start to ready on 300 objects: {times} ms"
    if cost := results.catalogue:
        yield (
            f"row over 10,000 tables more: {cost.large.rate:,.0f} req/s, without them "
            f"{cost.small.rate:,.0f}: {cost.ratio:.2f} times the cost; CPU of the server "
            f"{_number(cost.large.server_us, 0)} µs against {_number(cost.small.server_us, 0)}; "
            f"ready in {cost.large_seconds_to_ready:.1f} s, {_memory(cost.large_memory)}"
        )


def _memory(memory: Memory) -> str:
    return (
        f"RSS {memory.rss:.1f} MiB, PSS {memory.pss:.1f} MiB, RSS at most {memory.peak_rss:.1f} MiB"
    )


def save(results: Results, options: dict[str, object], directory: Path) -> Path:
    """Writes everything that was measured, with what it was measured on."""
    directory.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    document = {
        "at": now.isoformat(timespec="seconds"),
        "revision": _output("git", "rev-parse", "--short", "HEAD"),
        "machine": {"cores": os.cpu_count(), "kernel": platform.release(), "cpu": _cpu_model()},
        "versions": {
            "postgresql": _output("pgbench", "--version"),
            "rustc": _output("rustc", "--version"),
        },
        "options": options,
        "results": dataclasses.asdict(results),
        "targets": [
            {**dataclasses.asdict(target), "met": target.met} for target in targets(results)
        ],
    }
    path = directory / f"{now:%Y-%m-%dT%H%M%SZ}.json"
    path.write_text(json.dumps(document, indent=2) + "\n")
    return path


def _output(*command: str) -> str | None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def _cpu_model() -> str | None:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return None
