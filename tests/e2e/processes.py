"""The processes of a running stack, as /proc shows them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")

_ESTABLISHED = "01"


def below(parent: int) -> list[int]:
    """Children, grandchildren and so on."""
    parents = {pid: found for pid in _all() if (found := _parent(pid)) is not None}
    known = [parent]
    for one in known:
        known += [pid for pid, found in parents.items() if found == one]
    return known[1:]


def servers(supervisor: int, name: str) -> list[int]:
    """The process of one server of the local stack."""
    return [pid for pid in below(supervisor) if f"local.run\0{name}\0" in _read(pid, "cmdline")]


def instances(supervisor: int, function: str) -> list[int]:
    """The processes that run one of the two functions."""
    return [pid for pid in below(supervisor) if f"FC_FUNCTION_NAME=cosdrop-{function}\0" in _read(pid, "environ")]


def are_alive(pids: list[int]) -> list[int]:
    """Those that still run."""
    return [pid for pid in pids if _parent(pid) is not None]


def kill(pids: list[int]) -> None:
    """End them as the kernel does when memory is short."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


@contextmanager
def stopped(pids: list[int]) -> Iterator[None]:
    """They hold their breath for as long as the block lasts."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def unread(port: int) -> bool:
    """Whether bytes have arrived at a loopback port that its server has not read."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    at_port = (row for row in rows if row[1] == f"0100007F:{port:04X}" and row[3] == _ESTABLISHED)
    return any(int(row[4].partition(":")[2], 16) > 0 for row in at_port)


def _all() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def _parent(pid: int) -> int | None:
    """None when it has ended, be it that nobody has asked for its exit code."""
    state, _, rest = _read(pid, "stat").rpartition(")")[2].strip().partition(" ")
    return None if state in ("", "Z", "X") else int(rest.split()[0])


def _read(pid: int, file: str) -> str:
    try:
        return Path(f"/proc/{pid}/{file}").read_text(errors="replace")
    except OSError:
        return ""
