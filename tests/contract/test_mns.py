"""The local queue server driven by the unmodified aliyun-mns 1.1.5 over real sockets.

The last part writes down what the SDK itself does, so that whoever calls it knows, and hears of it when that changes.
"""

from __future__ import annotations

import binascii
import http.client
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from mns.account import Account
from mns.mns_exception import (
    MNSClientNetworkException,
    MNSClientParameterException,
    MNSExceptionBase,
    MNSServerException,
)
from mns.queue import Message, QueueMeta
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from local.clock import ManualClock, WallClock
from local.credential import Credential
from local.mns.engine import Mns
from local.mns.http import app
from local.mns.records import Draft
from local.mns.signature import sign
from local.serving import in_thread, listen
from local.state import State

KEY = Credential("ak", "a-secret")
TEMPORARY = Credential("STS.ak", "other-secret", "the-token")
QUEUE = "tasks"
PATIENCE = 10.0
"""Seconds of real time after which a test gives up; none needs more than a blink."""


class Stage:
    """One listening server for all tests, as starting one takes longer than most of them: each brings its own app."""

    def __init__(self) -> None:
        self.app: ASGIApp = Starlette()
        self.url = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self.app(scope, receive, send)


class Cloud:
    """A queue service on the stage, its virtual clock, and SDK clients for it."""

    def __init__(self, stage: Stage, folder: Path | None = None) -> None:
        self.clock = ManualClock()
        self.state = State(folder)
        self.engine = Mns(self.state, self.clock)
        self.calls: Counter[str] = Counter()
        self.called = threading.Event()
        self.url = stage.url
        self._accounts: list[Any] = []
        stage.app = app(self.engine, self.state, credentials=[KEY, TEMPORARY], wall=WallClock(), on_call=self._on_call)

    def account(self, key: Credential = KEY) -> Any:
        """A client of its own: the SDK's are not for sharing between threads."""
        account = Account(self.url, key.id, key.secret, key.token)
        self._accounts.append(account)
        return account

    def queue(self, name: str = QUEUE) -> Any:
        return self.account().get_queue(name)

    def close(self) -> None:
        for account in self._accounts:
            account.get_client().close_connection()
        self.state.close()

    def _on_call(self, operation: str) -> None:
        self.calls[operation] += 1
        self.called.set()


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    stage = Stage()
    with in_thread(stage) as stage.url:
        yield stage


@pytest.fixture
def cloud(stage: Stage) -> Iterator[Cloud]:
    with closing(Cloud(stage)) as cloud:
        cloud.engine.create_queue(QUEUE)
        yield cloud


@pytest.fixture
def queue(cloud: Cloud) -> Any:
    return cloud.queue()


def refusal(act: Callable[[], object]) -> Any:
    """The server's refusal, as the SDK raises it."""
    with pytest.raises(MNSServerException) as refused:
        act()
    return refused.value


def bodies(queue: Any, most: int = 16) -> list[str]:
    """All that can be received now."""
    try:
        return [message.message_body.decode() for message in queue.batch_receive_message(most)]
    except MNSServerException as error:
        assert error.type == "MessageNotExist"
        return []


# --- queues


def test_a_queue_is_made_described_changed_and_dropped(cloud: Cloud) -> None:
    # When
    queue = cloud.queue("new")
    url = queue.create(QueueMeta(vis_timeout=60, delay_sec=1, polling_wait_sec=2, logging_enabled=True))
    # Then
    assert url == f"{cloud.url}/queues/new"
    meta = queue.get_attributes()
    assert (meta.queue_name, meta.visibility_timeout, meta.delay_seconds) == ("new", 60, 1)
    assert (meta.polling_wait_seconds, meta.logging_enabled) == (2, True)
    assert meta.create_time == meta.last_modify_time == int(cloud.clock.now())
    # When
    cloud.clock.sleep(10)
    meta.set_visibilitytimeout(90)
    queue.set_attributes(meta)
    # Then
    changed = queue.get_attributes()
    assert (changed.visibility_timeout, changed.delay_seconds) == (90, 1)
    assert changed.last_modify_time == meta.create_time + 10
    # When
    queue.delete()
    queue.delete()
    # Then
    assert refusal(queue.get_attributes).type == "QueueNotExist"


