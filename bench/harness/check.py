"""Proves, before anything is measured, that all servers give the same answers."""

import json

from harness.peers import RunningPeer
from harness.postgres import Postgres
from harness.scenarios import Dialect, Scenario, event


def check_answers(postgres: Postgres, peers: list[RunningPeer], scenarios: list[Scenario]) -> None:
    """Asks every server some of every scenario and fails where an answer is not PostgreSQL's."""
    for scenario in scenarios:
        for key in (1, scenario.keys // 2 + 1, scenario.keys):
            expected = _expected(postgres, scenario, key)
            for peer in asked(peers, scenario):
                _check(peer, scenario, key, expected)


def asked(peers: list[RunningPeer], scenario: Scenario) -> list[RunningPeer]:
    """Those that take part in a scenario."""
    return [peer for peer in peers if scenario.asks(peer.peer.dialect)]


def _expected(postgres: Postgres, scenario: Scenario, key: int) -> object:
    if scenario.answer is None:
        return [event(key)]
    return json.loads(postgres.sql(scenario.answer.format(key)))


def _check(peer: RunningPeer, scenario: Scenario, key: int, expected: object) -> None:
    dialect = peer.peer.dialect
    status, text = peer.ask(scenario.request(dialect, key))
    try:
        found = json.loads(text)
        if dialect in (Dialect.GRAPHQL, Dialect.PG_GRAPHQL):
            found, wanted = _plain(_graphql_rows(found)), _plain(expected)
        else:
            wanted = expected
        same = status in (200, 201) and (
            _holds(found, wanted) if scenario.answer is None else found == wanted
        )
    except (ValueError, KeyError, TypeError):
        same = False
    if not same:
        raise RuntimeError(
            f"{peer.peer.name} answers `{scenario.name}` for key {key} with {status}:\n"
            f"{text[:1500]}\ninstead of\n{json.dumps(expected)[:1500]}"
        )


def _holds(found: object, wanted: object) -> bool:
    """Whether each row found holds all that was written."""
    if not (isinstance(found, list) and isinstance(wanted, list)):
        return False
    return len(found) == len(wanted) and all(
        row.items() >= expected.items() for row, expected in zip(found, wanted, strict=True)
    )


def _graphql_rows(answer: dict[str, dict[str, object]]) -> object:
    """The rows in a GraphQL answer, in the shape that REST gives them."""
    (rows,) = answer["data"].values()
    if isinstance(rows, dict):
        rows = rows.get("event", rows)
    if isinstance(rows, dict):
        rows = rows.get("nodes", rows.get("records", rows))
    if isinstance(rows, dict):
        rows = rows if "edges" in rows else [rows]
    return [] if rows == [None] or rows is None else rows


def _plain(value: object) -> object:
    """A value as two APIs with different opinions on names, numbers and times can both give it."""
    match value:
        case list():
            return [_plain(element) for element in value]
        case {"nodes": nodes}:
            return _plain(nodes)
        case {"edges": edges}:
            return [_plain(edge["node"]) for edge in edges]
        case dict():
            plain = {_snake(name): _plain(member) for name, member in value.items()}
            return {name: member for name, member in plain.items() if name != "created_at"}
        case str() if value.startswith("{"):  # pg_graphql writes JSON as text
            return _plain(json.loads(value))
        case str() if _is_number(value):
            return float(value)
        case int() if not isinstance(value, bool):
            return float(value)
    return value


def _snake(name: str) -> str:
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return "children" if snake in ("children_by_parent_id", "children_collection") else snake


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()
