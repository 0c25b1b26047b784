"""The warm instances of every function: taken for a request, given back after it, ended when old or idle for long."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace

from local.clock import Clock
from local.fc.errors import NoInstance, Outcome
from local.fc.functions import Function
from local.fc.instance import Instance
from local.fc.logs import Log, own
from local.fc.surroundings import Platform

IDLE_AT_MOST = 5 * 60.0
"""Seconds; FC keeps an idle instance for some minutes and promises nothing."""

LIFE_AT_MOST = 36 * 3600.0
"""Seconds: as long as the role's credentials last that an instance was born with."""


@dataclass(frozen=True)
class _Warm:
    """An instance, since when it lives, and since when it waits. Times of the clock."""

    instance: Instance
    born: float
    since: float


class Instances:
    """Safe to call from many threads. Raises FileNotFoundError at once for a function without its bundle."""

    def __init__(  # noqa: PLR0913 - what runs where, then limits with names
        self,
        functions: Iterable[Function],
        platform: Platform,
        clock: Clock,
        log: Log,
        *,
        idle: float = IDLE_AT_MOST,
        life: float = LIFE_AT_MOST,
    ) -> None:
        self._functions = {function.name: function for function in functions}
        self._platform, self._clock, self._log = platform, clock, log
        self._longest_idle, self._longest_life = idle, life
        self._idle: dict[str, list[_Warm]] = {name: [] for name in self._functions}
        self._busy: set[Instance] = set()
        self._leaving: set[threading.Thread] = set()
        self._lock = threading.Lock()
        self._closed = False
        for function in self._functions.values():
            if not function.code.is_dir():
                raise FileNotFoundError(f"{function.code} is not there; `make bundle` makes it")

    def call(self, name: str, request_id: str, event: bytes) -> Outcome:
        """Run function `name` on a warm instance if there is one, else on a new one. Blocks until it ended.

        Raises NoInstance.
        """
        warm = self._take(name)
        outcome = warm.instance.call(request_id, event)
        self._give_back(name, warm)
        return outcome

    def reap(self) -> None:
        """End what has idled for long or is old, and what died while idle. Does not wait for preStop hooks."""
        now = self._clock.now()
        with self._lock:
            for name, line in self._idle.items():
                spent = [each for each in line if now - each.since > self._longest_idle or not self._is_fit(each)]
                self._idle[name] = [each for each in line if each not in spent]
                for each in spent:
                    self._dismiss(name, each.instance)

    def close(self) -> None:
        """End every instance, the idle ones in order; calls under way come back as crashes."""
        with self._lock:
            self._closed = True
            for name, line in self._idle.items():
                for each in line:
                    self._dismiss(name, each.instance)
                line.clear()
            for instance in self._busy:
                instance.kill()
        for leaving in self._leaving:
            leaving.join()

    def _take(self, name: str) -> _Warm:
        with self._lock:
            if self._closed:
                raise NoInstance("closing")
            line = self._idle[name]
            while line:
                # The warmest first, so that the others may grow old.
                warm = line.pop()
                if self._is_fit(warm):
                    break
                self._dismiss(name, warm.instance)
            else:
                warm = self._start(name)
            self._busy.add(warm.instance)
            return warm

    def _start(self, name: str) -> _Warm:
        now = self._clock.now()
        try:
            return _Warm(Instance(self._functions[name], self._platform, self._log), now, now)
        except OSError as error:  # this machine is short of memory or processes
            raise NoInstance(f"no instance of {name}: {error}") from error

    def _give_back(self, name: str, warm: _Warm) -> None:
        with self._lock:
            self._busy.discard(warm.instance)
            if self._closed or not self._is_fit(warm):
                self._dismiss(name, warm.instance)
            else:
                self._idle[name].append(replace(warm, since=self._clock.now()))

    def _is_fit(self, warm: _Warm) -> bool:
        return warm.instance.alive and self._clock.now() - warm.born <= self._longest_life

    def _dismiss(self, name: str, instance: Instance) -> None:
        if not (instance.alive and self._functions[name].pre_stop):
            instance.kill()
            return
        leaving = threading.Thread(target=self._stop, args=(name, instance), daemon=True)
        self._leaving = {thread for thread in self._leaving if thread.is_alive()} | {leaving}
        leaving.start()

    def _stop(self, name: str, instance: Instance) -> None:
        request_id = str(uuid.uuid4())
        outcome = instance.stop(request_id)
        if outcome.error:
            self._log(own("ERROR", f"preStop: {outcome.body.decode()}", name, request_id))
