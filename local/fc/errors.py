"""How Function Compute says that something went wrong: refusals of a request, and ends of a run.

Codes: https://www.alibabacloud.com/help/en/functioncompute/error-codes
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

UNHANDLED = "UnhandledInvocationError"
"""The header's word for all that goes wrong in a run: an exception, a time-out, too little memory, a dead process."""

INITIALIZATION = "InitializationError"
"""The header's word for an initializer that failed; the run itself never began."""

EXPIRED = "Expired"
"""What a failure's destination is told of an event that grew too old: the state's name among asynchronous tasks."""

Kind = Literal["", "FunctionTimeoutError", "FunctionOOMError", "FunctionUnhandledError"]
"""The finer word, which FC writes to its request metrics and not to the header."""


class FcError(Exception):
    """A refusal in the vendor's words."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class NoInstance(Exception):
    """This machine could not start an instance; the function did not run."""


@dataclass(frozen=True)
class Outcome:
    """How one run ended: what the function answered, and the type of its error for `X-Fc-Error-Type` or ''."""

    body: bytes
    error: str = ""
    kind: Kind = ""
