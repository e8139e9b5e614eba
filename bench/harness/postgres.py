"""The database server: a private one, or one that is there already."""

import getpass
import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

from harness.process import Process, parent_of, run, wait_until

BENCH = Path(__file__).resolve().parent.parent
DATABASE = "crestfall_bench"


class Postgres:
    """A PostgreSQL server that the benchmark may create databases in."""

    def __init__(self, host: str, port: int, user: str, log: Path | None = None) -> None:
        self.host = host
        self.port = port
        self.user = user
        self.log = log
        self._local_pid: int | None = None

    @classmethod
    def at(cls, uri: str) -> "Postgres":
        """The one at a URI, whose user must be a superuser."""
        parts = urlsplit(uri)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        host = parts.hostname or query.get("host", "localhost")
        port = parts.port or int(query.get("port", "5432"))
        return cls(host, port, parts.username or query.get("user", getpass.getuser()))

    def uri(self, user: str, database: str = DATABASE) -> str:
        """Where a program connects to, in the form all drivers read alike."""
        host = quote(self.host, safe="/")
        return f"postgresql:///{database}?host={host}&port={self.port}&user={user}"

    def sql(self, text: str, database: str = DATABASE, **variables: int) -> str:
        """Runs statements, each on its own, and gives their rows."""
        settings = [f"--set={name}={value}" for name, value in variables.items()]
        command = ["psql", "-XqAt", "--set=ON_ERROR_STOP=1", *settings]
        return run([*command, self.uri(self.user, database)], text=text).strip()

    def create(self, database: str, template: str = "template0") -> None:
        """Makes a database anew."""
        self.sql(
            f"drop database if exists {database}; create database {database} template {template}",
            database="postgres",
        )

    def drop(self, database: str) -> None:
        """Removes a database, also when someone is still connected."""
        self.sql(f"drop database if exists {database} with (force)", database="postgres")

    def pid(self) -> int | None:
        """The process all others of the server descend from; none when it runs elsewhere."""
        if self._local_pid is None:
            one = "select pid from pg_stat_activity where backend_type = 'checkpointer'"
            checkpointer = int(self.sql(one, database="postgres"))
            comm = Path(f"/proc/{checkpointer}/comm")
            if comm.exists() and comm.read_text().startswith("postgres"):
                self._local_pid = parent_of(checkpointer)
        return self._local_pid


class PrivatePostgres:
    """A cluster in a directory of its own, gone when the benchmark ends."""

    def __init__(self, directory: Path, port: int | None) -> None:
        # PostgreSQL does not run as root.
        self._user = "postgres" if os.geteuid() == 0 else None
        self._directory = directory
        data = directory / "data"
        bin_dir = find_bin_dir()
        if self._user:
            shutil.chown(directory, self._user, self._user)
        superuser = self._user or getpass.getuser()
        initdb = [str(bin_dir / "initdb"), "-D", str(data), "-U", superuser, "--no-sync"]
        run([*initdb, "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8"], user=self._user)
        log = directory / "postgres.log"
        self.server = Postgres(str(directory), port or free_port(), superuser, log)
        self._process = Process(
            [
                *(str(bin_dir / "postgres"), "-D", str(data), "-k", str(directory)),
                *("-p", str(self.server.port), "-c", "listen_addresses=127.0.0.1"),
                *("-c", "shared_buffers=256MB", "-c", "timezone=UTC"),
                # pgbench takes a connection a client; the default of 100 would not do for all.
                *("-c", "max_connections=200"),
            ],
            log=log,
            user=self._user,
            cwd=directory,
            # A "fast" shutdown.
            stop_signal=signal.SIGINT,
        )
        try:
            wait_until(self._answers, self._process, seconds=60, pause=0.1)
        except BaseException:
            self._process.stop()
            raise

    def _answers(self) -> bool:
        command = ["psql", "-XqAt", "-c", "select 1", self.server.uri(self.server.user, "postgres")]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def stop(self) -> None:
        """Stops the server and removes its files."""
        self._process.stop()
        shutil.rmtree(self._directory / "data", ignore_errors=True)


def find_bin_dir() -> Path:
    """The directory with `initdb` and `postgres`, of the newest version there is."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    candidates = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(candidates, key=lambda path: int(path.parts[-3]), default=None)
    if newest is None:
        raise RuntimeError("no PostgreSQL server found: install the Debian package postgresql")
    return newest.parent


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def create_schema(server: Postgres) -> None:
    """Makes the benchmark's database with its rows."""
    server.create(DATABASE)
    server.sql((BENCH / "schema.sql").read_text())
    server.sql("vacuum analyze; checkpoint")


def widen(server: Postgres, database: str, tables: int, functions: int) -> None:
    """Makes a copy of the benchmark's database with more tables and functions."""
    server.create(database, template=DATABASE)
    server.sql((BENCH / "catalogue.sql").read_text(), database, tables=tables, functions=functions)