def test_creating_a_queue_twice_is_refused_only_with_other_attributes(cloud: Cloud) -> None:
    queue = cloud.queue("new")
    assert queue.create(QueueMeta(vis_timeout=60)) == queue.create(QueueMeta(vis_timeout=60))
    error = refusal(lambda: queue.create(QueueMeta(vis_timeout=61)))
    assert (error.type, error.message) == ("QueueAlreadyExist", "The queue you want to create is already exist.")


def test_queues_are_listed_page_by_page(cloud: Cloud) -> None:
    for name in ("b1", "b2", "b3"):
        cloud.engine.create_queue(name)
    account = cloud.account()
    first, marker = account.list_queue(prefix="b", ret_number=2)
    second, end = account.list_queue(prefix="b", ret_number=2, marker=marker)
    assert first + second == [f"{cloud.url}/queues/{name}" for name in ("b1", "b2", "b3")]
    assert (marker != "", end) == (True, "")


@pytest.mark.parametrize(
    ("name", "meta", "code"),
    [
        ("a_b", QueueMeta(), "InvalidQueueName"),
        ("a" * 121, QueueMeta(), "QueueNameLengthError"),
        ("new", QueueMeta(polling_wait_sec=60), "InvalidArgument"),
        ("new", QueueMeta(vis_timeout=43_201), "InvalidArgument"),
        ("new", QueueMeta(max_msg_size=1023), "InvalidArgument"),
        ("new", QueueMeta(msg_ttl=59), "InvalidArgument"),
        ("new", QueueMeta(delay_sec=604_801), "InvalidArgument"),
    ],
)
def test_a_bad_queue_is_refused(cloud: Cloud, name: str, meta: Any, code: str) -> None:
    assert refusal(lambda: cloud.queue(name).create(meta)).type == code


def test_counts_are_told(cloud: Cloud, queue: Any) -> None:
    queue.batch_send_message([Message("a"), Message("b"), Message("later", delay_seconds=5)])
    queue.receive_message()
    meta = queue.get_attributes()
    assert (meta.active_messages, meta.inactive_messages, meta.delay_messages) == (1, 1, 1)


# --- messages


@pytest.mark.parametrize("text", ["hello", "一张照片 📷", "<a> & </a>", " padded \r\n", "\x00\x01", "x" * 49_152])
def test_a_message_makes_the_round_trip(queue: Any, text: str) -> None:
    # When
    sent = queue.send_message(Message(text))
    received = queue.receive_message()
    # Then
    assert received.message_body == text
    assert (received.message_id, received.message_body_md5) == (sent.message_id, sent.message_body_md5)
    assert (received.dequeue_count, received.priority) == (1, 8)
    # When
    queue.delete_message(received.receipt_handle)
    # Then
    assert refusal(lambda: queue.delete_message(received.receipt_handle)).type == "MessageNotExist"


def test_an_empty_queue_is_a_refusal_by_type(queue: Any) -> None:
    error = refusal(lambda: queue.receive_message(0))
    assert (error.type, error.message) == ("MessageNotExist", "Message not exist.")
    assert len(error.req_id) == 24 and error.host_id.startswith("http://127.0.0.1:")


def test_an_unknown_queue_is_a_refusal_of_another_type(cloud: Cloud) -> None:
    assert refusal(lambda: cloud.queue("nowhere").receive_message()).type == "QueueNotExist"
    assert refusal(lambda: cloud.queue("nowhere").send_message(Message("x"))).type == "QueueNotExist"


def test_sixteen_go_in_one_batch_and_seventeen_do_not(queue: Any) -> None:
    texts = [f"照片 {number}" for number in range(16)]
    sent = queue.batch_send_message([Message(text) for text in texts])
    assert len({message.message_id for message in sent}) == 16
    assert bodies(queue) == texts
    assert refusal(lambda: queue.batch_send_message([Message("x")] * 17)).type == "InvalidArgument"
    assert refusal(lambda: queue.batch_receive_message(17)).type == "InvalidArgument"
    assert refusal(lambda: queue.batch_delete_message(["x"] * 17)).type == "InvalidArgument"
    assert bodies(queue) == []


