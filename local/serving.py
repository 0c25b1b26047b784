"""One way to put an ASGI application on loopback: in this process (`run`) or in a thread of a test (`in_thread`)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = "127.0.0.1"
_LOCAL_NAMES = {"127.0.0.1", "localhost"}


class LoopbackOnly:
    """Refuses requests whose Host is not this machine, so that no web page can reach a server by DNS rebinding."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 421."""
        if scope["type"] == "http" and _host(scope) not in _LOCAL_NAMES:
            await send({"type": "http.response.start", "status": 421, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
            return
        await self._app(scope, receive, send)


def _host(scope: Scope) -> str:
    headers = dict(scope["headers"])
    return str(headers.get(b"host", b"").decode("latin-1").partition(":")[0])


def listen(port: int = 0) -> socket.socket:
    """A listening loopback socket; port 0 takes a free one."""
    # The protocol by name: asyncio turns Nagle's algorithm off only then, and with it every answer takes 40 ms more.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((LOOPBACK, port))
    sock.listen(128)
    return sock


def server(app: ASGIApp) -> uvicorn.Server:
    """A quiet server for `app`, not yet running."""
    return uvicorn.Server(
        uvicorn.Config(
            LoopbackOnly(app),
            log_level="warning",
            access_log=False,
            server_header=False,
            http="h11",  # pure Python: one wheel less, and it keeps the raw request target
            timeout_graceful_shutdown=1,
        )
    )


def run(app: ASGIApp, port: int) -> None:
    """Serve until the process is told to end."""
    server(app).run(sockets=[listen(port)])


@contextmanager
def in_thread(app: ASGIApp) -> Iterator[str]:
    """Serve from a thread on a free port; yields `http://127.0.0.1:PORT`."""
    sock = listen()
    running = server(app)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{sock.getsockname()[1]}"
    finally:
        running.should_exit = True
        thread.join(timeout=5)
        sock.close()
