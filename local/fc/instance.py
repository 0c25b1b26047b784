"""One function instance: a process that runs a bundle and serves one request at a time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import replace
from typing import BinaryIO, cast

from local.fc import boot, surroundings
from local.fc.errors import INITIALIZATION, UNHANDLED, Kind, Outcome
from local.fc.functions import Function, Hook
from local.fc.logs import Log, Reader
from local.fc.surroundings import Platform
from local.fc.watch import Watch


class Instance:
    """One process, started at once. Use from one thread at a time."""

    def __init__(self, function: Function, platform: Platform, log: Log) -> None:
        self._function, self._platform, self._log = function, platform, log
        self._ready = self._initialized = self._spent = False
        self._process = subprocess.Popen(  # noqa: S603 - the interpreter and the file are ours
            # No -S, no site: an editable install of cosdrop would lend the bundle what it lacks.
            [platform.interpreter(function.runtime).executable, "-I", "-S", "-B", "-X", "utf8", boot.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=function.code,
            env=surroundings.environment(function, platform),
            start_new_session=True,  # Ctrl-C in the terminal is for the runner alone
        )
        self._lines = threading.Thread(target=self._follow, args=(cast(BinaryIO, self._process.stderr),), daemon=True)
        self._lines.start()
        with suppress(OSError):  # a process that is gone already shows as a crash of the first call
            boot.send(self._stdin, surroundings.settings(function, platform))

    @property
    def alive(self) -> bool:
        """Can it take another request?"""
        return not self._spent and self._process.poll() is None

    def call(self, request_id: str, event: bytes) -> Outcome:
        """Run the function once, before its first time the initializer; when that fails the instance is spent.

        Kills the process at the function's time-out, or when it takes too much memory.
        """
        unfit = self._initialize(request_id)
        return unfit or self._run("Invoke", request_id, Hook(self._function.handler, self._function.timeout), event)

    def stop(self, request_id: str) -> Outcome:
        """Run the preStop hook, if there is one, then end the process."""
        hook = self._function.pre_stop
        outcome = self._run("PreStop", request_id, hook) if hook and self.alive else Outcome(b"")
        self.kill()
        return outcome

    def kill(self) -> None:
        """End the process and all it started, and hear out its last lines."""
        self._kill_group()
        self._process.wait()
        self._lines.join(timeout=1)
        for pipe in (self._stdin, self._stdout):
            with suppress(OSError):  # what was not yet written can no longer be
                pipe.close()

    @property
    def _stdin(self) -> BinaryIO:
        return cast(BinaryIO, self._process.stdin)

    @property
    def _stdout(self) -> BinaryIO:
        return cast(BinaryIO, self._process.stdout)

    def _initialize(self, request_id: str) -> Outcome | None:
        hook = None if self._initialized else self._function.initializer
        outcome = self._run("Initialize", request_id, hook) if hook else Outcome(b"")
        self._initialized = True
        if not outcome.error:
            return None
        self._spent = True
        return replace(outcome, error=INITIALIZATION)

    def _run(self, phase: str, request_id: str, entry: Hook, event: bytes = b"") -> Outcome:
        self._await_start()
        role = surroundings.credentials(self._platform)
        request: dict[str, object] = {
            "phase": phase,
            "request_id": request_id,
            "handler": entry.handler,
            "credentials": role,
        }
        began = time.monotonic()
        with Watch(self._process.pid, entry.timeout, self._function.memory, self._kill_group) as watch:
            frame = self._exchange(request, event)
        if frame is not None and not (watch.timed_out or watch.out_of_memory):
            error = frame[0]["error"]
            return Outcome(frame[1], error, "FunctionUnhandledError" if error else "")
        self._spent = True
        self.kill()
        return _failure(watch, entry.timeout, time.monotonic() - began)

    def _await_start(self) -> None:
        """Starting a process is not of a request's time on FC either; loading the code is."""
        if not self._ready:
            with suppress(OSError, ValueError):
                boot.receive(self._stdout)
            self._ready = True

    def _exchange(self, request: dict[str, object], event: bytes) -> boot.Frame | None:
        try:
            boot.send(self._stdin, request, event)
            return boot.receive(self._stdout)
        except (OSError, ValueError):  # the latter when another thread has closed the pipes
            return None

    def _kill_group(self) -> None:
        if self._process.returncode is None:  # once it was waited for, the number may be somebody else's
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _follow(self, lines: BinaryIO) -> None:
        reader = Reader(self._function.name)
        with lines:
            for raw in lines:
                for line in reader.lines(time.time(), raw.decode("utf-8", "replace").rstrip("\r\n")):
                    self._log(line)


def _failure(watch: Watch, timeout: int, seconds: float) -> Outcome:
    """The error of a run that gave no answer, in FC's words for a time-out and for a process that died."""
    memory = f"maxMemoryUsage: {watch.peak / 1024**2:.2f}MB"
    if watch.timed_out:
        return _fault(f"Function timed out after {timeout} seconds ({memory})", "FunctionTimeoutError")
    told = f"Process exited unexpectedly before completing request (duration: {seconds * 1000:.0f}ms, {memory})"
    return _fault(told, "FunctionOOMError" if watch.out_of_memory else "FunctionUnhandledError")


def _fault(message: str, kind: Kind) -> Outcome:
    return Outcome(json.dumps({"errorMessage": message}).encode(), UNHANDLED, kind)
