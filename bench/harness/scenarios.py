"""What is asked: each scenario as an HTTP request to each kind of server."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum


class Dialect(Enum):
    """How a server wants to be asked."""

    REST = "rest"
    HANDLERS = "handlers"
    GRAPHQL = "graphql"
    PG_GRAPHQL = "pg_graphql"


@dataclass(frozen=True)
class Request:
    """One HTTP request."""

    method: str
    path: str
    body: str = ""


@dataclass(frozen=True)
class Scenario:
    """One kind of request, asked with random keys."""

    name: str
    title: str
    # How our server describes the request to PostgreSQL.
    method: str
    path: str
    reads: bool
    # The highest key.
    keys: int
    # The answer to a key, as SQL with one `{}` for the key; none when it is never the same twice.
    answer: str | None
    rest: Callable[[int], Request]
    # None: this server is not asked.
    handlers: Callable[[int], Request] | None
    graphql: Callable[[int], Request]
    pg_graphql: Callable[[int], Request] | None
    # Whether `bench/pgbench` has the transaction.
    pgbench: bool = True

    def asks(self, dialect: Dialect) -> bool:
        """Whether servers of this dialect take part."""
        return self._maker(dialect) is not None

    def request(self, dialect: Dialect, key: int) -> Request:
        """The request for one key."""
        make = self._maker(dialect)
        assert make is not None, f"{self.name} is not asked of {dialect.value}"
        return make(key)

    def _maker(self, dialect: Dialect) -> Callable[[int], Request] | None:
        return {
            Dialect.REST: self.rest,
            Dialect.HANDLERS: self.handlers,
            Dialect.GRAPHQL: self.graphql,
            Dialect.PG_GRAPHQL: self.pg_graphql,
        }[dialect]

    def random_requests(self, dialect: Dialect, count: int, seed: int) -> list[Request]:
        """Requests for random keys, the same ones for the same seed."""
        rng = random.Random(seed)
        return [self.request(dialect, rng.randint(1, self.keys)) for _ in range(count)]


def _get(path: str) -> Callable[[int], Request]:
    return lambda key: Request("GET", path.format(key))


def _post(path: str, body: Callable[[int], object]) -> Callable[[int], Request]:
    return lambda key: Request("POST", path, json.dumps(body(key)))


def _graphql(query: str, variables: Callable[[int], object]) -> Callable[[int], Request]:
    return _post("/graphql", lambda key: {"query": query, "variables": variables(key)})


def _pg_graphql(query: str, variables: Callable[[int], object]) -> Callable[[int], Request]:
    return _post("/graphql/v1", lambda key: {"query": query, "variables": variables(key)})


def event(key: int) -> dict[str, object]:
    """The row that the insert scenario writes."""
    return {"item_id": key, "kind": "viewed", "note": f"seen by visitor {key}"}


def _order(key: int) -> dict[str, object]:
    return {"item_id": key, "quantity": key % 10 + 1}


_ITEM = "id, category_id, name, price, in_stock, code, attributes, created_at"
_ITEM_FIELDS = "id: rowId categoryId name price inStock code attributes createdAt"
# pg_graphql gives names of columns as they are.
_PG_FIELDS = _ITEM.replace(",", "")
_PG_LIST = (
    "query List($category: Int!, $first: Int!) { itemsCollection(filter: {category_id: "
    "{eq: $category}}, orderBy: [{id: AscNullsLast}], first: $first) "
    f"{{ edges {{ node {{ {_PG_FIELDS} }} }} }} }}"
)

SCENARIOS = [
    Scenario(
        name="row",
        title="row by key",
        method="GET",
        path="/items",
        reads=True,
        keys=100_000,
        answer=f"select json_agg(t) from (select {_ITEM} from bench.items where id = {{}}) t",
        rest=_get("/items?id=eq.{}"),
        handlers=_get("/items/{}"),
        graphql=_graphql(
            f"query Row($id: Int!) {{ itemByRowId(rowId: $id) {{ {_ITEM_FIELDS} }} }}",
            lambda key: {"id": key},
        ),
        pg_graphql=_pg_graphql(
            f"query Row($id: Int!) {{ itemsByPk(id: $id) {{ {_PG_FIELDS} }} }}",
            lambda key: {"id": key},
        ),
    ),
    Scenario(
        name="row-rls",
        title="row by key under a policy",
        method="GET",
        path="/items_rls",
        reads=True,
        keys=100_000,
        answer="select coalesce(json_agg(t), '[]') from (select id, owner, name, price "
        "from bench.items_rls where id = {} and owner is null) t",
        rest=_get("/items_rls?id=eq.{}"),
        handlers=_get("/items_rls/{}"),
        graphql=_graphql(
            "query RowRls($id: Int!) { itemsRlByRowId(rowId: $id) { id: rowId owner name price } }",
            lambda key: {"id": key},
        ),
        pg_graphql=_pg_graphql(
            "query RowRls($id: Int!) { items_rlsByPk(id: $id) { id owner name price } }",
            lambda key: {"id": key},
        ),
    ),
    Scenario(
        name="list",
        title="list of 100 rows",
        method="GET",
        path="/items",
        reads=True,
        keys=1_000,
        answer=f"select json_agg(t) from (select {_ITEM} from bench.items "
        "where category_id = {} order by id limit 100) t",
        rest=_get("/items?category_id=eq.{}&order=id&limit=100"),
        handlers=_get("/items?category_id={}"),
        graphql=_graphql(
            "query List($category: Int!) { allItems(condition: {categoryId: $category}, "
            f"orderBy: PRIMARY_KEY_ASC, first: 100) {{ nodes {{ {_ITEM_FIELDS} }} }} }}",
            lambda key: {"category": key},
        ),
        pg_graphql=_pg_graphql(_PG_LIST, lambda key: {"category": key, "first": 100}),
    ),
    Scenario(
        name="list10",
        title="list of 10 rows",
        method="GET",
        path="/items",
        reads=True,
        keys=1_000,
        answer=f"select json_agg(t) from (select {_ITEM} from bench.items "
        "where category_id = {} order by id limit 10) t",
        rest=_get("/items?category_id=eq.{}&order=id&limit=10"),
        handlers=None,
        graphql=_graphql(
            "query List($category: Int!) { allItems(condition: {categoryId: $category}, "
            f"orderBy: PRIMARY_KEY_ASC, first: 10) {{ nodes {{ {_ITEM_FIELDS} }} }} }}",
            lambda key: {"category": key},
        ),
        pg_graphql=_pg_graphql(_PG_LIST, lambda key: {"category": key, "first": 10}),
        pgbench=False,
    ),
    Scenario(
        name="embed",
        title="20 parents, 5 children each",
        method="GET",
        path="/parents",
        reads=True,
        keys=500,
        answer="select json_agg(t) from (select id, name, (select json_agg(c) from (select id, "
        "title, amount from bench.children where parent_id = parents.id order by id) c) as "
        "children from bench.parents where group_id = {} order by id limit 20) t",
        rest=_get(
            "/parents?select=id,name,children(id,title,amount)&group_id=eq.{}&order=id&limit=20"
        ),
        handlers=_get("/parents?group_id={}"),
        graphql=_graphql(
            "query Embed($group: Int!) { allParents(condition: {groupId: $group}, "
            "orderBy: PRIMARY_KEY_ASC, first: 20) { nodes { id: rowId name "
            "childrenByParentId { nodes { id: rowId title amount } } } } }",
            lambda key: {"group": key},
        ),
        pg_graphql=_pg_graphql(
            "query Embed($group: Int!) { parentsCollection(filter: {group_id: {eq: $group}}, "
            "orderBy: [{id: AscNullsLast}], first: 20) { edges { node { id name "
            "childrenCollection { edges { node { id title amount } } } } } } }",
            lambda key: {"group": key},
        ),
    ),
    Scenario(
        name="insert",
        title="insert, returning the row",
        method="POST",
        path="/events",
        reads=False,
        keys=100_000,
        answer=None,
        rest=_post("/events", event),
        handlers=_post("/events", event),
        graphql=_graphql(
            "mutation Insert($event: EventInput!) { createEvent(input: {event: $event}) "
            "{ event { id: rowId itemId kind note createdAt } } }",
            lambda key: {
                "event": {"itemId": key, "kind": "viewed", "note": f"seen by visitor {key}"}
            },
        ),
        pg_graphql=_pg_graphql(
            "mutation Insert($event: eventsInsertInput!) { insertIntoeventsCollection("
            "objects: [$event]) { records { id item_id kind note created_at } } }",
            lambda key: {"event": event(key)},
        ),
    ),
    Scenario(
        name="rpc",
        title="call of a function",
        method="POST",
        path="/rpc/item_price",
        reads=True,
        keys=100_000,
        answer="select bench.item_price({0}, {0} % 10 + 1)",
        rest=_post("/rpc/item_price", _order),
        handlers=_post("/rpc/item_price", _order),
        graphql=_graphql(
            "query Rpc($item: Int!, $quantity: Int!) "
            "{ itemPrice(itemId: $item, quantity: $quantity) }",
            lambda key: {"item": key, "quantity": key % 10 + 1},
        ),
        pg_graphql=_pg_graphql(
            "query Rpc($item: Int!, $quantity: Int!) "
            "{ item_price(item_id: $item, quantity: $quantity) }",
            lambda key: {"item": key, "quantity": key % 10 + 1},
        ),
    ),
]
