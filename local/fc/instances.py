"""The warm instances of every function: taken for a request, given back after it, ended when idle for long."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from local.clock import Clock
from local.fc.engine import Outcome
from local.fc.instance import Instance, Log, Platform
from local.fc.stack_file import Function

IDLE_AT_MOST = 300.0
"""Seconds; FC keeps an idle instance for some minutes and promises nothing."""


@dataclass(frozen=True)
class _Idle:
    instance: Instance
    since: float


class Instances:
    """Safe to call from many threads. Raises FileNotFoundError at once for a function without its bundle."""

    def __init__(self, functions: Iterable[Function], platform: Platform, clock: Clock, log: Log) -> None:
        self._functions = {function.name: function for function in functions}
        self._platform, self._clock, self._log = platform, clock, log
        self._idle: dict[str, list[_Idle]] = {name: [] for name in self._functions}
        self._busy: set[Instance] = set()
        self._lock = threading.Lock()
        self._closed = False
        for function in self._functions.values():
            if not function.code.is_dir():
                raise FileNotFoundError(f"{function.code} is not there; `make bundle` makes it")

    def call(self, name: str, request_id: str, event: bytes) -> Outcome:
        """Run function `name` on a warm instance if there is one, else on a new one. Blocks until it ended."""
        try:
            instance = self._take(name)
        except OSError as error:  # this machine is short of memory or processes
            return Outcome(f"no instance of {name}: {error}".encode(), "ResourceExhausted")
        outcome = instance.call(request_id, event)
        self._give_back(name, instance)
        return outcome

    def reap(self) -> None:
        """End what has idled for long, and what died while idle."""
        now = self._clock.now()
        with self._lock:
            for name, line in self._idle.items():
                old = [each for each in line if now - each.since > IDLE_AT_MOST or not each.instance.alive]
                self._idle[name] = [each for each in line if each not in old]
                for each in old:
                    each.instance.kill()

    def close(self) -> None:
        """End every instance; calls under way come back as crashes."""
        with self._lock:
            self._closed = True
            for instance in [each.instance for line in self._idle.values() for each in line] + [*self._busy]:
                instance.kill()

    def _take(self, name: str) -> Instance:
        with self._lock:
            if self._closed:
                raise OSError("closing")
            line = self._idle[name]
            while line:
                # The warmest first, so that the others may grow old.
                if (instance := line.pop().instance).alive:
                    break
                instance.kill()
            else:
                instance = Instance(self._functions[name], self._platform, self._log)
            self._busy.add(instance)
            return instance

    def _give_back(self, name: str, instance: Instance) -> None:
        with self._lock:
            self._busy.discard(instance)
            if instance.alive and not self._closed:
                self._idle[name].append(_Idle(instance, self._clock.now()))
            else:
                instance.kill()
