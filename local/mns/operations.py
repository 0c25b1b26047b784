"""From a request to the engine and back to an answer, without HTTP: the vendor's operations by name.

https://help.aliyun.com/document_detail/35134.html (SendMessage) and its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from local.mns import wire
from local.mns.engine import Mns
from local.mns.errors import MnsError
from local.mns.records import WAIT


@dataclass(frozen=True)
class Call:
    """A request, understood: the operation by the vendor's name, and what it is about."""

    operation: str
    queue: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    root: Element

    @property
    def host(self) -> str:
        """Host and port as the client called them."""
        return self.headers.get("host", "")

    def number(self, name: str, default: int) -> int:
        """A number of the query string; InvalidArgument when it is none."""
        return wire.number(name, self.query.get(name.lower(), str(default)))


class Reply(NamedTuple):
    """Status, body and the headers that only this answer has."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


def understand(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Call:
    """Read a request; `headers` by lower-case name, `target` as sent."""
    path, _, query_string = target.partition("?")
    parts = [unquote(part) for part in path.strip("/").split("/")]
    query = _query(query_string)
    root = wire.parse(body) if body.strip() else Element("")
    return Call(_operation(method, parts, query, root), parts[1] if len(parts) > 1 else "", query, headers, root)


_NAMES = {
    ("GET", "", 1): "GetAccountAttributes",
    ("PUT", "", 1): "SetAccountAttributes",
    ("GET", "queues", 1): "ListQueue",
    ("PUT", "queues", 2): "CreateQueue",
    ("GET", "queues", 2): "GetQueueAttributes",
    ("DELETE", "queues", 2): "DeleteQueue",
}
"""By method, first part of the path and number of parts."""


def _query(text: str) -> dict[str, str]:
    """By lower-case name: the vendor's own samples vary in case.

    The Python SDK sends receipt handles raw, so a `+` is a plus and only the first `=` parts name from value.
    """
    pairs = (pair.partition("=") for pair in text.split("&"))
    return {unquote(name).lower(): unquote(value) for name, _, value in pairs if name}


def _operation(method: str, parts: list[str], query: Mapping[str, str], root: Element) -> str:
    if parts[:1] == ["queues"] and parts[2:] == ["messages"]:
        return _message_operation(method, query, root)
    name = _NAMES.get((method, parts[0], len(parts)))
    if name is None:
        raise MnsError("InvalidRequestURL")
    override = query.get("metaoverride", "").lower() == "true"
    return "SetQueueAttributes" if name == "CreateQueue" and override else name


def _message_operation(method: str, query: Mapping[str, str], root: Element) -> str:
    if method == "GET":
        batch = "Batch" if "numofmessages" in query else ""
        return batch + ("PeekMessage" if query.get("peekonly", "").lower() == "true" else "ReceiveMessage")
    if method == "POST":
        return "BatchSendMessage" if root.tag == "Messages" else "SendMessage"
    if method == "DELETE":
        return "BatchDeleteMessage" if root.tag == "ReceiptHandles" else "DeleteMessage"
    if method == "PUT":
        return "ChangeMessageVisibility"
    raise MnsError("InvalidRequestURL")


def perform(engine: Mns, call: Call) -> Reply:
    """Do it, once, without waiting."""
    return _PERFORM[call.operation](engine, call)


def patience(engine: Mns, call: Call) -> int:
    """For how many seconds the caller would wait for a message to come."""
    if not call.operation.endswith("ReceiveMessage"):
        return 0
    return WAIT.check(call.number("WaitSeconds", engine.queue(call.queue).polling_wait_seconds))


def _get_account(engine: Mns, call: Call) -> Reply:
    return Reply(200, wire.account(engine.account()))


def _set_account(engine: Mns, call: Call) -> Reply:
    engine.set_account(call.root.findtext("LoggingBucket", ""))
    return Reply(204)


def _list_queues(engine: Mns, call: Call) -> Reply:
    most = wire.number("x-mns-ret-number", call.headers.get("x-mns-ret-number", "1000"))
    prefix, start = call.headers.get("x-mns-prefix", ""), call.headers.get("x-mns-marker", "")
    queues, marker = engine.list_queues(prefix, start, most)
    in_full = call.headers.get("x-mns-with-meta", "").lower() == "true"
    listed = ((queue, engine.census(queue.name) if in_full else None) for queue in queues)
    return Reply(200, wire.queues(listed, marker, call.host))


def _create_queue(engine: Mns, call: Call) -> Reply:
    made = engine.create_queue(call.queue, **wire.attributes(call.root))
    return Reply(201 if made else 204, headers={"Location": wire.queue_url(call.queue, call.host)})


def _set_queue(engine: Mns, call: Call) -> Reply:
    engine.set_queue(call.queue, **wire.attributes(call.root))
    return Reply(204)


def _get_queue(engine: Mns, call: Call) -> Reply:
    return Reply(200, wire.queue(engine.queue(call.queue), engine.census(call.queue)))


def _delete_queue(engine: Mns, call: Call) -> Reply:
    engine.delete_queue(call.queue)
    return Reply(204)


def _send(engine: Mns, call: Call) -> Reply:
    return Reply(201, wire.sent(engine.send(call.queue, wire.draft(call.root))))


def _send_batch(engine: Mns, call: Call) -> Reply:
    """Which status a partial failure has is not documented; the Python SDK needs an error's to report it."""
    outcomes = engine.send_batch(call.queue, [wire.draft(message) for message in call.root.iter("Message")])
    failed = [outcome.status for outcome in outcomes if isinstance(outcome, MnsError)]
    return Reply(failed[0] if failed else 201, wire.sent_batch(outcomes))


