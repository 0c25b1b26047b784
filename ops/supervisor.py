"""Starts the four local servers as processes of their own, keeps them alive, and ends them all together."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import requests

from local import stack
from local.stack import SERVERS, Stack
from ops import bundle, furnish

ROOT = Path(__file__).resolve().parents[1]
START_WITHIN = 30.0
"""Seconds."""

Say = Callable[[str], None]


class StackError(Exception):
    """The local stack cannot run; the text says why and what to do."""


class Supervisor:
    """The processes of one local stack."""

    def __init__(self, of: Stack, say: Say) -> None:
        self.stack = of
        self._say = say
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._ending = threading.Event()

    def start(self) -> None:
        """Start all servers and wait until they answer. Raises StackError."""
        for server in SERVERS:
            self._processes[server] = self._spawn(server)
        deadline = time.monotonic() + START_WITHIN
        for server in SERVERS:
            self._await(server, deadline)

    def watch(self) -> None:
        """Until `stop`: start again whatever dies."""
        while not self._ending.wait(0.2):
            for server, process in self._processes.items():
                if process.poll() is not None and not self._ending.is_set():
                    self._say(f"{server} ended ({process.returncode}); starting it again")
                    self._processes[server] = self._spawn(server)

    def stop(self) -> None:
        """End all servers; closing their standard input tells them."""
        self._ending.set()
        for process in self._processes.values():
            if process.stdin is not None:
                process.stdin.close()
        for process in self._processes.values():
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _spawn(self, server: str) -> subprocess.Popen[bytes]:
        with self._log(server) as log:
            return subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", "local.run", server, "--data", self.stack.data],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                start_new_session=True,  # Ctrl-C is for us alone: we end them in order
            )

    def _log(self, server: str) -> IO[bytes]:
        folder = Path(self.stack.data) / "logs"
        folder.mkdir(parents=True, exist_ok=True)
        return (folder / f"{server}.log").open("ab")

    def _await(self, server: str, deadline: float) -> None:
        url = f"{getattr(self.stack, server)}/_local/health"
        while time.monotonic() < deadline:
            if self._processes[server].poll() is not None:
                break
            try:
                if requests.get(url, timeout=1).ok:
                    return
            except requests.RequestException:
                time.sleep(0.02)
        self.stop()
        raise StackError(f"{server} did not start; its log is {self.stack.data}/logs/{server}.log")


@contextmanager
def running(data: Path, say: Say, *, fresh: bool = False) -> Iterator[Supervisor]:
    """A local stack with bucket, queue and templates, for as long as the block lasts. Raises StackError."""
    if fresh:
        shutil.rmtree(data, ignore_errors=True)
    bundle.build(ROOT, ROOT / ".build")
    supervisor = Supervisor(stack.load_or_make(data), say)
    try:
        supervisor.start()
        furnish.furnish(supervisor.stack)
        threading.Thread(target=supervisor.watch, daemon=True).start()
        yield supervisor
    finally:
        supervisor.stop()
