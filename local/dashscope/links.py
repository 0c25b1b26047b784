"""Links to results, signed as OSS signs with V1: over verb, path and time of expiry, nothing else.

Hence a link for GET refuses HEAD, and may be called over http or https alike.
Source: https://www.alibabacloud.com/help/en/oss/developer-reference/ddd-signatures-to-urls
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import urlencode

from local.dashscope.errors import ApiError

ACCESS_KEY_ID = "LTAI-local-dashscope"
_BUCKET = "dashscope-result-local"


class Links:
    """Makes and checks the links of one server, which alone knows `secret`."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def url(self, base: str, path: str, expires: int) -> str:
        """A link that GETs `path` from the server at `base` up to `expires` (Unix seconds)."""
        signature = self._signature("GET", path, str(expires))
        query = {"Expires": expires, "OSSAccessKeyId": ACCESS_KEY_ID, "Signature": signature}
        return f"{base}{path}?{urlencode(query)}"

    def check(self, verb: str, path: str, query: Mapping[str, str], now: float) -> None:
        """Refuse (403) what was not signed by `url`, or too long ago."""
        expires, signature = query.get("Expires", ""), query.get("Signature", "")
        if not (expires.isdecimal() and signature) or query.get("OSSAccessKeyId") != ACCESS_KEY_ID:
            raise ApiError(403, "AccessDenied", "You have no right to access this object.")
        if now > int(expires):
            raise ApiError(403, "AccessDenied", "Request has expired.")
        if not hmac.compare_digest(signature.encode(), self._signature(verb, path, expires).encode()):
            raise ApiError(
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided.",
            )

    def _signature(self, verb: str, path: str, expires: str) -> str:
        signed = f"{verb}\n\n\n{expires}\n/{_BUCKET}{path}".encode()
        return base64.b64encode(hmac.digest(self._secret, signed, hashlib.sha1)).decode()
