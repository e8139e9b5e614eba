"""What is measured of our server alone: start, memory, and the price of a large catalogue."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.load import Sample, median, run_wrk
from harness.measure import Effort, interleave
from harness.peers import HttpPeer, RunningPeer, Setup, ours
from harness.postgres import Postgres, widen
from harness.process import Memory, memory
from harness.scenarios import Scenario

Tell = Callable[[str], None]


def start_times(setup: Setup, logs: Path, tell: Tell, repeats: int = 5) -> list[float]:
    """Milliseconds from start to ready over some 300 objects."""
    database = "crestfall_bench_300"
    tell("start to ready on 300 objects")
    widen(setup.postgres, database, tables=240, functions=50)
    try:
        times = [_start_time(ours(setup, database, slot=1), logs) for _ in range(repeats)]
    finally:
        setup.postgres.drop(database)
    tell("  " + ", ".join(f"{time:.0f} ms" for time in times))
    return times


def _start_time(peer: HttpPeer, logs: Path) -> float:
    start = time.perf_counter()
    running = RunningPeer(peer, logs, pause=0.001)
    elapsed = time.perf_counter() - start
    running.stop()
    return elapsed * 1000


def idle_memory(peer: RunningPeer) -> Memory:
    """What a server holds that has just become ready and was never asked."""
    time.sleep(2)
    return memory(peer.process.pid)


@dataclass(frozen=True)
class CatalogueCost:
    """A row by key over the ordinary catalogue and over one with 10,000 tables more."""

    small: Sample
    large: Sample
    large_seconds_to_ready: float
    large_memory: Memory

    @property
    def ratio(self) -> float:
        """How much more a request costs."""
        return self.small.rate / self.large.rate if self.large.rate else math.inf


def catalogue_cost(
    setup: Setup, scenario: Scenario, effort: Effort, logs: Path, tell: Tell, tables: int = 10_000
) -> CatalogueCost:
    """Compares two servers of ours, each over its own database."""
    database = "crestfall_bench_wide"
    tell(f"{scenario.title} over a catalogue of {tables:,} tables: making them")
    widen(setup.postgres, database, tables=tables, functions=0)
    running: list[RunningPeer] = []
    try:
        running.append(RunningPeer(ours(setup, slot=1), logs))
        running.append(RunningPeer(ours(setup, database, slot=2), logs))
        small, large = _medians(setup.postgres, running, scenario, effort, tell)
        return CatalogueCost(
            small, large, running[1].seconds_to_ready, memory(running[1].process.pid)
        )
    finally:
        for peer in running:
            peer.stop()
        setup.postgres.drop(database)


def _medians(
    postgres: Postgres, peers: list[RunningPeer], scenario: Scenario, effort: Effort, tell: Tell
) -> tuple[Sample, Sample]:
    connections = effort.connections[0]

    def run(peer: RunningPeer) -> Callable[[float, int], Sample]:
        return lambda seconds, seed: run_wrk(
            peer, scenario, connections, seconds, seed, postgres.pid()
        )

    samples = interleave({"small": run(peers[0]), "large": run(peers[1])}, effort, tell)
    return median(samples["small"]), median(samples["large"])
