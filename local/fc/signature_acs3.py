"""The signature of Alibaba Cloud's newer APIs, ACS3-HMAC-SHA256, as alibabacloud_tea_openapi 0.4 makes it.

https://help.aliyun.com/en/sdk/product-overview/v3-request-structure-and-signature
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from urllib.parse import parse_qsl, quote

from local.credential import Credential
from local.fc.errors import FcError

ALGORITHM = "ACS3-HMAC-SHA256"
VALID_FOR = 15 * 60
"""Seconds for which a date is accepted, either way."""

_AUTHORIZATION = re.compile(rf"{ALGORITHM} Credential=([^,]*),\s*SignedHeaders=([^,]*),\s*Signature=([0-9a-f]*)")
_NEEDED = ("authorization", "host", "x-acs-date", "x-acs-content-sha256", "x-acs-signature-nonce")


@dataclass(frozen=True)
class Signed:
    """A request as it arrived: `target` is path and query as sent, the names in `headers` are lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


def verify(request: Signed, credentials: Iterable[Credential], now: float) -> Credential:
    """The one of `credentials` that signed `request`. Raises FcError 400 and 403."""
    headers = request.headers
    for required in _NEEDED:
        if not headers.get(required):
            raise FcError(400, "MissingRequiredHeader", f"required HTTP header {required} was not specified")
    if not (claimed := _AUTHORIZATION.fullmatch(headers["authorization"])):
        raise FcError(400, "InvalidArgument", f"the authorization is not of the form {ALGORITHM} Credential=...")
    access_key_id, signed, signature = claimed.groups()
    known = {credential.id: credential for credential in credentials}.get(access_key_id)
    if known is None or known.token != headers.get("x-acs-security-token", ""):
        raise FcError(403, "InvalidAccessKeyID", f"invalid access key ID '{access_key_id}'")
    names = signed.split(";")
    # What is not signed could have been changed on the way.
    unsigned = {name for name in headers if name.startswith("x-acs-") or name == "host"} - set(names)
    expected = sign(request.method, request.target, {name: headers.get(name, "") for name in names}, known.secret)
    honest = hashlib.sha256(request.body).hexdigest() == headers["x-acs-content-sha256"]
    if unsigned or not honest or not hmac.compare_digest(expected, signature):
        raise FcError(403, "SignatureNotMatch", "The request signature we calculated does not match yours")
    if abs(now - _moment(headers["x-acs-date"])) > VALID_FOR:
        raise FcError(403, "AccessDenied", "the date of the request is more than 15 minutes off")
    return known


def sign(method: str, target: str, headers: Mapping[str, str], secret: str) -> str:
    """The hexadecimal signature of a request over exactly these `headers`, whose names are lower case."""
    path, _, query = target.partition("?")
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    canonical = [
        method.upper(),
        path,
        "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs),
        *(f"{name}:{headers[name].strip()}" for name in sorted(headers)),
        "",
        ";".join(sorted(headers)),
        headers.get("x-acs-content-sha256", ""),
    ]
    hashed = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
    return hmac.new(secret.encode(), f"{ALGORITHM}\n{hashed}".encode(), hashlib.sha256).hexdigest()


def _moment(date: str) -> float:
    try:
        return datetime.strptime(date, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()
    except ValueError as error:
        raise FcError(400, "InvalidArgument", f"'{date}' is not a date") from error
