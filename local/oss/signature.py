"""Who sent a request: V4 and V1 signatures, in the Authorization header and in presigned URLs.

V4: https://www.alibabacloud.com/help/en/oss/developer-reference/recommend-to-use-signature-version-4
V1: https://www.alibabacloud.com/help/en/oss/developer-reference/ddd-signatures-to-urls
"""

from __future__ import annotations

import base64
import calendar
import hashlib
import hmac
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import quote

from local.credential import Credential
from local.oss.errors import OssError, invalid_argument
from local.oss.request import Request

MAX_SKEW = 15 * 60
"""Seconds that a signature's date may differ from the server's time."""

MAX_EXPIRES = 7 * 24 * 3600
"""Seconds that a V4 URL may live."""

V4 = "OSS4-HMAC-SHA256"

# fmt: off
SUBRESOURCES = frozenset((
    "acl", "append", "bucketInfo", "callback", "callback-var", "cname", "comp", "continuation-token", "cors",
    "delete", "encryption", "endTime", "inventory", "lifecycle", "link", "live", "location", "logging", "objectMeta",
    "partNumber", "policy", "position", "qos", "referer", "replication", "requestPayment", "response-cache-control",
    "response-content-disposition", "response-content-encoding", "response-content-language", "response-content-type",
    "response-expires", "restore", "security-token", "sequential", "startTime", "stat", "status", "style", "styleName",
    "symlink", "tagging", "transferAcceleration", "uploadId", "uploads", "versionId", "versioning", "versions", "vod",
    "website", "worm", "x-oss-async-process", "x-oss-process", "x-oss-request-payer", "x-oss-traffic-limit",
))
# fmt: on
"""Query parameters that a V1 signature covers (`oss2.auth.ProviderAuth` has the same); it leaves all others out."""


@dataclass(frozen=True)
class _Claim:
    """Who a request says it is from, the signature it brings, and how the right one comes from the secret."""

    id: str
    signature: str
    sign: Callable[[str], str]


def verify(request: Request, keys: Mapping[str, Credential], region: str, now: float) -> Credential:
    """The credential that signed `request`. `region` is like `cn-hangzhou`, `now` is the wall's time."""
    claim = _claim(request, region, now)
    credential = _credential(claim.id, request, keys, now)
    if not hmac.compare_digest(claim.signature.encode(), claim.sign(credential.secret).encode()):
        message = "The request signature we calculated does not match the signature you provided."
        hint = " Check your key and signing method."
        raise OssError(403, "SignatureDoesNotMatch", message + hint, "0002-00000040")
    return credential


def _claim(request: Request, region: str, now: float) -> _Claim:
    authorization = request.headers.get("authorization", "")
    if authorization.startswith(f"{V4} "):
        return _v4_header(request, authorization, region, now)
    if authorization.startswith("OSS "):
        return _v1_header(request, authorization, now)
    if authorization:
        raise invalid_argument("Authorization header is invalid.")
    if "x-oss-signature-version" in request.query:
        return _v4_url(request, region, now)
    if "Signature" in request.query:
        return _v1_url(request, now)
    raise _denied("You have no right to access this object because of bucket acl.", "0003-00000001")


def _credential(id: str, request: Request, keys: Mapping[str, Credential], now: float) -> Credential:
    token = request.headers.get("x-oss-security-token") or request.query.get("x-oss-security-token", "")
    token = token or request.query.get("security-token", "")
    credential = keys.get(id)
    if credential is None or bool(token) != bool(credential.token):
        # An STS key without its token, or a token with a lasting key, is to OSS a key that does not exist:
        # https://www.alibabacloud.com/help/en/oss/support/0002-00000002
        message = "The OSS Access Key Id you provided does not exist in our records."
        raise OssError(403, "InvalidAccessKeyId", message, "0002-00000002" if token else "0002-00000902")
    if not hmac.compare_digest(token.encode(), credential.token.encode()):
        message = "The security token you provided is invalid."
        raise OssError(403, "InvalidSecurityToken", message, "0002-00000006")
    if now >= credential.expires:
        message = "The security token you provided has expired."
        raise OssError(403, "SecurityTokenExpired", message, "0002-00000007")
    return credential


# V4


def _v4_header(request: Request, authorization: str, region: str, now: float) -> _Claim:
    fields = dict(re.findall(r"(\w+)=([^,\s]+)", authorization))
    date = request.headers.get("x-oss-date", "")
    _check_skew(_basic_iso(date), now)
    return _v4(request, fields.get("Credential", ""), fields.get("Signature", ""), date, region)


def _v4_url(request: Request, region: str, now: float) -> _Claim:
    query = request.query
    date, expires = query.get("x-oss-date", ""), query.get("x-oss-expires", "")
    if not (expires.isdecimal() and 1 <= int(expires) <= MAX_EXPIRES):
        raise _denied("The x-oss-expires must be between 1 and 604800 seconds.", "0002-00000232")
    if now < _basic_iso(date) - MAX_SKEW:
        raise _denied("Request is not valid yet.", "0002-00000235")
    if now > _basic_iso(date) + int(expires):
        raise _denied("Request has expired.", "0002-00000069")
    credential, signature = query.get("x-oss-credential", ""), query.get("x-oss-signature", "")
    return _v4(request, credential, signature, date, region)


