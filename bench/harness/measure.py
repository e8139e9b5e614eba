"""The comparison: every competitor in turn, round after round."""

from collections.abc import Callable
from dataclasses import dataclass

from harness.check import asked
from harness.load import Sample, median, run_pgbench, run_wrk
from harness.peers import RunningPeer
from harness.postgres import Postgres
from harness.scenarios import Scenario
from harness.scripts import defines, has_json_form, script

PGBENCH = "pgbench"
PGBENCH_JSON = "pgbench-json"
PGBENCH_PIPELINED = "pgbench-pipelined"
PGBENCH_PEERS = [PGBENCH, PGBENCH_JSON, PGBENCH_PIPELINED]

# Seconds to run, and a seed; gives what the run showed.
Run = Callable[[float, int], Sample]


@dataclass(frozen=True)
class Effort:
    """How thoroughly to measure."""

    rounds: int
    seconds: float
    warmup: float
    connections: list[int]
    # Whether pgbench, too, reads what functions say of the response.
    response: bool = False


@dataclass(frozen=True)
class Row:
    """One line of the table: a competitor in a scenario."""

    scenario: str
    connections: int
    peer: str
    rounds: list[Sample]
    median: Sample


def compare(
    postgres: Postgres,
    peers: list[RunningPeer],
    pgbench: list[str],
    scenarios: list[Scenario],
    effort: Effort,
    tell: Callable[[str], None],
) -> list[Row]:
    """Measures every scenario at every number of connections."""
    rows: list[Row] = []
    for scenario in scenarios:
        for connections in effort.connections:
            runs = _http_runs(postgres, peers, scenario, connections)
            runs |= _pgbench_runs(postgres, pgbench, scenario, connections, effort.response)
            tell(f"{scenario.title}, {connections} connections")
            prepare = None if scenario.reads else lambda: _empty(postgres)
            for name, samples in interleave(runs, effort, tell, prepare).items():
                rows.append(Row(scenario.name, connections, name, samples, median(samples)))
    return rows


def interleave(
    runs: dict[str, Run],
    effort: Effort,
    tell: Callable[[str], None],
    prepare: Callable[[], None] | None = None,
) -> dict[str, list[Sample]]:
    """Runs A, B, C, A, B, C, ... so that a noisy minute harms all alike."""
    samples: dict[str, list[Sample]] = {name: [] for name in runs}
    # Caches, prepared statements and just-in-time compilers are warm before the first round.
    for run in runs.values():
        run(effort.warmup, 0)
    for number in range(1, effort.rounds + 1):
        for name, run in runs.items():
            if prepare:
                prepare()
            samples[name].append(run(effort.seconds, number))
        figures = ", ".join(f"{name} {found[-1].rate:,.0f}" for name, found in samples.items())
        tell(f"  round {number} of {effort.rounds}: {figures}")
    return samples


def _http_runs(
    postgres: Postgres, peers: list[RunningPeer], scenario: Scenario, connections: int
) -> dict[str, Run]:
    def run(peer: RunningPeer) -> Run:
        return lambda seconds, seed: run_wrk(
            peer, scenario, connections, seconds, seed, postgres.pid()
        )

    return {peer.peer.name: run(peer) for peer in asked(peers, scenario)}


def _pgbench_runs(
    postgres: Postgres, names: list[str], scenario: Scenario, connections: int, response: bool
) -> dict[str, Run]:
    def run(name: str) -> Run:
        text = script(scenario, name == PGBENCH_PIPELINED, name == PGBENCH_JSON, response)
        values = defines(scenario)
        return lambda seconds, _: run_pgbench(postgres, text, connections, seconds, values)

    wanted = [name for name in names if name != PGBENCH_JSON or has_json_form(scenario)]
    wanted = wanted if scenario.pgbench else []
    return {name: run(name) for name in wanted}


def _empty(postgres: Postgres) -> None:
    postgres.sql("truncate bench.events; checkpoint")
