"""A local Function Compute over toy functions that can be heard, for the tests that drive it by its SDKs."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import fc2

from local.clock import WallClock
from local.credential import Credential
from local.fc.engine import Fc
from local.fc.functions import Destination, Function, Hook, OssTrigger, Timer
from local.fc.http import app
from local.fc.instances import Instances
from local.fc.logs import Log
from local.fc.queues import Send, nowhere
from local.fc.surroundings import Platform
from local.serving import in_thread
from local.state import State

KEY = Credential("id", "secret")
TEMPORARY = Credential("sts", "temporary", "token")
PLATFORM = Platform("cn-beijing", "42", Credential("role", "role-secret", "role-token"))

TELL = Destination("acs:fc:cn-beijing:42:functions/tell")

TOY = """
import os, socket, time

def say(event):
    with socket.create_connection(("127.0.0.1", int(os.environ["EAR"]))) as ear:
        ear.sendall(event)

def echo(event, context):
    return b"heard " + event

def cannot_start(context):
    raise OSError("no database")

def leave(context):
    say(b"left")

def fail(event, context):
    raise ValueError("something is wrong")

def tell(event, context):
    say(event)

def hold(event, context):
    with socket.create_connection(("127.0.0.1", int(os.environ["EAR"]))) as ear:
        ear.sendall(b"began")
        time.sleep(15)
        ear.sendall(b", outlived it")

def flaky(event, context):
    say(event)
    if not os.path.exists("second"):
        open("second", "w").close()
        raise ValueError("the first time")
"""


class Ear:
    """A socket by which functions are heard the moment they speak."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(20)
        self.environment = {"EAR": str(self._server.getsockname()[1])}

    def listen(self) -> BinaryIO:
        """What the next function says, while it says it; waits for it."""
        with self._server.accept()[0] as connection:
            connection.settimeout(20)
            return connection.makefile("rb")

    def hear(self) -> bytes:
        """All that the next function says."""
        with self.listen() as said:
            return said.read()

    def close(self) -> None:
        """Hear nothing more."""
        self._server.close()


class Booth:
    """A running server, and what its functions say."""

    def __init__(self, endpoint: str, ear: Ear) -> None:
        self.endpoint, self.hear, self.listen = endpoint, ear.hear, ear.listen

    def client(self, key: Credential = KEY) -> Any:
        """An unmodified aliyun-fc2 2.5.2."""
        names = {"accessKeyID": key.id, "accessKeySecret": key.secret, "securityToken": key.token}
        return fc2.Client(endpoint=self.endpoint, **names)

    def invoke(self, function: str, event: bytes = b"", **headers: str) -> Any:
        """Call `function` by it."""
        return self.client().invoke_function("any", function, payload=event, headers=headers)


def functions(folder: Path) -> list[Function]:
    """One for each thing that a function may do."""
    photos = OssTrigger("photos", "pics", ("oss:ObjectCreated:PutObject",), "photos/", ".jpg")

    def toy(name: str, **settings: Any) -> Function:
        return Function(name, folder, handler=f"index.{name}", timeout=20, **settings)

    return [
        toy("echo", on_success=TELL),
        toy("fail", retries=0, on_failure=TELL),
        toy("tell", oss_triggers=(photos,), timers=(Timer("asleep", "@every 5m", "go", enabled=False),)),
        toy("flaky"),
        replace(toy("echo"), name="unable", description="Never starts", initializer=Hook("index.cannot_start", 20)),
        replace(toy("echo"), name="blocked", reserved_concurrency=0),
    ]


@contextmanager
def serving(folder: Path, *declared: Function, send: Send = nowhere, log: Log = lambda line: None) -> Iterator[Booth]:
    """A server on loopback over `declared`, all its state below `folder`; `send` takes what queues are told."""
    (folder / "index.py").write_text(TOY)
    ear, state, clock = Ear(), State(folder / "state"), WallClock()
    deployed = [replace(function, environment=ear.environment) for function in declared or functions(folder)]
    instances = Instances(deployed, PLATFORM, clock, lambda line: None)
    engine = Fc(state, clock, deployed, account_id="42")
    keys = [KEY, TEMPORARY]
    server = app(engine, state, instances=instances, credentials=keys, wall=clock, send=send, log=log)
    with in_thread(server) as endpoint:
        yield Booth(endpoint, ear)
    state.close()
    ear.close()
