"""What is to be reached, and whether it is."""

from collections.abc import Iterator
from dataclasses import dataclass

from harness.extras import CatalogueCost
from harness.load import Sample
from harness.measure import PGBENCH, PGBENCH_JSON, PGBENCH_PIPELINED, Row
from harness.peers import AXUM_SQLX, OURS, OURS_GRAPHQL, OURS_SERVE, POSTGRAPHILE
from harness.process import Memory


@dataclass(frozen=True)
class Target:
    """One figure with the limit it must keep."""

    what: str
    found: float
    limit: float
    at_least: bool
    unit: str = ""

    @property
    def met(self) -> bool:
        """Whether it keeps the limit."""
        return self.found >= self.limit if self.at_least else self.found <= self.limit

    def __str__(self) -> str:
        bound = "at least" if self.at_least else "at most"
        verdict = "met   " if self.met else "MISSED"
        found, limit = f"{self.found:.2f}{self.unit}", f"{self.limit:g}{self.unit}"
        return f"{verdict}  {self.what}: {found}, {bound} {limit}"


# Scenario, peer, and the least ratio of our rate to the peer's.
RATES = [
    ("row", PGBENCH, 1.25),
    ("row", PGBENCH_PIPELINED, 0.8),
    ("row", AXUM_SQLX, 2.0),
    ("list", PGBENCH_JSON, 1.3),
    *((name, PGBENCH, 0.95) for name in ("embed", "insert", "rpc")),
    *((name, AXUM_SQLX, 1.5) for name in ("embed", "insert", "rpc")),
]
# Scenarios in which GraphQL is held against our REST, in CPU, and against PostGraphile, in rate.
GRAPHQL = ("row", "list10", "embed")
GRAPHQL_CPU_RATIO = 1.15
GRAPHQL_RATE_RATIO = 10
# Microseconds of our own for a row by key.
ROW_CPU_US = 18
CATALOGUE_RATIO = 1.1
IDLE_MIB = 30
READY_MS = 150


@dataclass
class Results:
    """Everything that was measured."""

    rows: list[Row]
    idle: Memory | None = None
    loaded: Memory | None = None
    ready_ms: list[float] | None = None
    catalogue: CatalogueCost | None = None


def by_place(rows: list[Row]) -> dict[tuple[str, int], dict[str, Sample]]:
    """The medians by scenario and connections, then by competitor."""
    places: dict[tuple[str, int], dict[str, Sample]] = {}
    for row in rows:
        places.setdefault((row.scenario, row.connections), {})[row.peer] = row.median
    return places


def targets(results: Results) -> list[Target]:
    """All targets that what was measured can decide."""
    return [*_load_targets(results.rows), *_other_targets(results)]


def _load_targets(rows: list[Row]) -> Iterator[Target]:
    for (scenario, connections), medians in by_place(rows).items():
        if (us := medians.get(OURS)) is None:
            continue
        place = f"{scenario} at {connections}"
        for name, peer, least in RATES:
            if name == scenario and peer in medians and medians[peer].rate:
                ratio = us.rate / medians[peer].rate
                yield Target(f"{place}, rate to {peer}", ratio, least, at_least=True)
        if AXUM_SQLX in medians:
            limit = round(medians[AXUM_SQLX].p99_ms, 2)
            yield Target(f"{place}, p99 to {AXUM_SQLX}'s", us.p99_ms, limit, False, " ms")
        if scenario == "row" and us.server_us is not None:
            yield Target(f"{place}, our CPU a request", us.server_us, ROW_CPU_US, False, " µs")
        yield Target(f"{place}, errors", us.errors, 0, at_least=False)
        if scenario in GRAPHQL and (graphql := medians.get(OURS_GRAPHQL)):
            # In the same server, where that is asked too.
            rest = medians.get(OURS_SERVE, us)
            yield from _graphql_targets(place, graphql, rest, medians.get(POSTGRAPHILE))


def _graphql_targets(
    place: str, graphql: Sample, rest: Sample, postgraphile: Sample | None
) -> Iterator[Target]:
    if graphql.server_us and rest.server_us:
        ratio = graphql.server_us / rest.server_us
        yield Target(f"{place}, GraphQL's CPU to REST's", ratio, GRAPHQL_CPU_RATIO, False)
    if postgraphile and postgraphile.rate:
        ratio = graphql.rate / postgraphile.rate
        yield Target(f"{place}, GraphQL's rate to {POSTGRAPHILE}'s", ratio, GRAPHQL_RATE_RATIO, True)
    yield Target(f"{place}, GraphQL's errors", graphql.errors, 0, at_least=False)


def _other_targets(results: Results) -> Iterator[Target]:
    if results.catalogue:
        ratio = results.catalogue.ratio
        yield Target("row over 10,000 tables, cost", ratio, CATALOGUE_RATIO, False)
    if results.idle:
        yield Target("memory idle (RSS)", results.idle.rss, IDLE_MIB, False, " MiB")
    if results.ready_ms:
        middle = sorted(results.ready_ms)[len(results.ready_ms) // 2]
        yield Target("start to ready on 300 objects", middle, READY_MS, False, " ms")