def test_a_body_may_be_64_kilobytes_after_base64(queue: Any) -> None:
    assert refusal(lambda: queue.send_message(Message("x" * 49_153))).type == "InvalidArgument"
    assert refusal(lambda: queue.batch_send_message([Message("x" * 24_600)] * 2)).type == "InvalidArgument"


def test_priority_goes_before_age(queue: Any) -> None:
    queue.batch_send_message([Message("usual"), Message("last", priority=16), Message("first", priority=1)])
    assert bodies(queue) == ["first", "usual", "last"]
    assert refusal(lambda: queue.send_message(Message("x", priority=17))).type == "InvalidArgument"


def test_a_delayed_message_comes_when_its_time_has_come(cloud: Cloud, queue: Any) -> None:
    queue.send_message(Message("later", delay_seconds=600))
    cloud.clock.sleep(599)
    assert bodies(queue) == []
    cloud.clock.sleep(1)
    assert bodies(queue) == ["later"]


def test_a_message_not_deleted_comes_again_and_its_first_handle_is_dead(cloud: Cloud, queue: Any) -> None:
    # Given
    queue.send_message(Message("x"))
    first = queue.receive_message()
    assert first.next_visible_time == int(cloud.clock.now() * 1000) + 30_000
    # When
    cloud.clock.sleep(29)
    assert bodies(queue) == []
    cloud.clock.sleep(1)
    second = queue.receive_message()
    # Then
    assert (second.message_id, second.dequeue_count) == (first.message_id, 2)
    assert second.first_dequeue_time == first.first_dequeue_time == first.enqueue_time
    assert refusal(lambda: queue.delete_message(first.receipt_handle)).type == "MessageNotExist"
    queue.delete_message(second.receipt_handle)


def test_a_changed_visibility_holds_and_gives_a_new_handle(cloud: Cloud, queue: Any) -> None:
    # Given
    queue.send_message(Message("x"))
    received = queue.receive_message()
    # When
    changed = queue.change_message_visibility(received.receipt_handle, 3600)
    # Then
    assert changed.receipt_handle != received.receipt_handle
    cloud.clock.sleep(3599)
    assert bodies(queue) == []
    queue.delete_message(changed.receipt_handle)
    cloud.clock.sleep(1)
    assert bodies(queue) == []


def test_the_server_refuses_a_visibility_of_zero_though_the_sdk_does_not(queue: Any) -> None:
    queue.send_message(Message("x"))
    handle = queue.receive_message().receipt_handle
    assert refusal(lambda: queue.change_message_visibility(handle, 0)).type == "InvalidArgument"
    with pytest.raises(MNSClientParameterException):
        queue.change_message_visibility(handle, 43_201)


def test_a_message_expires_in_every_state(cloud: Cloud) -> None:
    # Given
    queue = cloud.queue("brief")
    queue.create(QueueMeta(msg_ttl=60))
    queue.batch_send_message([Message("received", priority=1), Message("waiting"), Message("late", delay_seconds=90)])
    received = queue.receive_message()
    queue.change_message_visibility(received.receipt_handle, 600)
    # When
    cloud.clock.sleep(60)
    # Then
    assert bodies(queue) == []
    assert refusal(lambda: queue.delete_message(received.receipt_handle)).type == "MessageNotExist"
    cloud.clock.sleep(600)
    assert bodies(queue) == []


def test_peeking_leaves_everything_as_it_was(queue: Any) -> None:
    assert refusal(queue.peek_message).type == "MessageNotExist"
    queue.batch_send_message([Message("a"), Message("b")])
    peeked = queue.peek_message()
    assert (peeked.message_body, peeked.dequeue_count, peeked.receipt_handle) == ("a", 0, "")
    assert peeked.first_dequeue_time == peeked.enqueue_time
    assert [message.message_body for message in queue.batch_peek_message(16)] == ["a", "b"]
    assert bodies(queue) == ["a", "b"]


def test_a_batch_delete_names_only_what_failed(queue: Any) -> None:
    # Given
    queue.batch_send_message([Message("a"), Message("b"), Message("c")])
    a, b, c = (message.receipt_handle for message in queue.batch_receive_message(16))
    queue.batch_delete_message([a])
    # When
    error = refusal(lambda: queue.batch_delete_message([b, a, "rubbish", c]))
    # Then
    assert [(part["ErrorCode"], part["ReceiptHandle"]) for part in error.sub_errors] == [
        ("MessageNotExist", a),
        ("ReceiptHandleError", "rubbish"),
    ]
    assert len(error.req_id) == 24
    assert refusal(lambda: queue.delete_message(b)).type == "MessageNotExist"