def _v4(request: Request, credential: str, signature: str, date: str, region: str) -> _Claim:
    id, _, scope = credential.partition("/")
    if scope.split("/")[1:2] != [region]:
        in_url = "x-oss-credential" in request.query
        where = (
            "The signing region in credential is invalid."
            if in_url
            else "Invalid signing region in Authorization header."
        )
        raise invalid_argument(where, "0002-00000226")
    if scope != f"{date[:8]}/{region}/oss/aliyun_v4_request":
        raise invalid_argument("Invalid credential in Authorization header.", "0002-00000223")
    text = f"{V4}\n{date}\n{scope}\n{hashlib.sha256(_v4_canonical(request)).hexdigest()}"
    return _Claim(id, signature, lambda secret: _v4_sign(secret, scope, text))


def _v4_canonical(request: Request) -> bytes:
    path = f"/{request.bucket}/{request.key}" if request.bucket else "/"
    encoded = {quote(name, safe=""): quote(value, safe="") for name, value in request.query.items()}
    query = sorted((name, value) for name, value in encoded.items() if name != "x-oss-signature")
    additional = _v4_additional(request)
    lines = (
        request.method,
        quote(path, safe="/"),
        "&".join(f"{name}={value}" if value else name for name, value in query),
        _signed_headers(request, {"content-type", "content-md5", *additional}),
        ";".join(additional),
        request.headers.get("x-oss-content-sha256", "UNSIGNED-PAYLOAD"),
    )
    return "\n".join(lines).encode("latin-1", "replace")


def _v4_additional(request: Request) -> list[str]:
    """Names of the headers signed besides those that always are."""
    in_header = re.search(r"AdditionalHeaders=([^,\s]+)", request.headers.get("authorization", ""))
    names = in_header[1] if in_header else request.query.get("x-oss-additional-headers", "")
    return sorted(name for name in names.split(";") if name)


def _v4_sign(secret: str, scope: str, text: str) -> str:
    key = f"aliyun_v4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, text.encode("latin-1", "replace"), "sha256").hexdigest()


# V1


def _v1_header(request: Request, authorization: str, now: float) -> _Claim:
    date = request.headers.get("x-oss-date") or request.headers.get("date", "")
    _check_skew(_http_time(date), now)
    id, _, signature = authorization.removeprefix("OSS ").partition(":")
    return _v1(request, id, signature, date)


def _v1_url(request: Request, now: float) -> _Claim:
    expires = request.query.get("Expires", "")
    if not expires.isdecimal():
        raise _denied("Invalid date (should be seconds since epoch).", "0002-00000070")
    if now > int(expires):
        raise _denied("Request has expired.", "0002-00000069")
    return _v1(request, request.query.get("OSSAccessKeyId", ""), request.query["Signature"], expires)


def _v1(request: Request, id: str, signature: str, date: str) -> _Claim:
    head = (
        request.method,
        request.headers.get("content-md5", ""),
        request.headers.get("content-type", ""),
        date,
        _signed_headers(request, set()),
    )
    # The headers as the bytes they came in, the resource as UTF-8: oss2 signs the key and the query unescaped.
    text = "\n".join(head).encode("latin-1", "replace") + _v1_resource(request).encode()
    return _Claim(
        id,
        signature,
        lambda secret: base64.b64encode(hmac.digest(secret.encode(), text, "sha1")).decode(),
    )


def _v1_resource(request: Request) -> str:
    path = f"/{request.bucket}/{request.key}" if request.bucket else "/"
    covered = sorted((name, value) for name, value in request.query.items() if name in SUBRESOURCES)
    query = "&".join(f"{name}={value}" if value else name for name, value in covered)
    return f"{path}?{query}" if query else path


# Both


def _signed_headers(request: Request, also: set[str]) -> str:
    return "".join(
        f"{name}:{value}\n"
        for name, value in sorted(request.headers.items())
        if name.startswith("x-oss-") or name in also
    )


def _check_skew(date: float, now: float) -> None:
    if abs(now - date) > MAX_SKEW:
        message = "The difference between the request time and the current time is too large."
        raise OssError(403, "RequestTimeTooSkewed", message, "0002-00000504")


def _basic_iso(date: str) -> float:
    """Seconds of a V4 date, `20231203T121212Z`."""
    try:
        return calendar.timegm(time.strptime(date, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise _denied("OSS authentication requires a valid Date.", "0002-00000503") from None


def _http_time(date: str) -> float:
    """Seconds of a V1 date, `Sun, 03 Dec 2023 12:12:12 GMT`."""
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError):
        raise _denied("OSS authentication requires a valid Date.", "0002-00000503") from None


def _denied(message: str, ec: str) -> OssError:
    return OssError(403, "AccessDenied", message, ec)
