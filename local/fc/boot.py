"""Runs one function in a process of its own, as Function Compute's Python runtimes do.

Started by `instance` under the function's interpreter; imports nothing but the standard library and the bundle.
Frames go over stdin and stdout; whatever the function prints goes to stderr, which is its log.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import queue
import struct
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, BinaryIO

_LENGTHS = struct.Struct(">II")

Frame = tuple[dict[str, Any], bytes]
"""A head of JSON values and a body of bytes."""


def send(stream: BinaryIO, head: dict[str, Any], body: bytes = b"") -> None:
    """Write one frame. Raises OSError when the other side has gone."""
    encoded = json.dumps(head).encode()
    stream.write(_LENGTHS.pack(len(encoded), len(body)) + encoded + body)
    stream.flush()


def receive(stream: BinaryIO) -> Frame | None:
    """The next frame, or None when the other side has gone."""
    lengths = stream.read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    head, body = _LENGTHS.unpack(lengths)
    data = stream.read(head + body)
    return (json.loads(data[:head]), data[head:]) if len(data) == head + body else None


class ImportModuleError(Exception):
    """The handler's module or the handler in it cannot be loaded; named as FC names it."""


class Context:
    """The second argument of a handler; python3.12 has no `credentials`, no `service` and no logger of its own.

    See https://help.aliyun.com/en/functioncompute/fc/context-1
    """

    def __init__(self, settings: dict[str, Any], request: dict[str, Any]) -> None:
        self.request_id = request["request_id"]
        self.region, self.account_id = settings["region"], settings["account_id"]
        self.function = SimpleNamespace(**settings["function"])
        self.logger: logging.Logger | None = None
        if settings["runtime"] == "python3.12":
            self.function.version_id, self.function.qualifier = "", "LATEST"
            self.log_project = self.log_store = ""
        else:
            self.credentials = SimpleNamespace(**request["credentials"])
            self.service = SimpleNamespace(log_project="", log_store="", qualifier="LATEST", version_id="")
            self.logger = logging.getLogger()

    def getLogger(self) -> logging.Logger:  # noqa: N802 - the vendor's name
        """The root logger, whose lines carry the request id."""
        self.logger = logging.getLogger()
        return self.logger


class _Lines(logging.Formatter):
    """Log lines as FC writes them: `<UTC>Z <request id> [LEVEL] text`."""

    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"
    request_id = ""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(request_id)s [%(levelname)s] %(message)s")
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        record.request_id = self.request_id
        return super().format(record)


def main() -> None:
    """Answer requests until stdin closes, which it also does when the runner is killed."""
    inbox, outbox = _take_pipes()
    frames: queue.SimpleQueue[Frame] = queue.SimpleQueue()
    threading.Thread(target=_pump, args=(inbox, frames), daemon=True).start()
    settings, _ = frames.get()
    sys.path[:] = [settings["bundle"], *sys.path, settings["site_packages"]]
    lines = _log_to_stdout()
    send(outbox, {"ready": True})
    while True:
        request, event = frames.get()
        phase, lines.request_id = request["phase"], request["request_id"]
        _mark(phase, "Start", lines.request_id)
        answer = _answer(phase, request["handler"], event, Context(settings, request))
        _mark(phase, "End", lines.request_id)
        send(outbox, *answer)


def _mark(phase: str, moment: str, request_id: str) -> None:
    """Tell the log, as FC does, where the lines of a request begin and end."""
    with suppress(OSError, ValueError):  # a function may have closed its standard output
        sys.stdout.flush()
    with suppress(OSError):  # or all of its log
        os.write(2, f"FC {phase} {moment} RequestId: {request_id}\n".encode())


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep stdin and stdout for frames; leave the function an empty stdin, and stderr for all it prints."""
    inbox, outbox = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    return inbox, outbox


def _log_to_stdout() -> _Lines:
    lines, stdout = _Lines(), logging.StreamHandler(sys.stdout)
    stdout.setFormatter(lines)
    logging.basicConfig(level=logging.INFO, handlers=[stdout])
    return lines


def _pump(inbox: BinaryIO, frames: queue.SimpleQueue[Frame]) -> None:
    while frame := receive(inbox):
        frames.put(frame)
    os._exit(0)


def _load(handler: str) -> Callable[..., Any]:
    """What `handler` (index.handler) names. Raises ImportModuleError; FC takes the event first and fails then."""
    module, _, name = handler.rpartition(".")
    try:
        found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    except Exception as error:
        unusable = ImportModuleError(f"Unable to import module '{module}': {error!r}")
        raise unusable.with_traceback(error.__traceback__) from error
    return found


def _answer(phase: str, handler: str, event: bytes, context: Context) -> Frame:
    try:
        if phase == "Invoke":
            return {"error": ""}, _encode(_load(handler)(event, context))
        # A hook is given the context alone, and what it returns is nobody's business.
        _load(handler)(context)
        return {"error": ""}, b""
    except Exception as error:
        traceback.print_exc()
        return {"error": "UnhandledInvocationError"}, json.dumps(_describe(error)).encode()


def _encode(answer: Any) -> bytes:
    if isinstance(answer, bytes):
        return answer
    return (answer if isinstance(answer, str) else json.dumps(answer)).encode()


def _describe(error: Exception) -> dict[str, Any]:
    """See https://www.alibabacloud.com/help/en/functioncompute/fc/user-guide/error-handling-1-1"""
    # The first frame is ours, FC does not show its own either.
    frames = traceback.extract_tb(error.__traceback__)[1:]
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "stackTrace": [
            [f'File "{frame.filename}"', f"line {frame.lineno}", f"in {frame.name}", frame.line] for frame in frames
        ],
    }


if __name__ == "__main__":
    main()
