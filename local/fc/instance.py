"""One function instance: a process that runs a bundle and serves one request at a time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sysconfig
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from sys import executable
from typing import BinaryIO, cast

from local.credential import Credential
from local.fc import boot
from local.fc.engine import Outcome
from local.fc.stack_file import Function

Log = Callable[[str, str], None]
"""Takes the function's name and one line of its log."""


@dataclass(frozen=True)
class Platform:
    """What every function sees around it: where it runs, as whom (its role's `credential`), under which interpreter.

    `site_packages` stands for what FC preinstalls; it comes after the bundle on the path.
    """

    region: str
    account_id: str
    credential: Credential
    interpreter: str = executable
    site_packages: str = field(default_factory=lambda: sysconfig.get_path("purelib"))


class Instance:
    """One process, started at once. Use from one thread at a time."""

    def __init__(self, function: Function, platform: Platform, log: Log) -> None:
        self._function, self._platform, self._log = function, platform, log
        self._timed_out = False
        self._process = subprocess.Popen(  # noqa: S603 - the interpreter and the file are ours
            # No -S, no site: an editable install of cosdrop would lend the bundle what it lacks.
            [platform.interpreter, "-I", "-S", "-B", "-X", "utf8", boot.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=function.code,
            env=_environment(function, platform),
            start_new_session=True,  # Ctrl-C in the terminal is for the runner alone
        )
        self._lines = threading.Thread(target=self._follow, args=(cast(BinaryIO, self._process.stderr),), daemon=True)
        self._lines.start()
        with suppress(OSError):  # a process that is gone already shows as a crash of the first call
            boot.send(self._stdin, self._settings())

    @property
    def alive(self) -> bool:
        """Can it take another request?"""
        return not self._timed_out and self._process.poll() is None

    def call(self, request_id: str, event: bytes) -> Outcome:
        """Run the function once; its time includes a cold start. Kills the process at the function's timeout."""
        started = time.monotonic()
        alarm = threading.Timer(self._function.timeout, self._time_out)
        alarm.daemon = True
        alarm.start()
        frame = self._exchange(request_id, event)
        alarm.cancel()
        if frame is not None:
            return Outcome(frame[1], frame[0]["error"])
        self.kill()
        return self._failure(time.monotonic() - started)

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

    def _settings(self) -> dict[str, object]:
        function, platform = self._function, self._platform
        return {
            "bundle": str(function.code),
            "site_packages": platform.site_packages,
            "runtime": function.runtime,
            "region": platform.region,
            "account_id": platform.account_id,
            "function": {
                "name": function.name,
                "handler": function.handler,
                "memory": function.memory,
                "timeout": function.timeout,
            },
        }

    def _exchange(self, request_id: str, event: bytes) -> boot.Frame | None:
        request = {"request_id": request_id, "credentials": _as_given(self._platform.credential)}
        try:
            boot.send(self._stdin, request, event)
            return boot.receive(self._stdout)
        except (OSError, ValueError):  # the latter when another thread has closed the pipes
            return None

    def _time_out(self) -> None:
        self._timed_out = True
        self._kill_group()

    def _kill_group(self) -> None:
        if self._process.returncode is None:  # once it was waited for, the number may be somebody else's
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _failure(self, seconds: float) -> Outcome:
        if self._timed_out:
            return _fault("FunctionTimeoutError", f"Function timed out after {self._function.timeout} seconds")
        told = f"Process exited unexpectedly before completing request (duration: {seconds * 1000:.0f}ms)"
        return _fault("UnhandledInvocationError", told)

    def _follow(self, lines: BinaryIO) -> None:
        with lines:
            for line in lines:
                self._log(self._function.name, line.decode("utf-8", "replace").rstrip("\r\n"))


def _fault(error: str, message: str) -> Outcome:
    return Outcome(json.dumps({"errorMessage": message}).encode(), error)


def _as_given(credential: Credential) -> dict[str, str]:
    """By the names that FC gives to the parts of a credential."""
    return {
        "access_key_id": credential.id,
        "access_key_secret": credential.secret,
        "security_token": credential.token,
    }


def _environment(function: Function, platform: Platform) -> dict[str, str]:
    """What FC sets, then what the function's own settings say, and nothing of this machine but PATH."""
    # python3.12 runs on Debian 11, where the version's variable has another name; its credentials are here, too.
    newer = function.runtime == "python3.12"
    role = {f"ALIBABA_CLOUD_{key.upper()}": value for key, value in _as_given(platform.credential).items()}
    return {
        "PATH": os.defpath,
        "TZ": "UTC",
        **function.environment,
        "FC_ACCOUNT_ID": platform.account_id,
        "FC_FUNC_CODE_PATH": str(function.code),
        "FC_FUNCTION_HANDLER": function.handler,
        "FC_FUNCTION_MEMORY_SIZE": str(function.memory),
        "FC_FUNCTION_NAME": function.name,
        "FC_INSTANCE_ID": f"c-{uuid.uuid4().hex}",
        "FC_REGION": platform.region,
        "FC_FUNCTION_VERSION" if newer else "FC_VER_ID": "LATEST",
        **(role if newer else {}),
    }
