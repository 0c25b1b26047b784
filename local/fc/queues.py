"""Messages to MNS queues, sent as anybody would send them: by the unmodified aliyun-mns."""

from __future__ import annotations

from collections.abc import Callable

from mns import mns_client
from mns.account import Account
from mns.mns_exception import MNSServerException
from mns.queue import Message

from local.credential import Credential

Send = Callable[[str, bytes], None]
"""Sends a body to the queue of that name. Raises Refused for good, any other exception for the time being."""

_PATIENCE = 10
"""Seconds for a queue to answer."""

_NOT_ITS_FAULT = frozenset({"InternalError", "InternalServerError", "ServiceUnavailable"})
"""Codes of the 5xx: aliyun-mns 1.1.5 keeps a refusal's code, not its status."""


# aliyun-mns 1.1.5 prints the secret and every string to sign. A name of the module's own comes before the builtin.
mns_client.print = lambda *args, **kwargs: None


class Refused(Exception):
    """The queue will never take this message: it is not there, or the message is too large for it."""


def sender(endpoint: str, credential: Credential) -> Send:
    """Sends to the queues at `endpoint` in the name of `credential`."""

    def send(queue: str, body: bytes) -> None:
        # A client of its own each time: its one connection is not for two threads. It never closes one it keeps.
        account = Account(endpoint, credential.id, credential.secret, credential.token)
        account.mns_client.set_connection_timeout(_PATIENCE)
        account.mns_client.set_keep_alive(False)
        try:
            account.get_queue(queue).send_message(Message(body.decode()))
        except MNSServerException as error:
            if error.type in _NOT_ITS_FAULT:
                raise
            raise Refused(str(error)) from error

    return send


def nowhere(queue: str, body: bytes) -> None:
    """There are no queues here."""
    raise Refused(f"no queue {queue}: the local stack runs without MNS")
