"""The messages of one queue, arranged so that no operation looks at all of them.

Every message is due (to become visible, to expire), visible ones are also ready. Both are heaps; what has
become stale in them is skipped when it comes to the top.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from heapq import heapify, heappop, heappush

from local.mns.records import Message


class Lane:
    """The arrangement over a table of messages. All times in milliseconds."""

    def __init__(self, messages: MutableMapping[str, Message]) -> None:
        self.messages = messages
        self._ready: list[tuple[int, str]] = []
        self._due: list[tuple[int, int, str]] = []
        self._arrange()

    def put(self, message: Message) -> None:
        """Keep a new message, or a new version (one more handle) of one that is not ready."""
        self.messages[message.id] = message
        heappush(self._due, _due(message))
        if len(self._due) > 2 * len(self.messages) + 64:
            self._arrange()

    def settle(self, now: int) -> None:
        """Let happen what is due: expired messages vanish, visible ones become ready."""
        while self._due and self._due[0][0] <= now:
            _, handles, name = heappop(self._due)
            message = self.messages.get(name)
            if message is None:
                continue
            if message.expires_at <= now:
                del self.messages[name]
            elif message.handles == handles:
                heappush(self._ready, (message.priority, name))
                heappush(self._due, (message.expires_at, handles, name))

    def take(self, most: int, now: int) -> list[Message]:
        """Up to `most` ready messages, by priority, then age. The caller must `put` their next version."""
        self.settle(now)
        taken: list[Message] = []
        while self._ready and len(taken) < most:
            message = self.messages.get(heappop(self._ready)[1])
            if message is not None:
                taken.append(message)
        return taken

    def peek(self, most: int, now: int) -> list[Message]:
        """The messages `take` would give; they stay."""
        seen = self.take(most, now)
        for message in seen:
            heappush(self._ready, (message.priority, message.id))
        return seen

    def clear(self) -> None:
        """Forget every message."""
        for name in list(self.messages):
            del self.messages[name]
        self._arrange()

    def _arrange(self) -> None:
        self._ready.clear()
        self._due = [_due(message) for message in self.messages.values()]
        heapify(self._due)


def _due(message: Message) -> tuple[int, int, str]:
    return min(message.visible_at, message.expires_at), message.handles, message.id
