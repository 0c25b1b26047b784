"""What running a function needs to know of it: the records that `stack_file` reads and all else here works on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_FUNCTION = re.compile(r"acs:fc:[^:]*:[^:]*:functions/([\w-]+)(?:/LATEST)?")
_QUEUE = re.compile(r"acs:mns:[^:]*:[^:]*:/queues/([\w-]+)/messages")


@dataclass(frozen=True)
class Timer:
    """A timer trigger; `cron` as in `local.fc.cron`. One that is not `enabled` never fires."""

    name: str
    cron: str
    payload: str = ""
    enabled: bool = True


@dataclass(frozen=True)
class OssTrigger:
    """An OSS trigger; `events` with their `oss:` prefix, wildcards allowed."""

    name: str
    bucket: str
    events: tuple[str, ...]
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True)
class Hook:
    """A function of the bundle that is called with the context alone; `timeout` in seconds."""

    handler: str
    timeout: int


@dataclass(frozen=True)
class Destination:
    """Who is told how an asynchronous invocation ended: a function or a queue, of which the other is ''.

    Raises ValueError for an ARN of any other kind.
    """

    arn: str
    function: str = field(init=False, default="")
    queue: str = field(init=False, default="")

    def __post_init__(self) -> None:
        function, queue = _FUNCTION.fullmatch(self.arn), _QUEUE.fullmatch(self.arn)
        if not (function or queue):
            raise ValueError(f"{self.arn} is neither a function nor a queue's messages")
        object.__setattr__(self, "function", function[1] if function else "")
        object.__setattr__(self, "queue", queue[1] if queue else "")


@dataclass(frozen=True)
class Function:
    """One function. `timeout` and `max_age` in seconds, `memory` in MB.

    The defaults are those of fc3, 3 seconds of timeout among them.
    """

    name: str
    code: Path
    handler: str = "index.handler"
    runtime: str = "python3.10"
    description: str = ""
    timeout: int = 3
    memory: int = 512
    environment: Mapping[str, str] = field(default_factory=dict)
    initializer: Hook | None = None
    pre_stop: Hook | None = None
    timers: tuple[Timer, ...] = ()
    oss_triggers: tuple[OssTrigger, ...] = ()
    retries: int = 3
    max_age: int = 86_400
    on_success: Destination | None = None
    on_failure: Destination | None = None
    reserved_concurrency: int | None = None