def test_a_batch_send_that_partly_failed_tells_all_in_the_order_of_sending(queue: Any) -> None:
    error = refusal(lambda: queue.batch_send_message([Message("a"), Message("b", priority=0), Message("c")]))
    assert error.type == "InvalidArgument"
    assert [sorted(part) for part in error.sub_errors] == [
        ["MessageBodyMD5", "MessageId"],
        ["ErrorCode", "ErrorMessage"],
        ["MessageBodyMD5", "MessageId"],
    ]
    assert bodies(queue) == ["a", "c"]


# --- waiting


@pytest.fixture
def waiting() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as threads:
        yield threads


def test_a_waiting_receive_wakes_when_somebody_sends(cloud: Cloud, waiting: ThreadPoolExecutor) -> None:
    # Given a receive that waits
    patient, sender = cloud.queue(), cloud.queue()
    receiving = waiting.submit(patient.receive_message, 30)
    assert cloud.called.wait(PATIENCE)
    # When
    sender.send_message(Message("good morning"))
    # Then
    assert receiving.result(PATIENCE).message_body == "good morning"


def test_a_waiting_receive_sees_a_message_become_visible(cloud: Cloud, waiting: ThreadPoolExecutor) -> None:
    # Given
    queue = cloud.queue()
    cloud.engine.send(QUEUE, Draft("bGF0ZXI=", delay_seconds=5))
    receiving = waiting.submit(queue.batch_receive_message, 16, 30)
    assert cloud.called.wait(PATIENCE)
    # When
    cloud.clock.sleep(5)
    # Then
    assert [message.message_body for message in receiving.result(PATIENCE)] == [b"later"]


def test_a_waiting_receive_ends_by_the_servers_clock(cloud: Cloud, waiting: ThreadPoolExecutor) -> None:
    # Given a queue whose receives wait by themselves
    cloud.engine.set_queue(QUEUE, polling_wait_seconds=30)
    queue = cloud.queue()
    receiving = waiting.submit(queue.receive_message)
    assert cloud.called.wait(PATIENCE)
    # When
    cloud.clock.sleep(30)
    # Then
    error = receiving.exception(PATIENCE)
    assert isinstance(error, MNSServerException) and error.type == "MessageNotExist"


def test_a_wait_ends_in_real_time_too_when_the_servers_clock_stands_still(queue: Any) -> None:
    assert refusal(lambda: queue.receive_message(1)).type == "MessageNotExist"


def test_a_wait_of_zero_overrides_the_queues(cloud: Cloud, queue: Any) -> None:
    cloud.engine.set_queue(QUEUE, polling_wait_seconds=30)
    assert refusal(lambda: queue.receive_message(0)).type == "MessageNotExist"
    assert refusal(lambda: queue.receive_message(31)).type == "InvalidArgument"


def test_a_waiting_receive_hears_that_its_queue_is_gone(cloud: Cloud, waiting: ThreadPoolExecutor) -> None:
    queue = cloud.queue()
    receiving = waiting.submit(queue.receive_message, 30)
    assert cloud.called.wait(PATIENCE)
    cloud.queue().delete()
    error = receiving.exception(PATIENCE)
    assert isinstance(error, MNSServerException) and error.type == "QueueNotExist"


def test_who_hangs_up_while_waiting_takes_no_message_along(cloud: Cloud, queue: Any) -> None:
    # Given somebody who waited and went
    target = f"/queues/{QUEUE}/messages?waitseconds=30"
    with closing(connection(cloud)) as impatient:
        impatient.request("GET", target, headers=signed("GET", target))
        assert cloud.called.wait(PATIENCE)
    queue.get_attributes()  # by now the server has heard it
    # When
    queue.send_message(Message("for somebody else"))
    # Then
    assert bodies(queue) == ["for somebody else"]


