"""The engine against a model too simple to be wrong: a list, looked through from end to end each time."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from local.clock import ManualClock
from local.mns.engine import Mns
from local.mns.errors import MnsError
from local.mns.records import Draft
from local.state import State

QUEUE = "q"
VISIBILITY, RETENTION = 30, 120


@dataclass
class Plain:
    """What the model knows of one message; times in seconds of its own clock."""

    body: str
    priority: int
    visible: int
    expires: int
    receives: int = 0


@dataclass
class Held:
    """A handle that was given out, for which message and at which of its receives."""

    handle: str
    plain: Plain
    receives: int


class Queueing(RuleBasedStateMachine):
    """Random lives of one queue, restarts included."""

    @initialize()
    def begin(self) -> None:
        self.clock, self.state, self.now = ManualClock(), State(), 0
        self.mns = Mns(self.state, self.clock)
        self.mns.create_queue(QUEUE, visibility_timeout=VISIBILITY, message_retention_period=RETENTION)
        self.plain: list[Plain] = []
        self.held: list[Held] = []
        self.sent = 0

    @rule(priority=st.integers(1, 3), delay=st.sampled_from([0, 0, 0, 10, 200]))
    def send(self, priority: int, delay: int) -> None:
        self.sent += 1
        plain = Plain(str(self.sent), priority, self.now + delay, self.now + RETENTION)
        message = self.mns.send(QUEUE, Draft(plain.body, delay, priority))
        self.plain.append(plain)
        if delay:
            self.held.append(Held(message.handle, plain, 0))

    @rule(most=st.integers(1, 4))
    def receive(self, most: int) -> None:
        expected = self.ready()[:most]
        try:
            received = self.mns.receive(QUEUE, most)
        except MnsError:
            received = []
        assert [message.body for message in received] == [plain.body for plain in expected]
        for message, plain in zip(received, expected, strict=True):
            plain.receives += 1
            plain.visible = self.now + VISIBILITY
            assert message.dequeue_count == plain.receives
            self.held.append(Held(message.handle, plain, plain.receives))

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        if not self.held:
            return
        held = data.draw(st.sampled_from(self.held))
        alive = self.alive(held)
        try:
            self.mns.delete(QUEUE, held.handle)
        except MnsError as error:
            assert not alive and error.code == "MessageNotExist"
        else:
            assert alive
            self.plain.remove(held.plain)

    @rule(data=st.data(), seconds=st.sampled_from([1, 10, 30, 100]))
    def change_visibility(self, data: st.DataObject, seconds: int) -> None:
        if not self.held:
            return
        held = data.draw(st.sampled_from(self.held))
        alive = self.alive(held)
        try:
            changed = self.mns.change_visibility(QUEUE, held.handle, seconds)
        except MnsError as error:
            assert not alive and error.code == "MessageNotExist"
        else:
            assert alive
            held.plain.visible = self.now + seconds
            self.held.append(Held(changed.handle, held.plain, held.receives))

    @rule(seconds=st.sampled_from([1, 9, 10, 20, 30, 90]))
    def pass_time(self, seconds: int) -> None:
        self.clock.sleep(seconds)
        self.now += seconds
        self.plain = [plain for plain in self.plain if plain.expires > self.now]

    @rule()
    def restart(self) -> None:
        self.mns = Mns(self.state, self.clock)

    @invariant()
    def peek_and_census_agree(self) -> None:
        ready = self.ready()
        try:
            seen = [message.body for message in self.mns.peek(QUEUE, 16)]
        except MnsError:
            seen = []
        assert seen == [plain.body for plain in ready[:16]]
        census = self.mns.census(QUEUE)
        assert (census["active"], sum(census.values())) == (len(ready), len(self.plain))

    def ready(self) -> list[Plain]:
        visible = [plain for plain in self.plain if plain.visible <= self.now]
        return sorted(visible, key=lambda plain: (plain.priority, int(plain.body)))

    def alive(self, held: Held) -> bool:
        plain = held.plain
        return plain in self.plain and plain.receives == held.receives and plain.visible > self.now


TestQueueing = Queueing.TestCase
TestQueueing.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
