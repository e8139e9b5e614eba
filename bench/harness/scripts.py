"""The pgbench scripts, made of the templates in `bench/pgbench`."""

import json

from harness.postgres import BENCH
from harness.scenarios import Scenario

CLEARED = "".join(
    f", pg_catalog.set_config('response.{name}', '', true)" for name in ("headers", "status")
)


def script(scenario: Scenario, pipelined: bool, json_form: bool, response: bool = False) -> str:
    """The pgbench script of a scenario; `response` adds reading the settings of the response."""
    directory = BENCH / "pgbench"
    suffix = ".json.sql.in" if json_form else ".sql.in"
    read_only = ", pg_catalog.set_config('transaction_read_only', 'on', true)"
    settings = (directory / "settings.sql.in").read_text().strip()
    settings = settings.replace("@read_only@", read_only if scenario.reads else "")
    # Where functions may set what the response is to be, it is cleared first.
    clearing = settings.replace("@cleared@", CLEARED)
    settings = settings.replace("@cleared@", "")
    begin, end = ("\\startpipeline", "\\endpipeline") if pipelined else ("begin;", "commit;")
    after = (directory / "response.sql.in").read_text().strip() if response else ""
    text = (directory / f"{scenario.name}{suffix}").read_text()
    text = text.replace("@clearing settings@", clearing).replace("@settings@", settings)
    text = text.replace("@response@", after)
    return text.replace("@begin@", begin).replace("@end@", end)


def has_json_form(scenario: Scenario) -> bool:
    """Whether the scenario's main statement has a form whose JSON PostgreSQL makes."""
    return (BENCH / "pgbench" / f"{scenario.name}.json.sql.in").exists()


def defines(scenario: Scenario) -> dict[str, str]:
    """The values that do not differ between the requests of a scenario, as our server sets them."""
    headers = {"host": "127.0.0.1:5800", "accept": "application/json"}
    if scenario.method == "POST":
        headers |= {
            "content-length": "61",
            "content-type": "application/json",
            "prefer": "return=representation",
        }
    return {
        "search_path": '"bench", "public"',
        "role": "anon",
        "claims": '{"role":"anon"}',
        "method": scenario.method,
        "path": scenario.path,
        "headers": json.dumps(headers, separators=(",", ":")),
        "cookies": "{}",
    }
