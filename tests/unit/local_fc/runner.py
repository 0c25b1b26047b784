"""A pool of instances over a toy bundle, whose functions are named by their handlers."""

from __future__ import annotations

import json
import queue
from pathlib import Path
from typing import Any

from local.clock import ManualClock
from local.credential import Credential
from local.fc.errors import Outcome
from local.fc.functions import Function
from local.fc.instances import LIFE_AT_MOST, Instances
from local.fc.logs import Line
from local.fc.surroundings import Platform

PLATFORM = Platform("cn-beijing", "42", Credential("role-id", "role-secret", "role-token"))

TOY = """
import json, logging, os, sys

import beside

count = 0

def echo(event, context):
    return event

def text(event, context):
    return "小明"

def answer(event, context):
    return {"n": json.loads(event)["n"] + 1}

def unspeakable(event, context):
    return object()

def fail(event, context):
    raise ValueError("something is wrong")

def hang(event, context):
    print("hanging")
    while True:
        pass

def die(event, context):
    os._exit(3)

def leave(event, context):
    sys.exit("bye")

def remember(event, context):
    global count
    count += 1
    return [os.getpid(), count]

def describe(event, context):
    credentials = getattr(context, "credentials", None)
    return {
        "request_id": context.request_id,
        "credentials": credentials and [getattr(credentials, name) for name in
            ("access_key_id", "access_key_secret", "security_token")],
        "function": [context.function.name, context.function.handler, context.function.memory,
            context.function.timeout],
        "where": [context.region, context.account_id],
        "logger": [context.logger is None, context.getLogger() is logging.getLogger()],
        "service": hasattr(context, "service"),
    }

def environment(event, context):
    return dict(os.environ)

def surroundings(event, context):
    import importlib.util
    return {"cwd": os.getcwd(), "first": sys.path[0], "stdin": sys.stdin.read(), "beside": beside.WORD,
        "cosdrop": [name for name in ("local", "ops", "shared") if importlib.util.find_spec(name)],
        "preinstalled": importlib.util.find_spec("requests") is not None}

def start(context):
    global count
    count += 100
    print("starting")

def fail_to_start(context):
    raise OSError("no database")

def hang_at_start(context):
    while True:
        pass

def say_goodbye(context):
    print("goodbye", context.request_id)

def fail_to_leave(context):
    raise OSError("no way out")

def hoard(event, context):
    held = bytearray(300 * 1024 * 1024)
    return len(held)

def hoard_and_hang(event, context):
    held = bytearray(300 * 1024 * 1024)
    while True:
        pass

def speak(event, context):
    print("printed 小明")
    os.write(1, b"written\\n")
    sys.stderr.write("complained\\n")
    logging.getLogger().info("logged %s", 1)
    logging.getLogger().debug("not shown")
    sys.stdout.write("unfinished")
    sys.stdout.flush()
    os._exit(0)
"""


class Runner:
    """A pool over the toy bundle, whose functions are named by their handlers."""

    def __init__(self, folder: Path) -> None:
        (folder / "index.py").write_text(TOY, encoding="utf-8")
        (folder / "beside.py").write_text("WORD = 'here'\n")
        (folder / "broken.py").write_text("import nothing_of_that_name\n")
        self.folder = folder
        self.clock = ManualClock()
        self.lines: queue.Queue[Line] = queue.Queue()
        self._pools: list[Instances] = []

    def pool(self, handler: str = "index.echo", life: float = LIFE_AT_MOST, **settings: Any) -> Instances:
        settings = {"timeout": 20, "memory": 256, **settings}
        function = Function("f", self.folder, handler=handler, **settings)
        pool = Instances([function], PLATFORM, self.clock, self.lines.put, life=life)
        self._pools.append(pool)
        return pool

    def call(self, handler: str, event: bytes = b"", **settings: Any) -> Outcome:
        return self.pool(handler, **settings).call("f", "1-request", event)

    def json(self, handler: str, event: bytes = b"", **settings: Any) -> Any:
        return json.loads(self.call(handler, event, **settings).body)

    def line(self, level: str = "") -> Line:
        """The next line of that level that the functions wrote, or of any but DEBUG, which FC's own marks are of."""
        while True:
            line = self.lines.get(timeout=10)
            if line.level == level or (not level and line.level != "DEBUG"):
                return line

    def close(self) -> None:
        for pool in self._pools:
            pool.close()
