"""The XML of MNS, in and out.

What SDKs need of it: line breaks and indents between tags, no white space around text, the elements in their
order, SystemProperties before UserProperties (the PHP SDK reads a stream and stops at the last).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NoReturn, TypeAlias
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat
from xml.sax.saxutils import escape

from local.mns.errors import MnsError
from local.mns.records import ATTRIBUTES, Account, Draft, Message, Properties, Queue

Content: TypeAlias = "str | int | Sequence[Node]"
Node: TypeAlias = "tuple[str, Content]"
"""An element: its tag, and its text, its number or the nodes in it."""


# --- in


def parse(body: bytes) -> Element:
    """The document's root, namespaces dropped. A DTD is refused, and so is all that entities could do."""
    tree = TreeBuilder()
    parser = expat.ParserCreate("utf-8", "}")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _no_dtd
    parser.StartElementHandler = lambda tag, _: tree.start(tag.rpartition("}")[2], {})
    parser.EndElementHandler = lambda tag: tree.end(tag.rpartition("}")[2])
    parser.CharacterDataHandler = tree.data
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise MnsError("MalformedXML") from error
    return tree.close()


def _no_dtd(*_: object) -> NoReturn:
    raise MnsError("MalformedXML")


def attributes(queue: Element) -> dict[str, Any]:
    """The attributes that a `<Queue>` names, by field of `records.Queue`."""
    named = {field: (bound.element, queue.findtext(bound.element)) for field, bound in ATTRIBUTES.items()}
    return {field: _value(element, text) for field, (element, text) in named.items() if text is not None}


def draft(message: Element) -> Draft:
    """A `<Message>` to be sent."""
    priority = _optional(message, "Priority")
    return Draft(
        body=message.findtext("MessageBody", ""),
        delay_seconds=_optional(message, "DelaySeconds"),
        priority=Draft.priority if priority is None else priority,
        system_properties=_properties(message, "SystemProperties/SystemPropertyValue"),
        user_properties=_properties(message, "UserProperties/PropertyValue"),
    )


def number(element: str, text: str) -> int:
    """A whole number, or InvalidArgument naming the element."""
    try:
        return int(text)
    except ValueError as error:
        raise MnsError("InvalidArgument", f"The value of {element} is not a number.") from error


def _value(element: str, text: str) -> int | bool:
    return text.lower() == "true" if element == "LoggingEnabled" else number(element, text)


def _optional(parent: Element, element: str) -> int | None:
    text = parent.findtext(element)
    return None if text is None else number(element, text)


def _properties(message: Element, path: str) -> Properties:
    return [[entry.findtext(part, "") for part in ("Name", "Value", "Type")] for entry in message.findall(path)]


# --- out


def document(tag: str, content: Content) -> bytes:
    """A whole answer around one root element."""
    first, *rest = _lines((tag, content), "")
    root = first.replace(f"<{tag}>", f'<{tag} xmlns="http://mns.aliyuncs.com/doc/v1">', 1)
    return "\n".join(['<?xml version="1.0" ?>', root, *rest, ""]).encode()


def _lines(node: Node, indent: str) -> Iterator[str]:
    tag, content = node
    if isinstance(content, (str, int)):
        # A bare carriage return would come out of the reader's parser as a line feed.
        yield f"{indent}<{tag}>{escape(str(content), {chr(13): '&#13;'})}</{tag}>"
        return
    yield f"{indent}<{tag}>"
    for child in content:
        yield from _lines(child, indent + "  ")
    yield f"{indent}</{tag}>"


def error(refused: MnsError, request_id: str, host: str) -> bytes:
    """An error; the SDKs take one without any of these four elements for a damaged answer."""
    parts = [("Code", refused.code), ("Message", refused.message), ("RequestId", request_id)]
    return document("Error", [*parts, ("HostId", f"http://{host}")])


def account(record: Account) -> bytes:
    """GetAccountAttributes."""
    return document("Account", [("LoggingBucket", record.logging_bucket)])


