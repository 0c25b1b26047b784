"""The queue service itself: no sockets, no threads, time from a clock.

What is refused raises `MnsError` and changes nothing. What is done lies in the tables of a `State`, which the
caller commits. Semantics: https://www.alibabacloud.com/help/en/mns/basic-concepts-queue.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from hashlib import md5
from typing import Any

from local.clock import Clock
from local.mns.errors import MnsError
from local.mns.lane import Lane
from local.mns.records import (
    ATTRIBUTES,
    BATCH,
    BATCH_SIZE,
    DELAY,
    LISTED,
    NAME_LENGTH,
    PRIORITY,
    VISIBILITY,
    Account,
    Bound,
    Draft,
    Message,
    Queue,
    Serial,
    read_handle,
)
from local.state import State

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
_ONLY = "the one"


class Mns:
    """All queues of one account."""

    def __init__(self, state: State, clock: Clock) -> None:
        self.clock = clock
        self._state = state
        self._accounts = state.table("account", Account)
        self._serials = state.table("serial", Serial)
        self._queues = state.table("queues", Queue)
        self._lanes = {name: self._lane_of(name) for name in self._queues}

    # --- account and queues

    def account(self) -> Account:
        """The account's attributes."""
        return self._accounts.get(_ONLY, Account())

    def set_account(self, logging_bucket: str) -> None:
        """Name the bucket for logs; none are written."""
        self._accounts[_ONLY] = Account(logging_bucket)

    def create_queue(self, name: str, **attributes: Any) -> bool:
        """True when made, False when it was there with the same attributes (fields of `Queue`)."""
        _check_name(name)
        now = int(self.clock.now())
        queue = _with(Queue(name, created=now, modified=now), attributes)
        there = self._queues.get(name)
        if there is None:
            self._queues[name] = queue
            self._lanes[name] = self._lane_of(name)
        elif replace(there, created=now, modified=now) != queue:
            raise MnsError("QueueAlreadyExist")
        return there is None

    def set_queue(self, name: str, **attributes: Any) -> None:
        """Change the attributes named, leave the others. Messages already sent keep their retention."""
        queue = replace(self.queue(name), modified=int(self.clock.now()))
        self._queues[name] = _with(queue, attributes)

    def queue(self, name: str) -> Queue:
        """The queue's attributes."""
        if name not in self._queues:
            raise MnsError("QueueNotExist")
        return self._queues[name]

    def census(self, name: str) -> Counter[str]:
        """How many messages are in each state (see `Message.state`); looks at every one."""
        lane, now = self._lane(name), self._now()
        lane.settle(now)
        return Counter(message.state(now) for message in lane.messages.values())

    def list_queues(self, prefix: str = "", marker: str = "", most: int = 1000) -> tuple[list[Queue], str]:
        """Queues in order of name from `marker` on, and the marker of the next page, empty after the last."""
        LISTED.check(most)
        names = sorted(name for name in self._queues if name.startswith(prefix) and name >= marker)
        return [self._queues[name] for name in names[:most]], "".join(names[most : most + 1])

    def delete_queue(self, name: str) -> None:
        """Drop the queue and all its messages; no error when there is none."""
        if self._queues.pop(name, None) is not None:
            self._lanes.pop(name).clear()

    # --- messages

    def send(self, queue: str, draft: Draft) -> Message:
        """Put a message into `queue`. Only a delayed one has a handle at once (it cancels the message)."""
        message = self._written(self.queue(queue), draft)
        self._lanes[queue].put(message)
        return message

    def send_batch(self, queue: str, drafts: Sequence[Draft]) -> list[Message | MnsError]:
        """Send up to 16; in place of a message that is refused stands its error, the others are sent."""
        self.queue(queue)
        BATCH.check(len(drafts))
        BATCH_SIZE.check(sum(len(draft.body.encode()) for draft in drafts))
        return [self._sent_or_refused(queue, draft) for draft in drafts]

    def receive(self, queue: str, most: int = 1) -> list[Message]:
        """Between one and `most` messages, hidden from others for the queue's visibility timeout."""
        lane, now = self._lane(queue), self._now()
        visible_at = now + 1000 * self._queues[queue].visibility_timeout
        received = [_received(message, now, visible_at) for message in lane.take(BATCH.check(most), now)]
        for message in received:
            lane.put(message)
        return _some(received)

    def peek(self, queue: str, most: int = 1) -> list[Message]:
        """What `receive` would give, left where it is."""
        return _some(self._lane(queue).peek(BATCH.check(most), self._now()))

    def delete(self, queue: str, handle: str) -> None:
        """Remove the message `handle` was given out for; MessageNotExist when the handle is dead."""
        lane = self._lane(queue)
        del lane.messages[self._held(lane, handle).id]

    def delete_batch(self, queue: str, handles: Sequence[str]) -> list[tuple[str, MnsError]]:
        """Remove up to 16 messages; what could not be removed comes back with its error."""
        self.queue(queue)
        BATCH.check(len(handles))
        failures = ((handle, self._delete_refused(queue, handle)) for handle in handles)
        return [(handle, error) for handle, error in failures if error is not None]

    def change_visibility(self, queue: str, handle: str, seconds: int) -> Message:
        """Hide the message for `seconds` from now. Every handle of this receive then lives as long."""
        lane = self._lane(queue)
        VISIBILITY.check(seconds)
        message = self._held(lane, handle)
        hidden = replace(message, visible_at=self._now() + 1000 * seconds, handles=message.handles + 1)
        lane.put(hidden)
        return hidden

    # --- inside

    def _now(self) -> int:
        return int(self.clock.now() * 1000)

    def _lane_of(self, queue: str) -> Lane:
        return Lane(self._state.table(f"messages of {queue}", Message))

    def _lane(self, queue: str) -> Lane:
        self.queue(queue)
        return self._lanes[queue]

    def _held(self, lane: Lane, handle: str) -> Message:
        """The message whose live handle this is: from its latest receive, and not yet visible again."""
        name, dequeue_count = read_handle(handle)
        now = self._now()
        lane.settle(now)
        message = lane.messages.get(name)
        if message is None or message.dequeue_count != dequeue_count or message.visible_at <= now:
            raise MnsError("MessageNotExist")
        return message

    def _written(self, queue: Queue, draft: Draft) -> Message:
        delay = queue.delay_seconds if draft.delay_seconds is None else DELAY.check(draft.delay_seconds)
        body = draft.body.encode()
        Bound("MessageBody", 1, queue.maximum_message_size, "bytes").check(len(body))
        PRIORITY.check(draft.priority)
        now = self._now()
        return Message(
            id=self._new_id(now),
            body=draft.body,
            md5=md5(body).hexdigest().upper(),
            priority=draft.priority,
            enqueued=now,
            visible_at=now + 1000 * delay,
            expires_at=now + 1000 * queue.message_retention_period,
            handles=1 if delay else 0,
            system_properties=draft.system_properties,
            user_properties=draft.user_properties,
        )

    def _new_id(self, now: int) -> str:
        """32 upper-case hex digits, the order of sending being the order of text."""
        serial = self._serials.get(_ONLY, Serial()).last + 1
        self._serials[_ONLY] = Serial(serial)
        return f"{serial:016X}{now:016X}"

    def _sent_or_refused(self, queue: str, draft: Draft) -> Message | MnsError:
        try:
            return self.send(queue, draft)
        except MnsError as error:
            return error

    def _delete_refused(self, queue: str, handle: str) -> MnsError | None:
        try:
            self.delete(queue, handle)
        except MnsError as error:
            return error
        return None


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= NAME_LENGTH:
        raise MnsError("QueueNameLengthError", NAME_LENGTH)
    if _NAME.fullmatch(name) is None:
        raise MnsError("InvalidQueueName")


def _with(queue: Queue, attributes: dict[str, Any]) -> Queue:
    for name, value in attributes.items():
        ATTRIBUTES[name].check(value)
    return Queue(**{**asdict(queue), **attributes})


def _received(message: Message, now: int, visible_at: int) -> Message:
    return replace(
        message,
        dequeue_count=message.dequeue_count + 1,
        handles=message.handles + 1,
        first_dequeued=message.first_dequeued or now,
        visible_at=visible_at,
    )


def _some(messages: list[Message]) -> list[Message]:
    """An empty queue is an error, the same as a vanished message; only the operation tells them apart."""
    if not messages:
        raise MnsError("MessageNotExist")
    return messages
