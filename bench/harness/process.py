"""Processes that the benchmark starts, and what they cost."""

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Process:
    """A program in the background, its output in a file; stopped with its children."""

    def __init__(
        self,
        command: list[str],
        log: Path,
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.command = shlex.join(command)
        self.log = log
        self._stop_signal = stop_signal
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                user=user,
                group=user,
                extra_groups=[] if user else None,
                # Ctrl-C is the harness's to pass on, in order.
                start_new_session=True,
            )
        self.pid = self._popen.pid

    def check_alive(self) -> None:
        """Fails with the end of the log when the program has ended."""
        if self._popen.poll() is not None:
            tail = self.log.read_text(errors="replace")[-3000:]
            raise RuntimeError(f"`{self.command}` ended with {self._popen.returncode}:\n{tail}")

    def stop(self, patience: float = 20.0) -> None:
        """Asks it to end, and insists after `patience` seconds."""
        if self._popen.poll() is None:
            self._popen.send_signal(self._stop_signal)
            try:
                self._popen.wait(patience)
            except subprocess.TimeoutExpired:
                os.killpg(self.pid, signal.SIGKILL)
                self._popen.wait()


@dataclass(frozen=True)
class Stat:
    """What `/proc/<pid>/stat` says of a process."""

    parent: int
    # User and system time, of the process and of the children it has waited for.
    ticks: int


def parse_stat(text: str) -> Stat:
    """Reads the line of `/proc/<pid>/stat`, whose second field may hold spaces and parentheses."""
    fields = text[text.rindex(")") + 2 :].split()
    return Stat(parent=int(fields[1]), ticks=sum(int(field) for field in fields[11:15]))


def _processes() -> dict[int, Stat]:
    found: dict[int, Stat] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                found[int(entry.name)] = parse_stat(Path(entry.path, "stat").read_text())
            except (FileNotFoundError, ProcessLookupError):
                continue  # ended meanwhile
    return found


def parent_of(pid: int) -> int:
    """The process that started this one."""
    return parse_stat(Path(f"/proc/{pid}/stat").read_text()).parent


def family(root: int, processes: dict[int, Stat]) -> list[int]:
    """A process and all that descend from it."""
    members = [root]
    for member in members:
        members += [pid for pid, stat in processes.items() if stat.parent == member]
    return members


def cpu_seconds(root: int) -> float:
    """CPU time that a process and its descendants, also the ended ones, have taken so far."""
    processes = _processes()
    ticks = sum(processes[pid].ticks for pid in family(root, processes) if pid in processes)
    return ticks / _TICKS_PER_SECOND


def machine_cpu_seconds() -> float:
    """CPU time that all programs on this machine have taken since it started."""
    user, nice, system = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:4]
    return (int(user) + int(nice) + int(system)) / _TICKS_PER_SECOND


@dataclass(frozen=True)
class Memory:
    """Memory of one program in MiB."""

    rss: float
    pss: float
    peak_rss: float


def memory(root: int) -> Memory:
    """What a process and its descendants hold now, and the sum of what each held at most."""
    totals = {"Rss": 0, "Pss": 0, "VmHWM": 0}
    for pid in family(root, _processes()):
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        text += Path(f"/proc/{pid}/status").read_text()
        for line in text.splitlines():
            name, _, value = line.partition(":")
            if name in totals:
                totals[name] += int(value.split()[0])
    return Memory(
        rss=totals["Rss"] / 1024, pss=totals["Pss"] / 1024, peak_rss=totals["VmHWM"] / 1024
    )


def run(command: list[str], *, text: str | None = None, user: str | None = None) -> str:
    """Runs a program to its end and gives its output; fails with its errors."""
    done = subprocess.run(
        command,
        input=text,
        capture_output=True,
        text=True,
        user=user,
        group=user,
        extra_groups=[] if user else None,
        cwd="/" if user else None,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"`{shlex.join(command)[:200]}` failed:\n{done.stderr[-3000:]}")
    return done.stdout


def wait_until(ready: Callable[[], bool], process: Process, seconds: float, pause: float) -> float:
    """Asks until it is so, and gives the seconds that took."""
    start = time.perf_counter()
    while not ready():
        process.check_alive()
        if time.perf_counter() - start > seconds:
            raise TimeoutError(f"`{process.command}` was not ready within {seconds} s")
        time.sleep(pause)
    return time.perf_counter() - start