# --- credentials


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (Credential("ak", "wrong"), "SignatureDoesNotMatch"),
        (Credential("nobody", "a-secret"), "InvalidAccessKeyId"),
        (Credential("STS.ak", "other-secret"), "InvalidAccessKeyId"),
        (Credential("STS.ak", "other-secret", "stale"), "InvalidAccessKeyId"),
    ],
)
def test_strangers_are_refused(cloud: Cloud, key: Credential, code: str) -> None:
    assert refusal(lambda: cloud.account(key).get_queue(QUEUE).send_message(Message("x"))).type == code
    assert cloud.calls == {}


def test_a_temporary_credential_needs_its_token(cloud: Cloud) -> None:
    queue = cloud.account(TEMPORARY).get_queue(QUEUE)
    queue.send_message(Message("x"))
    queue.delete_message(queue.receive_message().receipt_handle)
    assert cloud.calls == {"SendMessage": 1, "ReceiveMessage": 1, "DeleteMessage": 1}


# --- below the SDK


def connection(cloud: Cloud) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(cloud.url.removeprefix("http://"), timeout=PATIENCE)


def signed(method: str, target: str) -> dict[str, str]:
    headers = {"date": formatdate(usegmt=True), "x-mns-version": "2015-06-06"}
    return headers | {"authorization": f"MNS {KEY.id}:{sign(KEY.secret, method, headers, target)}"}


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/queues/tasks", 200),
        ("PUT", "/queues/new", 201),
        ("DELETE", "/queues/tasks", 204),
        ("GET", "/queues/tasks/messages", 404),
        ("GET", "//queues//tasks", 400),
        ("GET", "/queues/%74asks", 200),
    ],
)
def test_every_answer_has_the_services_headers(cloud: Cloud, method: str, target: str, status: int) -> None:
    with closing(connection(cloud)) as wire:
        wire.request(method, target, headers=signed(method, target))
        answer = wire.getresponse()
        body = answer.read()
    assert answer.status == status
    names = dict(answer.getheaders())  # in the case they were sent in; the SDK insists on lower case
    assert len(names["x-mns-request-id"]) == 24
    assert answer.getheader("Server") == "AliyunMQS"
    assert answer.getheader("Content-Type") == "text/xml;charset=utf-8"
    assert answer.getheader("x-mns-version") == "2015-06-06"
    assert answer.getheader("Date")
    assert answer.getheader("Content-Length") == (None if status == 204 else str(len(body)))


def test_health_and_the_count_of_calls_need_no_signature(cloud: Cloud, queue: Any) -> None:
    queue.send_message(Message("x"))
    queue.peek_message()
    with closing(connection(cloud)) as wire:
        wire.request("GET", "/_local/health")
        health = wire.getresponse()
        assert (health.status, health.read()) == (200, b"")
        wire.request("GET", "/_local/calls")
        assert wire.getresponse().read() == b'{"SendMessage":1,"PeekMessage":1}'


def test_what_was_answered_is_on_the_disk(stage: Stage, tmp_path: Path) -> None:
    # Given a server that was left without a farewell
    with closing(Cloud(stage, tmp_path)) as cloud:
        cloud.queue().create(QueueMeta())
        cloud.queue().send_message(Message("照片"))
        # When another starts on the same folder
        again = Mns(State(tmp_path), ManualClock())
        # Then
        assert [message.id for message in again.peek(QUEUE)] == [cloud.queue().peek_message().message_id]


# --- what the SDK does by itself