def _receive(engine: Mns, call: Call) -> Reply:
    return Reply(200, wire.received(engine.receive(call.queue), batch=False))


def _receive_batch(engine: Mns, call: Call) -> Reply:
    received = engine.receive(call.queue, call.number("NumOfMessages", 1))
    return Reply(200, wire.received(received, batch=True))


def _peek(engine: Mns, call: Call) -> Reply:
    return Reply(200, wire.received(engine.peek(call.queue), batch=False, peeked=True))


def _peek_batch(engine: Mns, call: Call) -> Reply:
    peeked = engine.peek(call.queue, call.number("NumOfMessages", 1))
    return Reply(200, wire.received(peeked, batch=True, peeked=True))


def _delete(engine: Mns, call: Call) -> Reply:
    engine.delete(call.queue, _handle(call))
    return Reply(204)


def _delete_batch(engine: Mns, call: Call) -> Reply:
    handles = [handle.text or "" for handle in call.root.iter("ReceiptHandle")]
    failures = engine.delete_batch(call.queue, handles)
    return Reply(404, wire.not_deleted(failures)) if failures else Reply(204)


def _change_visibility(engine: Mns, call: Call) -> Reply:
    if "visibilitytimeout" not in call.query:
        raise MnsError("MissingVisibilityTimeout")
    seconds = call.number("VisibilityTimeout", 0)
    return Reply(200, wire.visibility(engine.change_visibility(call.queue, _handle(call), seconds)))


def _handle(call: Call) -> str:
    if not call.query.get("receipthandle"):
        raise MnsError("MissingReceiptHandle")
    return call.query["receipthandle"]


_PERFORM: dict[str, Callable[[Mns, Call], Reply]] = {
    "GetAccountAttributes": _get_account,
    "SetAccountAttributes": _set_account,
    "ListQueue": _list_queues,
    "CreateQueue": _create_queue,
    "SetQueueAttributes": _set_queue,
    "GetQueueAttributes": _get_queue,
    "DeleteQueue": _delete_queue,
    "SendMessage": _send,
    "BatchSendMessage": _send_batch,
    "ReceiveMessage": _receive,
    "BatchReceiveMessage": _receive_batch,
    "PeekMessage": _peek,
    "BatchPeekMessage": _peek_batch,
    "DeleteMessage": _delete,
    "BatchDeleteMessage": _delete_batch,
    "ChangeMessageVisibility": _change_visibility,
}
