"""Signature version 2 of MNS, the only one its Python SDK has: HMAC-SHA1 over the request as it was sent.

https://help.aliyun.com/document_detail/27487.html
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Collection, Mapping
from email.utils import parsedate_to_datetime

from local.credential import Credential
from local.mns.errors import MnsError

SKEW = 15 * 60
"""Seconds by which the Date of a request may differ from the server's time."""


def sign(secret: str, method: str, headers: Mapping[str, str], target: str) -> str:
    """The signature in base64. Header names in lower case; `target` is path and query exactly as sent."""
    signed = sorted(name for name in headers if name.startswith("x-mns-"))
    lines = [
        method,
        headers.get("content-md5", ""),
        headers.get("content-type", ""),
        _date(headers),
        *(f"{name}:{headers[name]}" for name in signed),
        target,
    ]
    return b64encode(hmac.digest(secret.encode(), "\n".join(lines).encode(), "sha1")).decode()


def verify(
    method: str, target: str, headers: Mapping[str, str], credentials: Collection[Credential], now: float
) -> Credential:
    """Whose request this is. `credentials` is looked through on each call, so it may change between calls.

    Content-MD5 is signed but not compared with the body: the SDKs disagree about its form, and the Python one
    sends the base64 of the hex digits.
    """
    key_id, given = _authorization(headers)
    _check_date(_date(headers), now)
    credential = next((known for known in credentials if known.id == key_id), None)
    if credential is None or credential.token != headers.get("security-token", ""):
        raise MnsError("InvalidAccessKeyId")
    if not hmac.compare_digest(sign(credential.secret, method, headers, target).encode(), given.encode()):
        raise MnsError("SignatureDoesNotMatch")
    return credential


def _authorization(headers: Mapping[str, str]) -> tuple[str, str]:
    text = headers.get("authorization")
    if not text:
        raise MnsError("MissingAuthorizationHeader")
    scheme, _, rest = text.partition(" ")
    key_id, colon, signature = rest.partition(":")
    if scheme != "MNS" or not colon:
        raise MnsError("InvalidAuthorizationHeader")
    return key_id, signature


def _date(headers: Mapping[str, str]) -> str:
    """Where a client may not set Date, as in a browser, x-mns-date stands in."""
    return headers.get("date") or headers.get("x-mns-date", "")


def _check_date(date: str, now: float) -> None:
    if not date:
        raise MnsError("MissingDateHeader")
    try:
        sent = parsedate_to_datetime(date).timestamp()
    except ValueError as error:
        raise MnsError("InvalidDateHeader") from error
    if abs(now - sent) > SKEW:
        raise MnsError("TimeExpired")