def test_the_sdk_prints_the_secret(
    queue: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each request, to standard output: on Function Compute that is the log. Silence it before the first call."""
    monkeypatch.delattr("mns.mns_client.print", raising=False)  # our own adapter silences it, once imported
    queue.send_message(Message("x"))
    printed = capsys.readouterr().out
    assert KEY.secret in printed
    assert f"MNS {KEY.id}:" in printed


@pytest.mark.parametrize("body", ["abc", '{"task": 1}', "!!not base64!!"])
def test_a_body_that_is_no_base64_cannot_be_received_while_the_sdk_decodes(cloud: Cloud, queue: Any, body: str) -> None:
    # Given
    cloud.engine.send(QUEUE, Draft(body))
    # Then the error is none of the SDK's, and there is no handle to delete the message by
    with pytest.raises(binascii.Error):
        queue.receive_message()


def test_one_such_body_costs_the_whole_batch_unless_decoding_is_off(cloud: Cloud, queue: Any) -> None:
    # Given
    queue.send_message(Message("good"))
    cloud.engine.send(QUEUE, Draft("abc"))
    # When
    with pytest.raises(MNSClientNetworkException) as damaged:
        queue.batch_receive_message(16)
    assert damaged.value.type == "RespDataDamaged"
    # Then the cure is to decode by oneself, keeping the handles
    cloud.clock.sleep(30)
    queue.set_encoding(False)
    received = queue.batch_receive_message(16)
    assert [message.message_body for message in received] == ["Z29vZA==", "abc"]
    queue.batch_delete_message([message.receipt_handle for message in received])


def test_without_encoding_nothing_can_be_sent(queue: Any) -> None:
    """The check wants `str`, the encoder wants `bytes`: on Python 3 only base64 goes out."""
    queue.set_encoding(False)
    with pytest.raises(AttributeError, match="decode"):
        queue.send_message(Message("text"))
    with pytest.raises(MNSClientParameterException):
        queue.send_message(Message(b"bytes"))


def test_types_differ_from_call_to_call(queue: Any) -> None:
    queue.send_message(Message("x"))
    received = queue.receive_message()
    changed = queue.change_message_visibility(received.receipt_handle, 30)
    assert (received.message_body, type(received.next_visible_time)) == ("x", int)
    assert (changed.message_id, type(changed.next_visible_time)) == ("", str)
    queue.send_message(Message("x"))
    assert queue.batch_receive_message(1)[0].message_body == b"x"


def test_a_fresh_queue_meta_resets_every_attribute(cloud: Cloud, queue: Any) -> None:
    """Its defaults are sent, and they are not the service's: to change one attribute, change what was got."""
    queue.set_attributes(QueueMeta(vis_timeout=99))
    meta = queue.get_attributes()
    assert (meta.visibility_timeout, meta.maximum_message_size, meta.message_retention_period) == (99, 2048, 86_400)


def test_the_handle_of_a_delayed_message_is_dropped(queue: Any) -> None:
    assert queue.send_message(Message("x", delay_seconds=60)).receipt_handle == ""


def test_the_account_attributes_cannot_be_got(cloud: Cloud) -> None:
    """`dict.has_key` is of Python 2."""
    with pytest.raises(AttributeError, match="has_key"):
        cloud.account().get_attributes()
    assert cloud.calls == {"GetAccountAttributes": 1}


def test_no_token_must_be_empty_not_none(cloud: Cloud) -> None:
    account = Account(cloud.url, KEY.id, KEY.secret, None)
    with pytest.raises(MNSClientNetworkException, match="expected string or bytes-like object"):
        account.list_queue()


def test_a_lost_answer_makes_the_sdk_send_again() -> None:
    """Once, the same bytes: a message that was stored before the connection broke is stored twice."""
    seen: list[bytes] = []
    with closing(listen()) as deaf:
        hearing = threading.Thread(target=hear_and_hang_up, args=(deaf, 2, seen), daemon=True)
        hearing.start()
        port = deaf.getsockname()[1]
        with pytest.raises(MNSClientNetworkException) as lost:
            Account(f"http://127.0.0.1:{port}", "ak", "secret").get_queue(QUEUE).send_message(Message("x"))
        hearing.join(PATIENCE)
    assert lost.value.type == "NetWorkException"
    assert len(seen) == 2 and seen[0] == seen[1] and seen[0].startswith(b"POST ")


def hear_and_hang_up(server: socket.socket, times: int, seen: list[bytes]) -> None:
    """Read a whole request each time, and close without a word."""
    for _ in range(times):
        peer, _ = server.accept()
        with peer:
            heard = b""
            while b"</Message>" not in heard:
                heard += peer.recv(65_536)
            seen.append(heard)


def test_a_server_that_is_not_there_is_a_network_error_without_a_cause_in_words() -> None:
    with closing(listen()) as briefly:
        port = briefly.getsockname()[1]
    with pytest.raises(MNSExceptionBase) as unreachable:
        Account(f"http://127.0.0.1:{port}", "ak", "secret").get_queue(QUEUE).receive_message()
    assert unreachable.value.type == "NetWorkException"
    assert "refused" not in unreachable.value.message
