"""Timer tick -> results saved by deadline, tasks looked at, the next photo submitted the moment the slot is free.

Also invoked by FC itself when `submit` succeeded (its success destination), so that nobody waits for the next minute.
"""

from __future__ import annotations

from typing import Any

from shared import tick
from shared.assemble import open_booth
from shared.booth import Booth
from shared.events import asks_for_sweep


def handler(event: bytes, context: Any) -> dict[str, int]:
    """Entry point of Function Compute. Whatever invoked it, the bucket says what is to be done."""
    return poll(open_booth(context), event)


def poll(booth: Booth, event: bytes) -> dict[str, int]:
    """Work until just before the next tick, or until there is nothing to do."""
    began = booth.clock.now()
    tick.run(booth, began + booth.stay, sweeps=asks_for_sweep(event))
    seconds = round(booth.clock.now() - began)
    booth.log("tick", seconds=seconds)
    return {"seconds": seconds}
