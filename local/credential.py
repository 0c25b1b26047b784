"""An access key as every local server knows it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Credential:
    """An access key. A temporary one (STS) has a `token`, which every request must present, and may expire."""

    id: str
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)
    expires: float = math.inf
    """Epoch seconds."""