def queue(record: Queue, census: Counter[str]) -> bytes:
    """GetQueueAttributes."""
    return document("Queue", _queue(record, census))


def queues(listed: Iterable[tuple[Queue, Counter[str] | None]], marker: str, host: str) -> bytes:
    """ListQueue; a queue comes with all its attributes when its census is given."""
    nodes: list[Node] = []
    for record, census in listed:
        shown = [("QueueName", record.name)] if census is None else _queue(record, census)
        nodes.append(("Queue", [("QueueURL", queue_url(record.name, host)), *shown]))
    return document("Queues", [*nodes, ("NextMarker", marker)] if marker else nodes)


def queue_url(name: str, host: str) -> str:
    """Where a queue lives; the Node SDK compares the host with the one it called."""
    return f"http://{host}/queues/{name}"


def sent(message: Message) -> bytes:
    """SendMessage. The handle is given for a delayed message only."""
    handle = [("ReceiptHandle", message.handle)] if message.handles else []
    return document("Message", [*_identity(message), *handle])


def sent_batch(outcomes: Iterable[Message | MnsError]) -> bytes:
    """BatchSendMessage. No handles: the Python SDK takes an entry with any other element for damaged."""
    return document(
        "Messages",
        [("Message", _failure(it) if isinstance(it, MnsError) else _identity(it)) for it in outcomes],
    )


def received(messages: Sequence[Message], batch: bool, peeked: bool = False) -> bytes:
    """ReceiveMessage and PeekMessage, one or a batch."""
    if not batch:
        return document("Message", _message(messages[0], peeked))
    return document("Messages", [("Message", _message(message, peeked)) for message in messages])


def not_deleted(failures: Iterable[tuple[str, MnsError]]) -> bytes:
    """BatchDeleteMessage, where some handles failed."""
    return document(
        "Errors", [("Error", [*_failure(refused), ("ReceiptHandle", handle)]) for handle, refused in failures]
    )


def visibility(message: Message) -> bytes:
    """ChangeMessageVisibility."""
    return document("ChangeVisibility", [("ReceiptHandle", message.handle), ("NextVisibleTime", message.visible_at)])


def _queue(record: Queue, census: Counter[str]) -> list[Node]:
    return [
        ("QueueName", record.name),
        ("DelaySeconds", record.delay_seconds),
        ("MaximumMessageSize", record.maximum_message_size),
        ("MessageRetentionPeriod", record.message_retention_period),
        ("VisibilityTimeout", record.visibility_timeout),
        ("CreateTime", record.created),
        ("LastModifyTime", record.modified),
        ("PollingWaitSeconds", record.polling_wait_seconds),
        ("ActiveMessages", census["active"]),
        ("InactiveMessages", census["inactive"]),
        ("DelayMessages", census["delayed"]),
        ("LoggingEnabled", record.logging_enabled),
        ("MessageType", 0),
        ("EnableSSE", False),
    ]


def _identity(message: Message) -> list[Node]:
    return [("MessageId", message.id), ("MessageBodyMD5", message.md5)]


def _failure(refused: MnsError) -> list[Node]:
    return [("ErrorCode", refused.code), ("ErrorMessage", refused.message)]


def _message(message: Message, peeked: bool) -> list[Node]:
    return [
        *_identity(message),
        ("MessageBody", message.body),
        *([] if peeked else [("ReceiptHandle", message.handle)]),
        ("EnqueueTime", message.enqueued),
        ("FirstDequeueTime", message.first_dequeued or message.enqueued),
        *([] if peeked else [("NextVisibleTime", message.visible_at)]),
        ("DequeueCount", message.dequeue_count),
        ("Priority", message.priority),
        *_property_nodes("SystemProperties", "SystemPropertyValue", message.system_properties),
        *_property_nodes("UserProperties", "PropertyValue", message.user_properties),
    ]


def _property_nodes(parent: str, tag: str, properties: Properties) -> list[Node]:
    nodes = [(tag, [("Name", name), ("Value", value), ("Type", kind)]) for name, value, kind in properties]
    return [(parent, nodes)] if nodes else []
