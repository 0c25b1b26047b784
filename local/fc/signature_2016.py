"""The signature of Function Compute's 2016-08-15 API, which aliyun-fc2 2.5.2 makes in `fc2.auth`.

`Authorization: FC <access key id>:<base64 HMAC-SHA256>` over method, MD5, type, date, x-fc-* headers and path.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime

from local.credential import Credential
from local.fc.errors import FcError

VALID_FOR = 15 * 60
"""Seconds for which a date is accepted, either way (https://www.alibabacloud.com/help/doc-detail/85445.htm)."""


def verify(
    method: str, path: str, headers: Mapping[str, str], credentials: Iterable[Credential], now: float
) -> Credential:
    """The one of `credentials` that signed the request.

    `path` is the decoded path; the names in `headers` are lower case. Raises FcError 400 and 403.
    """
    for required in ("authorization", "date"):
        if not headers.get(required):
            raise FcError(400, "MissingRequiredHeader", f"required HTTP header {required} was not specified")
    access_key_id, _, signature = headers["authorization"].removeprefix("FC ").partition(":")
    known = {credential.id: credential for credential in credentials}.get(access_key_id)
    if known is None or known.token != headers.get("x-fc-security-token", ""):
        raise FcError(403, "InvalidAccessKeyID", f"invalid access key ID '{access_key_id}'")
    if not hmac.compare_digest(sign(method, path, headers, known.secret).encode(), signature.encode()):
        raise FcError(403, "SignatureNotMatch", "The request signature we calculated does not match yours")
    if abs(now - _moment(headers["date"])) > VALID_FOR:
        raise FcError(403, "AccessDenied", "the date of the request is more than 15 minutes off")
    return known


def sign(method: str, path: str, headers: Mapping[str, str], secret: str) -> str:
    """The base64 signature of a request."""
    vendor = sorted((name, value) for name, value in headers.items() if name.startswith("x-fc-"))
    lines = [
        method.upper(),
        *(headers.get(name, "") for name in ("content-md5", "content-type", "date")),
        *(f"{name}:{value}" for name, value in vendor),
        path,
    ]
    digest = hmac.new(secret.encode(), "\n".join(lines).encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _moment(date: str) -> float:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError) as error:
        raise FcError(400, "InvalidArgument", f"'{date}' is not a date") from error
