#!/usr/bin/env python3
"""What the audit log costs: writes to a table under audit, beside the same table without it and with row
triggers in the manner of supa_audit. The transactions are those of the REST API: settings of the request,
then one statement, in one round trip. `audit.py --help` for options."""

import argparse
import contextlib
import json
import re
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

from harness.postgres import BENCH, Postgres, PrivatePostgres

ROOT = BENCH.parent
TABLES = ["alone", "audited", "row_triggers"]
CLAIMS = {
    "aud": "authenticated",
    "email": "ada@example.org",
    "org_id": "8d4a0c8e-7f6f-4f5e-8a70-5f5bb5b9f5f4",
    "role": "authenticated",
    "session_id": "c0a1f5d2-91a4-4c49-a0b1-3bd9b5b1c2aa",
    "sub": "5b8f4e2a-0d6e-4b57-9e07-58a4c8a3d1a1",
}
CONTEXT = "\x1f".join(
    [
        CLAIMS["sub"],
        CLAIMS["session_id"],
        "",
        CLAIMS["org_id"],
        "0197c2b255aa70008000000000000001",
        "192.0.2.1",
    ]
)
SETTINGS = (
    "select set_config('search_path', 'public', true), set_config('role', 'authenticated', true), "
    f"set_config('request.jwt.claims', '{json.dumps(CLAIMS)}', true), "
    "set_config('request.method', 'POST', true), set_config('request.path', '/invoices', true), "
    "set_config('request.headers', '{\"accept\":\"*/*\"}', true), set_config('request.cookies', '{}', true), "
    "set_config('request.id', '0197c2b255aa70008000000000000001', true), "
    "set_config('request.ip', '192.0.2.1', true), "
    # Parted by U+001F: sub, session_id, api_key_id, org_id, the request's id, its address.
    f"set_config('request.context', '{CONTEXT}', true);"
)
NOTE = "a note of some words on this invoice"
BODY = json.dumps(
    [
        {"customer": CLAIMS["sub"], "number": f"INV-{n}", "amount": n, "note": NOTE}
        for n in range(1000)
    ]
)
COLUMNS = "customer, number, amount, note"
TYPES = "customer uuid, number text, amount numeric, note text"
STATEMENTS = {
    "insert of one row": (
        "",
        f"insert into {{table}} ({COLUMNS}) values (gen_random_uuid(), 'INV-1', 12.5, '{NOTE}');",
    ),
    "update of one row": (
        "\\set id random(1, 20000)\n",
        "update {table} set amount = amount + 1 where id = :id;",
    ),
    "insert of 1,000 rows": (
        "",
        f"insert into {{table}} ({COLUMNS}) select {COLUMNS} from json_to_recordset('{BODY}') as b ({TYPES});",
    ),
    "update of 1,000 rows": (
        "\\set id random(1, 19000)\n",
        "update {table} set amount = amount + 1 where id between :id and :id + 999;",
    ),
}


def main() -> int:
    """Measures every statement on every table in turn, and prints ratios."""
    options = arguments()
    with contextlib.ExitStack() as stack:
        directory = Path(tempfile.mkdtemp(prefix="crestfall-bench-audit-"))
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        # PostgreSQL runs as another user when we are root.
        directory.chmod(0o755)
        (directory / "postgres").mkdir()
        cluster = PrivatePostgres(directory / "postgres", None)
        stack.callback(cluster.stop)
        postgres = cluster.server
        postgres.create("audit_bench")
        load(postgres)
        for durable in [True, False]:
            print(f"\nsynchronous_commit {'on' if durable else 'off'}, {options.clients} clients")
            for name, statement in STATEMENTS.items():
                print(f"  {name:<22}", compare(options, postgres, directory, statement, durable))
    return 0


def arguments() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5, help="rounds of all tables in turn")
    parser.add_argument("--seconds", type=float, default=3, help="length of one run")
    parser.add_argument("--clients", type=int, default=8)
    return parser.parse_args()


def load(postgres: Postgres) -> None:
    """The standard roles, the log, and the tables."""
    migrations = sorted((ROOT / "crestfall-audit/migrations").glob("*.sql"))
    roles = ROOT / "crestfall-core/src/cluster/roles.sql"
    for script in [roles, *migrations, BENCH / "audit/schema.sql"]:
        psql(postgres, ["-f", str(script)])


def psql(postgres: Postgres, arguments: list[str]) -> None:
    """Runs psql as superuser."""
    uri = postgres.uri(postgres.user, "audit_bench")
    command = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", *arguments, uri]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def compare(
    options: argparse.Namespace,
    postgres: Postgres,
    directory: Path,
    statement: tuple[str, str],
    durable: bool,
) -> str:
    """Medians of all tables, and their ratios to the table that is alone."""
    rates: dict[str, list[float]] = {table: [] for table in TABLES}
    scripts = {}
    for table in TABLES:
        scripts[table] = directory / f"{table}.sql"
        prelude, text = statement
        write = text.replace("{table}", table)
        commit = "" if durable else "set local synchronous_commit = off;\n"
        scripts[table].write_text(
            f"{prelude}\\startpipeline\nbegin;\n{commit}{SETTINGS}\n{write}\n"
            "commit;\n\\endpipeline\n"
        )
    for _ in range(options.rounds):
        for table in TABLES:
            rates[table].append(pgbench(options, postgres, scripts[table]))
        # What one round wrote is not the next one's burden.
        psql(postgres, ["-c", "checkpoint"])
    medians = {table: statistics.median(found) for table, found in rates.items()}
    alone = medians["alone"]
    return ", ".join(
        f"{table} {rate:.0f}/s" + ("" if table == "alone" else f" ({rate / alone:.2f})")
        for table, rate in medians.items()
    )


def pgbench(options: argparse.Namespace, postgres: Postgres, script: Path) -> float:
    """Transactions a second of one run."""
    command = ["pgbench", "-n", "-M", "extended", "-f", str(script), "-T", f"{options.seconds:.0f}"]
    if "json_to_recordset" not in script.read_text():
        command[3] = "prepared"
    command += ["-c", str(options.clients), "-j", "2"]
    command.append(postgres.uri(postgres.user, "audit_bench"))
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = re.search(r"^tps = ([0-9.]+)", done.stdout, re.MULTILINE)
    if found is None:
        raise RuntimeError(done.stdout + done.stderr)
    return float(found[1])


if __name__ == "__main__":
    raise SystemExit(main())
