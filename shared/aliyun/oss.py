"""The bucket, by oss2 2.19.1: V4 signatures with a region, always (V1 is closed to new accounts and buckets).

Two clients: one does the work (internal endpoint in the cloud), one only signs links that DashScope can reach.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from xml.etree.ElementTree import ParseError

import oss2
import requests
from oss2.exceptions import NoSuchBucket, NoSuchKey, NotFound, OssError, PositionNotEqualToLength, ServerError
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from shared.aliyun.credentials import Credentials
from shared.errors import BadSetting, NotNow, Raced
from shared.ports import Entry, Head, Listing, Unreadable
from shared.settings import Settings

OLDEST = (2, 18, 4)
"""Older versions sign V4 requests but not V4 links."""
_TIMEOUT = (3.05, 8.0)
"""Seconds to connect and between two reads; with two repetitions still well inside the function's own time-out."""
_META = "x-oss-meta-"

# At DEBUG the SDK logs tokens and strings to sign.
logging.getLogger("oss2").setLevel(logging.WARNING)
# And urllib3 logs whole targets, signatures included; those that it asks for again even as warnings.
logging.getLogger("urllib3").setLevel(logging.ERROR)


class OssObjects:
    """`Objects` over one bucket."""

    def __init__(self, settings: Settings, credentials: Credentials) -> None:
        _check_version(oss2.__version__)
        auth = _auth(credentials)
        # enable_crc=False: without crcmod's C extension CRC64 is some 40 times slower; Content-MD5 guards every write.
        common = {"region": settings.region, "session": _session(), "connect_timeout": _TIMEOUT, "enable_crc": False}
        self._bucket = oss2.Bucket(auth, settings.oss_endpoint, settings.bucket, **common)
        self._signer = oss2.Bucket(
            auth, settings.oss_signing_endpoint, settings.bucket, is_cname=settings.oss_signing_cname, **common
        )

    def head(self, key: str) -> Head | None:
        """HeadObject."""
        with _translated():
            try:
                found = self._bucket.head_object(key)
            except NoSuchBucket:
                raise
            except NotFound:
                return None
        headers = {name.lower(): value for name, value in found.headers.items()}
        meta = {name[len(_META) :]: value for name, value in headers.items() if name.startswith(_META)}
        return Head(found.etag, found.content_length, float(found.last_modified), meta)

    def read(self, key: str, start: int = 0) -> bytes | None:
        """GetObject, from `start` on."""
        # Without this, a range that begins at the end or behind it is answered with the whole object.
        headers = {"x-oss-range-behavior": "standard"}
        with _translated():
            try:
                return _whole(self._bucket.get_object(key, (start, None) if start else None, headers))
            except NoSuchKey:
                return None
            except ServerError as error:
                if error.status == 416:  # nothing lies behind `start`
                    return b""
                raise

    def write(self, key: str, data: bytes, content_type: str = "", meta: Mapping[str, str] | None = None) -> None:
        """PutObject."""
        headers = {"Content-MD5": _md5(data), "Content-Type": content_type or "application/octet-stream"}
        headers |= {_META + name: value for name, value in (meta or {}).items()}
        with _translated():
            self._bucket.put_object(key, data, headers=headers)

    def append(self, key: str, position: int, data: bytes) -> bool:
        """AppendObject."""
        with _translated():
            try:
                self._bucket.append_object(key, position, data, headers={"Content-MD5": _md5(data)})
            except PositionNotEqualToLength:
                return False
        return True

    def delete(self, key: str) -> None:
        """DeleteObject."""
        with _translated():
            self._bucket.delete_object(key)

    def list(self, prefix: str, limit: int = 1000, after: str = "") -> Listing:
        """ListObjectsV2, one page."""
        with _translated():
            page = self._bucket.list_objects_v2(prefix=prefix, max_keys=limit, start_after=after)
        entries = [Entry(one.key, one.size, float(one.last_modified), one.etag) for one in page.object_list]
        return Listing(entries, not page.is_truncated)

    def info(self, key: str) -> Mapping[str, str] | Unreadable:
        """GetObject with `x-oss-process=image/info`."""
        with _translated():
            try:
                facts = json.loads(_whole(self._bucket.get_object(key, process="image/info")))
            except ServerError as error:
                told_of_picture = 400 <= error.status < 500 and error.status not in (403, 404, 408, 429)
                if told_of_picture or error.code == "ImageDamage":  # a 403, as a missing right is
                    return Unreadable(error.code)
                raise
        return {name: str(told["value"]) for name, told in facts.items()}

    def link(self, key: str, process: str, seconds: int) -> str:
        """A V4-signed GET link; no call is made."""
        # A fresh dict at every signing: sign_url writes the signature into the one it is given.
        params = {"x-oss-process": process} if process else {}
        # slash_safe: %2F in the path broke downloads by the vendor's other models.
        link: str = self._signer.sign_url("GET", key, seconds, params=params, slash_safe=True)
        return link


def _session() -> Any:
    # Appends (POST) are never repeated here: the journal does that, knowing its own line again.
    retry = Retry(
        total=2,
        backoff_factor=0.2,
        status_forcelist=(500, 502, 503, 504),
        allowed_methods=frozenset({"GET", "HEAD", "PUT", "DELETE"}),
        raise_on_status=False,
        respect_retry_after_header=False,  # the server would say how long we are billed for sleeping
    )
    session = oss2.Session(adapter=HTTPAdapter(max_retries=retry))
    session.session.trust_env = False  # a .netrc entry would replace the Authorization header, a proxy see the bytes
    session.session.max_redirects = 0  # a 302 would turn a PUT into a GET
    return session


def _auth(credentials: Credentials) -> Any:
    if credentials.security_token:
        return oss2.StsAuth(
            credentials.access_key_id,
            credentials.access_key_secret,
            credentials.security_token,
            auth_version=oss2.AUTH_VERSION_4,
        )
    return oss2.AuthV4(credentials.access_key_id, credentials.access_key_secret)


def _whole(answer: Any) -> bytes:
    # urllib3 1.26 (python3.10 of Function Compute) takes a body that was cut off for a short one unless told.
    answer.resp.response.raw.enforce_content_length = True
    # Only read() without an argument is safe: a chunked answer read piecewise silently loses data.
    data: bytes = answer.read()
    return data


@contextmanager
def _translated() -> Iterator[None]:
    """Every failure of the SDK as NotNow, without link or header in its text, nor in that of a cause.

    The vendor's answer to a wrong signature repeats all that was signed, the security token among it.
    """
    try:
        yield
    except NoSuchKey:
        raise Raced("OSS: the object has just gone") from None
    except ServerError as error:
        raise NotNow(f"OSS answered {error.status} {error.code} (request {error.request_id})") from None
    except (OssError, requests.RequestException, ValueError, RuntimeError, ParseError) as error:
        # The SDK lets errors of requests and of its parsers through as they are.
        raise NotNow(f"OSS gave no usable answer ({type(error).__name__})") from None


def _md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data).digest()).decode()


def _check_version(version: str) -> None:
    if tuple(int(part) for part in version.split(".")[:3]) < OLDEST:
        raise BadSetting(f"oss2 {version} is too old: deploy the bundle of `make bundle`, which carries 2.19.1")
