"""From a request to the vendor's operation, and the answer's status, without HTTP."""

from __future__ import annotations

import pytest

from local.clock import ManualClock
from local.mns.engine import Mns
from local.mns.errors import MnsError
from local.mns.operations import Reply, patience, perform, understand
from local.mns.records import Draft
from local.state import State

HOST = {"host": "127.0.0.1:9000"}
MESSAGES = "/queues/tasks/messages"
TEXT = b"<Message><MessageBody>x</MessageBody></Message>"
BATCH = b"<Messages><Message><MessageBody>x</MessageBody></Message></Messages>"


@pytest.fixture
def mns() -> Mns:
    engine = Mns(State(), ManualClock())
    engine.create_queue("tasks", polling_wait_seconds=7)
    return engine


def ask(mns: Mns, method: str, target: str, body: bytes = b"", **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return perform(mns, understand(method, target, HOST | named, body))


def refusal(mns: Mns, method: str, target: str, body: bytes = b"", **headers: str) -> tuple[int, str]:
    with pytest.raises(MnsError) as refused:
        ask(mns, method, target, body, **headers)
    return refused.value.status, refused.value.code


@pytest.mark.parametrize(
    ("method", "target", "body", "operation"),
    [
        ("GET", "/?accountmeta=true", b"", "GetAccountAttributes"),
        ("PUT", "/?accountmeta=true", b"<Account/>", "SetAccountAttributes"),
        ("GET", "/queues", b"", "ListQueue"),
        ("PUT", "/queues/tasks", b"<Queue/>", "CreateQueue"),
        ("PUT", "/queues/tasks?metaoverride=true", b"<Queue/>", "SetQueueAttributes"),
        ("PUT", "/queues/tasks?Metaoverride=true", b"<Queue/>", "SetQueueAttributes"),
        ("GET", "/queues/tasks", b"", "GetQueueAttributes"),
        ("DELETE", "/queues/tasks", b"", "DeleteQueue"),
        ("POST", MESSAGES, TEXT, "SendMessage"),
        ("POST", MESSAGES, BATCH, "BatchSendMessage"),
        ("GET", MESSAGES, b"", "ReceiveMessage"),
        ("GET", MESSAGES + "?waitseconds=3", b"", "ReceiveMessage"),
        ("GET", MESSAGES + "?numOfMessages=2&waitseconds=3", b"", "BatchReceiveMessage"),
        ("GET", MESSAGES + "?peekonly=true", b"", "PeekMessage"),
        ("GET", MESSAGES + "?peekonly=true&numOfMessages=2", b"", "BatchPeekMessage"),
        ("DELETE", MESSAGES + "?ReceiptHandle=h", b"", "DeleteMessage"),
        ("DELETE", MESSAGES, b"<ReceiptHandles/>", "BatchDeleteMessage"),
        ("PUT", MESSAGES + "?receiptHandle=h&visibilityTimeout=1", b"", "ChangeMessageVisibility"),
    ],
)
def test_every_operation_is_known_by_its_request(method: str, target: str, body: bytes, operation: str) -> None:
    assert understand(method, target, HOST, body).operation == operation


@pytest.mark.parametrize(
    ("method", "target"),
    [("POST", "/"), ("GET", "/topics"), ("POST", "/queues/a"), ("GET", "/queues/a/b"), ("PATCH", MESSAGES)],
)
def test_other_requests_are_not(method: str, target: str) -> None:
    with pytest.raises(MnsError, match="InvalidRequestURL"):
        understand(method, target, HOST, b"")


@pytest.mark.parametrize(
    ("sent", "handle"),
    [
        ("AB-Mw==", "AB-Mw=="),
        ("AB-a+b/c=", "AB-a+b/c="),
        ("AB-a%2Bb%2Fc%3D", "AB-a+b/c="),
    ],
)
def test_a_handle_is_read_raw_or_percent_encoded(sent: str, handle: str) -> None:
    call = understand("PUT", f"{MESSAGES}?ReceiptHandle={sent}&VisibilityTimeout=1", HOST, b"")
    assert call.query == {"receipthandle": handle, "visibilitytimeout": "1"}


@pytest.mark.parametrize(
    ("method", "target", "body", "status"),
    [
        ("PUT", "/queues/new", b"<Queue/>", 201),
        ("PUT", "/queues/new", b"", 201),
        ("PUT", "/queues/tasks", b"<Queue><PollingWaitSeconds>7</PollingWaitSeconds></Queue>", 204),
        ("PUT", "/queues/tasks?metaoverride=true", b"<Queue><DelaySeconds>7</DelaySeconds></Queue>", 204),
        ("GET", "/queues/tasks", b"", 200),
        ("DELETE", "/queues/missing", b"", 204),
        ("POST", MESSAGES, TEXT, 201),
        ("POST", MESSAGES, BATCH, 201),
        ("GET", "/?accountmeta=true", b"", 200),
        ("PUT", "/?accountmeta=true", b"<Account><LoggingBucket>b</LoggingBucket></Account>", 204),
    ],
)
def test_success_has_its_status(mns: Mns, method: str, target: str, body: bytes, status: int) -> None:
    reply = ask(mns, method, target, body)
    assert reply.status == status
    assert (reply.body == b"") == (status == 204 or "Location" in reply.headers)


@pytest.mark.parametrize(
    ("method", "target", "body", "refused"),
    [
        ("PUT", "/queues/tasks", b"<Queue/>", (409, "QueueAlreadyExist")),
        ("PUT", "/queues/a_b", b"<Queue/>", (400, "InvalidQueueName")),
        ("PUT", "/queues/%E7%85%A7", b"<Queue/>", (400, "InvalidQueueName")),
        ("GET", "/queues/missing", b"", (404, "QueueNotExist")),
        ("GET", MESSAGES, b"", (404, "MessageNotExist")),
        ("GET", MESSAGES + "?numOfMessages=17", b"", (400, "InvalidArgument")),
        ("GET", MESSAGES + "?numOfMessages=many", b"", (400, "InvalidArgument")),
        ("POST", MESSAGES, b"", (400, "InvalidArgument")),
        ("POST", MESSAGES, b"<Messages/>", (400, "InvalidArgument")),
        ("DELETE", MESSAGES, b"", (400, "MissingReceiptHandle")),
        ("DELETE", MESSAGES + "?ReceiptHandle=", b"", (400, "MissingReceiptHandle")),
        ("DELETE", MESSAGES + "?ReceiptHandle=x", b"", (400, "ReceiptHandleError")),
        ("DELETE", MESSAGES, b"<ReceiptHandles/>", (400, "InvalidArgument")),
        ("PUT", MESSAGES + "?VisibilityTimeout=3", b"", (400, "MissingReceiptHandle")),
        ("PUT", MESSAGES + "?ReceiptHandle=x", b"", (400, "MissingVisibilityTimeout")),
        ("PUT", MESSAGES + "?ReceiptHandle=x&VisibilityTimeout=0", b"", (400, "InvalidArgument")),
    ],
)
def test_refusals_have_their_status(mns: Mns, method: str, target: str, body: bytes, refused: tuple[int, str]) -> None:
    assert refusal(mns, method, target, body) == refused


def test_a_created_queue_says_where_it_is_by_the_host_that_was_called(mns: Mns) -> None:
    for _ in range(2):  # 201, then 204
        assert ask(mns, "PUT", "/queues/a", b"<Queue/>").headers == {"Location": "http://127.0.0.1:9000/queues/a"}


def test_queues_are_listed_as_the_headers_ask(mns: Mns) -> None:
    # Given
    for name in ("b1", "b2", "c"):
        mns.create_queue(name)
    # When
    page = ask(mns, "GET", "/queues", x_mns_prefix="b", x_mns_ret_number="1", x_mns_with_meta="true").body.decode()
    rest = ask(mns, "GET", "/queues", x_mns_prefix="b", x_mns_marker="b2").body.decode()
    # Then
    assert page.count("<Queue>") == 1 and "<ActiveMessages>0<" in page and "<NextMarker>b2<" in page
    assert rest.count("<Queue>") == 1 and "ActiveMessages" not in rest and "NextMarker" not in rest
    assert refusal(mns, "GET", "/queues", x_mns_ret_number="0") == (400, "InvalidArgument")


def test_a_batch_that_partly_failed_has_the_status_of_an_error(mns: Mns) -> None:
    bad = b"<Messages><Message><MessageBody>x</MessageBody></Message><Message/></Messages>"
    reply = ask(mns, "POST", MESSAGES, bad)
    assert reply.status == 400
    assert reply.body.count(b"<MessageId>") == reply.body.count(b"<ErrorCode>InvalidArgument<") == 1


def test_a_batch_delete_that_partly_failed_is_not_found(mns: Mns) -> None:
    # Given
    mns.send("tasks", Draft("x"))
    (message,) = mns.receive("tasks")
    body = f"<ReceiptHandles><ReceiptHandle>{message.handle}</ReceiptHandle></ReceiptHandles>".encode()
    # Then
    assert ask(mns, "DELETE", MESSAGES, body) == Reply(204)
    again = ask(mns, "DELETE", MESSAGES, body)
    assert again.status == 404 and b"<ErrorCode>MessageNotExist<" in again.body


@pytest.mark.parametrize(
    ("query", "seconds"),
    [("", 7), ("?waitseconds=0", 0), ("?WaitSeconds=30", 30), ("?numOfMessages=2", 7), ("?peekonly=true", 0)],
)
def test_only_a_receive_waits_and_its_own_word_goes_before_the_queues(mns: Mns, query: str, seconds: int) -> None:
    assert patience(mns, understand("GET", MESSAGES + query, HOST, b"")) == seconds


def test_nobody_waits_longer_than_thirty_seconds(mns: Mns) -> None:
    with pytest.raises(MnsError, match="InvalidArgument"):
        patience(mns, understand("GET", MESSAGES + "?waitseconds=31", HOST, b""))
