"""The queue, by aliyun-mns 1.1.5. One account per adapter, one adapter per invocation: the SDK's socket has no lock."""

from __future__ import annotations

import base64
import binascii
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from mns import mns_client
from mns.account import Account
from mns.mns_exception import MNSExceptionBase, MNSServerException
from mns.queue import Message as MnsMessage

from shared.aliyun.credentials import Credentials
from shared.errors import NotNow
from shared.ports import Message
from shared.settings import Settings

BATCH = 16
_GONE = ("MessageNotExist", "ReceiptHandleError")

# aliyun-mns 1.1.5 prints the access key secret and every string to sign on standard output, which is FC's log.
# A name in the module's own globals comes before the builtin.
mns_client.print = lambda *args, **kwargs: None


class MnsQueue:
    """`Queue` over one MNS queue. `timeout`, in seconds, is that of every wait for the service."""

    def __init__(self, settings: Settings, credentials: Credentials, timeout: float = 20.0) -> None:
        self._timeout = timeout
        # The token must be text: None breaks every call with a misleading network error.
        account = Account(
            settings.mns_endpoint,
            credentials.access_key_id,
            credentials.access_key_secret,
            credentials.security_token,
        )
        account.mns_client.set_connection_timeout(timeout)  # ignored by the SDK for https: see _deadline
        account.mns_client.set_keep_alive(False)  # the SDK never closes a kept socket, and sends anew on a dead one
        self._sending: Any = account.get_queue(settings.queue)
        self._queue: Any = account.get_queue(settings.queue)
        # Two views of one queue: without its base64 the SDK cannot send at all, and with it one foreign body that is
        # not base64 makes the whole batch unreadable, and undeletable. So it encodes, and we decode.
        self._queue.set_encoding(False)

    def send(self, body: str, delay: int = 0) -> None:
        """SendMessage."""
        with _translated(self._timeout):
            self._sending.send_message(MnsMessage(body, delay))

    def receive(self) -> Sequence[Message]:
        """BatchReceiveMessage, short poll: waiting would be billed as run time."""
        with _translated(self._timeout):
            try:
                got = self._queue.batch_receive_message(BATCH, 0)
            except MNSServerException as error:
                if error.type == "MessageNotExist":  # this is how the SDK says: empty
                    return ()
                raise
        return [Message(one.receipt_handle, _text(one.message_body)) for one in got]

    def postpone(self, handle: str, seconds: int) -> None:
        """ChangeMessageVisibility."""
        with _unless_gone(self._timeout):
            self._queue.change_message_visibility(handle, seconds)

    def delete(self, handle: str) -> None:
        """DeleteMessage."""
        with _unless_gone(self._timeout):
            self._queue.delete_message(handle)


@contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    # The SDK gives https sockets no time-out of their own; the process-wide default is all that reaches them.
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


@contextmanager
def _translated(timeout: float) -> Iterator[None]:
    """Every failure of the SDK as NotNow; its own texts may hold whole bodies, so they are not repeated."""
    try:
        with _deadline(timeout):
            yield
    except MNSServerException as error:
        raise NotNow(f"MNS answered {error.type} (request {error.req_id})") from None
    # Its parser lets errors of its own through: an AttributeError for an element within a message's element.
    except (MNSExceptionBase, OSError, ValueError, KeyError, AttributeError) as error:
        raise NotNow(f"MNS gave no usable answer ({type(error).__name__})") from None


@contextmanager
def _unless_gone(timeout: float) -> Iterator[None]:
    with _translated(timeout):
        try:
            yield
        except MNSServerException as error:
            if error.type not in _GONE:
                raise


def _text(body: str | bytes) -> str:
    """The body as it was sent; one that is not base64 of text is somebody else's and stays as it is."""
    raw = body.encode() if isinstance(body, str) else body
    try:
        return base64.b64decode(raw, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return raw.decode("utf-8", "replace")
