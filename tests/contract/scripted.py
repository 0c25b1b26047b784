"""A server that answers what a test tells it to, byte for byte, and remembers what it was asked."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import responses

from local.serving import LOOPBACK, listen


@dataclass
class Scripted:
    """The running server: where it is, and the requests it has read, each whole."""

    url: str
    requests: list[bytes] = field(default_factory=list)

    @property
    def verbs(self) -> list[str]:
        """The verb of each request."""
        return [request.split(b" ", 1)[0].decode() for request in self.requests]

    @property
    def bodies(self) -> list[bytes]:
        """The body of each request."""
        return [request.partition(b"\r\n\r\n")[2] for request in self.requests]


def answer(status: int, body: bytes = b"", *headers: str) -> bytes:
    """An answer as it goes over the wire; `headers` are whole lines."""
    lines = (f"HTTP/1.1 {status} {responses[status]}", f"Content-Length: {len(body)}", "Connection: close", *headers)
    return "\r\n".join((*lines, "", "")).encode() + body


@contextmanager
def scripted(*answers: bytes, tls: ssl.SSLContext | None = None) -> Iterator[Scripted]:
    """Serve from a thread: each request gets the next answer, and the last one for ever; then it hangs up.

    An empty answer is to hang up without a word.
    """
    sock = listen()
    server = Scripted(f"{'https' if tls else 'http'}://{LOOPBACK}:{sock.getsockname()[1]}")
    thread = threading.Thread(target=_serve, args=(sock, server, answers, tls), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        sock.shutdown(socket.SHUT_RDWR)  # wakes the thread, which a mere close would not
        thread.join(timeout=5)
        sock.close()


@contextmanager
def silent(patience: float = 3.0) -> Iterator[str]:
    """`host:port` of a server that lets clients connect and says nothing.

    It hangs up after `patience` seconds, so that a client without a time-out fails its test and does not hang it.
    """
    sock = listen()
    timer = threading.Timer(patience, sock.close)
    timer.start()
    try:
        yield f"{LOOPBACK}:{sock.getsockname()[1]}"
    finally:
        timer.cancel()
        sock.close()


def _serve(sock: socket.socket, server: Scripted, answers: tuple[bytes, ...], tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            peer, _ = sock.accept()
        except OSError:
            return
        peer.settimeout(5)
        # A client may hang up in the middle: over a certificate, or because it has read enough.
        with suppress(OSError), tls.wrap_socket(peer, server_side=True) if tls else peer as connection:
            server.requests.append(_request(connection))
            connection.sendall(answers[min(len(server.requests), len(answers)) - 1])


def _request(connection: socket.socket) -> bytes:
    heard = b""
    while b"\r\n\r\n" not in heard:
        heard += _more(connection)
    head, _, body = heard.partition(b"\r\n\r\n")
    lines = [line.lower().partition(b":") for line in head.split(b"\r\n")]
    length = next((int(value) for name, _, value in lines if name == b"content-length"), 0)
    while len(body) < length:
        body += _more(connection)
    return head + b"\r\n\r\n" + body


def _more(connection: socket.socket) -> bytes:
    piece = connection.recv(65_536)
    if not piece:
        raise ConnectionResetError
    return piece
