"""Everything one invocation works with: the doors to the outside and the settings that decisions depend on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shared.facts import Policy
from shared.log import Log
from shared.ports import Clock, Objects, Queue, Tasks


@dataclass(frozen=True)
class Booth:
    """One photo booth, as one invocation sees it."""

    bucket: str
    objects: Objects
    queue: Queue
    tasks: Tasks
    clock: Clock
    policy: Policy
    log: Log
    new_id: Callable[[], str]
    """A fresh random name for a line."""
    model: str
    """The model of routes that name none."""
    key_print: str
    """Fingerprint of the API key in use: tells keys apart without telling the key."""
    key_id: str = ""
    """The key's `api_key_id` in the task list, when the deployer named it."""
    link_seconds: int = 6 * 3600
    """How long a link handed to DashScope works: it fetches when the task starts, and the slot is ours by then."""
    probe_seconds: float = 900.0
    """How often a refusing account is tried again."""
    stay: float = 55.0
    """How long a tick stays while there is work: until just before the next one."""
    passed_over: frozenset[str] = frozenset()
    """Jobs that could not be looked at lately: they do not keep those behind them from their turn."""
