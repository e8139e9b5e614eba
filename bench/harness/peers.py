"""The servers that are compared, each as it would be operated."""

import http.client
import secrets
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from harness.postgres import BENCH, DATABASE, Postgres
from harness.process import Process, wait_until
from harness.scenarios import Dialect, Request

ROOT = BENCH.parent
OURS = "ours"
OURS_SERVE = "ours-serve"
OURS_GRAPHQL = "ours-graphql"
AXUM_SQLX = "axum-sqlx"
POSTGRAPHILE = "postgraphile"
HTTP_PEERS = [OURS, OURS_SERVE, OURS_GRAPHQL, AXUM_SQLX, POSTGRAPHILE]


@dataclass(frozen=True)
class HttpPeer:
    """How one server is started and asked."""

    name: str
    dialect: Dialect
    command: list[str]
    port: int
    # What stands before every path.
    prefix: str = ""
    env: dict[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    # Port and path that answer 200 once requests can be served; none: any answer will do.
    ready: tuple[int, str] | None = None


@dataclass(frozen=True)
class Setup:
    """What the servers have in common."""

    postgres: Postgres
    http_port: int
    pool: int
    ours: str
    ours_path: str


def ours(setup: Setup, database: str = DATABASE, slot: int = 0) -> HttpPeer:
    """Crestfall, told what to do as PostgREST is. Each `slot` has ports of its own."""
    port, admin = setup.http_port + 2 * slot, setup.http_port + 2 * slot + 1
    program, *arguments = shlex.split(setup.ours)
    return HttpPeer(
        name=OURS,
        dialect=Dialect.REST,
        command=[str(ROOT / program) if "/" in program else program, *arguments],
        port=port,
        prefix=setup.ours_path,
        env={
            "PGRST_DB_URI": setup.postgres.uri("authenticator", database),
            "PGRST_DB_SCHEMAS": "bench",
            "PGRST_DB_ANON_ROLE": "anon",
            "PGRST_DB_POOL": str(setup.pool),
            "PGRST_SERVER_HOST": "127.0.0.1",
            "PGRST_SERVER_PORT": str(port),
            "PGRST_ADMIN_SERVER_PORT": str(admin),
        },
        ready=(admin, "/ready"),
    )


def ours_serve(setup: Setup) -> HttpPeer:
    """Crestfall's REST API in the whole server, which also numbers and traces requests."""
    return _serve(setup, OURS_SERVE, Dialect.REST, setup.http_port + 8, "/rest/v1")


def ours_graphql(setup: Setup) -> HttpPeer:
    """Crestfall's GraphQL API in the whole server."""
    return _serve(setup, OURS_GRAPHQL, Dialect.PG_GRAPHQL, setup.http_port + 9, "")


def _serve(setup: Setup, name: str, dialect: Dialect, port: int, prefix: str) -> HttpPeer:
    return HttpPeer(
        name=name,
        dialect=dialect,
        command=[str(ROOT / setup.ours.split()[0]), "serve"],
        port=port,
        prefix=prefix,
        env={
            "CRESTFALL_DATABASE__URL": setup.postgres.uri("authenticator"),
            "CRESTFALL_DATABASE__POOL_SIZE": str(setup.pool),
            "CRESTFALL_REST__SCHEMAS": "bench",
            # As `crestfall rest` does: the tables here are under no policy.
            "CRESTFALL_REST__UNPROTECTED": "true",
            "CRESTFALL_GRAPHQL__ENABLED": "true",
            "CRESTFALL_GRAPHQL__SCHEMAS": "bench",
            "CRESTFALL_LOG__LEVEL": "error",
            "CRESTFALL_JWT__SECRET": secrets.token_hex(32),
            "CRESTFALL_SERVER__PORT": str(port),
            "CRESTFALL_ADMIN__PORT": str(port + 10),
        },
    )


def axum_sqlx(setup: Setup) -> HttpPeer:
    """The hand-written service of `bench/peer-axum-sqlx`."""
    port = setup.http_port + 10
    return HttpPeer(
        name=AXUM_SQLX,
        dialect=Dialect.HANDLERS,
        command=[str(ROOT / "target/release/peer-axum-sqlx")],
        port=port,
        env={
            "DATABASE_URL": setup.postgres.uri("authenticator"),
            "POOL_SIZE": str(setup.pool),
            "LISTEN": f"127.0.0.1:{port}",
        },
    )


def postgraphile(setup: Setup) -> HttpPeer:
    """PostGraphile of `bench/postgraphile`, one process a core."""
    port = setup.http_port + 11
    return HttpPeer(
        name=POSTGRAPHILE,
        dialect=Dialect.GRAPHQL,
        command=["node_modules/.bin/node", "server.mjs"],
        port=port,
        env={
            "DATABASE_URL": setup.postgres.uri("authenticator"),
            "POOL_SIZE": str(setup.pool),
            "PORT": str(port),
            "WORKERS": "2",
            "NODE_ENV": "production",
            "GRAPHILE_ENV": "production",
        },
        cwd=BENCH / "postgraphile",
    )


def http_peers(setup: Setup, names: list[str]) -> list[HttpPeer]:
    """The servers of these names."""
    makers = {
        OURS: ours,
        OURS_SERVE: ours_serve,
        OURS_GRAPHQL: ours_graphql,
        AXUM_SQLX: axum_sqlx,
        POSTGRAPHILE: postgraphile,
    }
    return [makers[name](setup) for name in names if name in makers]


class RunningPeer:
    """A server that has been started and is ready."""

    def __init__(self, peer: HttpPeer, logs: Path, pause: float = 0.05) -> None:
        self.peer = peer
        self.process = Process(
            peer.command, log=logs / f"{peer.name}.log", env=peer.env, cwd=peer.cwd
        )
        try:
            self.seconds_to_ready = wait_until(self._is_ready, self.process, 120, pause)
        except BaseException:
            self.process.stop()
            raise

    def ask(self, request: Request) -> tuple[int, str]:
        """Status and body of the answer to one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.peer.port, timeout=30)
        headers = {"Accept": "application/json"}
        if request.method == "POST":
            headers |= {"Content-Type": "application/json", "Prefer": "return=representation"}
        try:
            path = self.peer.prefix + request.path
            connection.request(request.method, path, request.body or None, headers)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def stop(self) -> None:
        """Stops it."""
        self.process.stop()

    def _is_ready(self) -> bool:
        port, path = self.peer.ready or (self.peer.port, "/")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            status = connection.getresponse().status
            return status == 200 or self.peer.ready is None
        except (ConnectionError, TimeoutError, http.client.HTTPException):
            return False
        finally:
            connection.close()
