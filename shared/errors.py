"""What can go wrong, by what must happen next.

CosdropError
 ├─ BadSetting     the deployer's: a variable is missing or wrong; nothing runs until it is mended
 ├─ NotNow         a service is away or gave no answer to something that may be repeated: later, no attempt burned
 ├─ Raced          another invocation wrote first, or somebody deleted the photo: read again and decide anew
 └─ BadResult      a finished result cannot be taken as it is: park it and try again until its deadline

What DashScope *answers* to a submission, doubt included, is no exception but a value (`models.contract.Posted`), for
`decide` to judge.
"""

from __future__ import annotations


class CosdropError(Exception):
    """Root of all errors that cosdrop raises on purpose."""


class BadSetting(CosdropError):
    """An environment variable is missing or malformed. The text names it, what is wrong and an example."""


class NotNow(CosdropError):
    """A service refused, could not be reached or did not answer, and what was asked may be asked again."""


class Raced(CosdropError):
    """An append found that somebody else appended first, or what was looked at has just gone."""


class BadResult(CosdropError):
    """A result link or its content does not pass the checks. `code` is one of `words.py`."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
