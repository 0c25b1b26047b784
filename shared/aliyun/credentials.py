"""Whose hands the function's calls are in: temporary credentials, taken anew at every invocation.

python3.10 hands them over in `context.credentials`; python3.12 has none there and sets the environment instead
(FC manual, "context"). They live 36 hours at most, and a signed link dies with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.errors import BadSetting

_NAMES = ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN")


@dataclass(frozen=True)
class Credentials:
    """An access key, temporary when it has a token."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str = field(default="", repr=False)


def of_invocation(context: Any, environ: Mapping[str, str]) -> Credentials:
    """The credentials of the running invocation. Raises BadSetting when there are none."""
    given = getattr(context, "credentials", None)
    if given is not None and given.access_key_id:
        return Credentials(given.access_key_id, given.access_key_secret, given.security_token or "")
    key_id, secret, token = (environ.get(name, "") for name in _NAMES)
    if not (key_id and secret):
        raise BadSetting(
            f"{_NAMES[0]} and {_NAMES[1]} are not set and the context has no credentials: give the function a role"
        )
    return Credentials(key_id, secret, token)
