"""What the harness reads and concludes. `python3 -m unittest discover -s bench -t bench`."""

import unittest

from harness.load import Sample, median, parse_pgbench, percentile
from harness.measure import Row
from harness.process import Stat, family, parse_stat
from harness.scenarios import SCENARIOS, Dialect
from harness.scripts import script
from harness.targets import Results, targets

REPORT = """
number of transactions actually processed: 12345
number of failed transactions: 2 (0.016%)
latency average = 1.234 ms
tps = 4321.5 (without initial connection time)
"""


def sample(rate: float, p99_ms: float = 1.0, errors: int = 0) -> Sample:
    return Sample(rate, 0.5, p99_ms, errors, 10.0, 30.0, 0.0)


def row(peer: str, figures: Sample) -> Row:
    return Row("row", 32, peer, [figures], figures)


class Reading(unittest.TestCase):
    def test_a_program_s_name_may_hold_parentheses_and_spaces(self) -> None:
        line = "7 (a) b (c)) S 3 7 7 0 -1 0 0 0 0 0 11 12 13 14 20 0 1 0 99"
        self.assertEqual(parse_stat(line), Stat(parent=3, ticks=50))

    def test_a_family_is_all_that_descend(self) -> None:
        parents = {1: 0, 2: 1, 3: 2, 4: 1, 5: 0}
        processes = {pid: Stat(parent, 0) for pid, parent in parents.items()}
        self.assertEqual(sorted(family(2, processes)), [2, 3])
        self.assertEqual(sorted(family(1, processes)), [1, 2, 3, 4])

    def test_pgbench_s_report_is_read(self) -> None:
        raw = parse_pgbench(REPORT, [1.0, 2.0, 3.0])
        self.assertEqual((raw.requests, raw.errors, raw.rate), (12345, 2, 4321.5))
        self.assertEqual((raw.p50_ms, raw.p99_ms), (2.0, 3.0))

    def test_a_run_spent_connecting_has_no_rate(self) -> None:
        report = "number of transactions actually processed: 0\ntps = nan (without initial"
        self.assertEqual(parse_pgbench(report, []).rate, 0.0)

    def test_a_percentile_of_nothing_is_nothing(self) -> None:
        self.assertEqual(percentile([], 0.99), 0.0)


class Asking(unittest.TestCase):
    def test_every_scenario_has_a_script_without_places_left(self) -> None:
        for scenario in (scenario for scenario in SCENARIOS if scenario.pgbench):
            text = script(scenario, pipelined=True, json_form=False)
            self.assertNotIn("@", text)
            self.assertEqual("transaction_read_only" in text, scenario.reads)

    def test_the_same_seed_asks_the_same(self) -> None:
        for scenario in SCENARIOS:
            first, second = (
                scenario.random_requests(Dialect.GRAPHQL, 20, seed=7) for _ in range(2)
            )
            self.assertEqual(first, second)


class Concluding(unittest.TestCase):
    def test_the_median_keeps_all_errors(self) -> None:
        middle = median([sample(1, errors=1), sample(3), sample(2, errors=1)])
        self.assertEqual((middle.rate, middle.errors), (2, 2))

    def test_a_target_is_missed_by_little(self) -> None:
        rows = [row("ours", sample(1249)), row("pgbench", sample(1000))]
        verdicts = {target.what: target.met for target in targets(Results(rows))}
        self.assertIs(verdicts["row at 32, rate to pgbench"], False)
        rows = [row("ours", sample(1250)), row("pgbench", sample(1000))]
        verdicts = {target.what: target.met for target in targets(Results(rows))}
        self.assertIs(verdicts["row at 32, rate to pgbench"], True)
        self.assertIs(verdicts["row at 32, errors"], True)

    def test_graphql_is_held_against_rest_and_postgraphile(self) -> None:
        rows = [row("ours", sample(1000)), row("ours-graphql", sample(999))]
        rows.append(row("postgraphile", sample(100)))
        verdicts = {target.what: target.met for target in targets(Results(rows))}
        self.assertIs(verdicts["row at 32, GraphQL's CPU to REST's"], True)
        self.assertIs(verdicts["row at 32, GraphQL's rate to postgraphile's"], False)


if __name__ == "__main__":
    unittest.main()
