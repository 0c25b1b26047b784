"""Starts the four local servers as processes of their own, keeps them alive, and ends them all together."""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

from local import stack
from local.stack import LOOPBACK, SERVERS, Stack
from ops import bundle

ROOT = Path(__file__).resolve().parents[1]
START_WITHIN, LOOK_EVERY = 30.0, 0.02
STURDY, PAUSE = 5.0, 2.0
"""Seconds: a server that lived shorter than the first is not started again before the second has passed."""

Say = Callable[[str], None]


class StackError(Exception):
    """The local stack cannot run; the text says why and what to do."""


@dataclass(frozen=True)
class _Server:
    process: subprocess.Popen[bytes]
    since: float = field(default_factory=time.monotonic)

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def end(self) -> None:
        """Close its standard input, which tells it."""
        cast(IO[bytes], self.process.stdin).close()

    def bury(self) -> None:
        """Wait until it is gone."""
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Supervisor:
    """The processes of one local stack."""

    def __init__(self, of: Stack, say: Say) -> None:
        self.stack = of
        self._say = say
        self._servers: dict[str, _Server] = {}
        self._ending = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Start all servers, wait until they answer, and keep them alive from then on. Raises StackError."""
        self._servers = {name: self._spawn(name) for name in SERVERS}
        deadline = time.monotonic() + START_WITHIN
        for name in SERVERS:
            self._await(name, deadline)
        self._watcher.start()

    def stop(self) -> None:
        """End all servers."""
        self._ending.set()
        if self._watcher.is_alive():
            self._watcher.join()
        for server in self._servers.values():
            server.end()
        for server in self._servers.values():
            server.bury()

    def calls(self, name: str) -> int:
        """How many calls the server `name` has taken since it started."""
        return sum(json.loads(_asked(self.stack.port(name), "/_local/calls") or b"{}").values())

    def _watch(self) -> None:
        while not self._ending.wait(LOOK_EVERY):
            for name, server in self._servers.items():
                if server.has_ended:
                    self._revive(name, server)

    def _revive(self, name: str, server: _Server) -> None:
        self._say(f"{name} ended ({server.process.returncode}); starting it again")
        if time.monotonic() < server.since + STURDY:
            self._ending.wait(PAUSE)
        if not self._ending.is_set():
            server.end()
            self._servers[name] = self._spawn(name)

    def _spawn(self, name: str) -> _Server:
        with self._log(name).open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", "local.run", name, "--data", self.stack.data],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                start_new_session=True,  # Ctrl-C is for us alone: we end them in order
            )
        return _Server(process)

    def _log(self, name: str) -> Path:
        folder = Path(self.stack.data) / "logs"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{name}.log"

    def _await(self, name: str, deadline: float) -> None:
        while _asked(self.stack.port(name), "/_local/health") is None:
            if self._servers[name].has_ended or time.monotonic() > deadline:
                raise StackError(f"{name} did not start; {self._log(name)} says why")
            time.sleep(LOOK_EVERY)


def _asked(port: int, path: str) -> bytes | None:
    """The body of the answer, or None when there is none yet. No proxy of the environment comes between."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=1)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.read() if answer.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


@contextmanager
def running(data: Path, say: Say, *, fresh: bool = False) -> Iterator[Supervisor]:
    """A local stack with bucket, queue and templates, for as long as the block lasts. Raises StackError."""
    with _alone(data):
        if fresh:
            stack.clear(data)
        bundle.ensure(ROOT, ROOT / ".build")
        supervisor = Supervisor(stack.load_or_make(data), say)
        try:
            supervisor.start()
            yield supervisor
        finally:
            supervisor.stop()


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Hold the folder, so that no second stack runs on it; let go however this process ends."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        held = os.open(data, os.O_RDONLY)
    except OSError as error:
        raise StackError(f"{data} cannot be used: {error.strerror}") from error
    try:
        _lock(held, data)
        yield
    finally:
        os.close(held)


def _lock(held: int, data: Path) -> None:
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise StackError(f"a stack runs in {data} already; end it first, or name another folder by --data") from error
