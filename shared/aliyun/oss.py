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

import oss2
import requests
from oss2.exceptions import NoSuchKey, NotFound, OssError, PositionNotEqualToLength, ServerError
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from shared.aliyun.credentials import Credentials
from shared.errors import BadSetting, NotNow
from shared.ports import Entry, Head, Listing, Unreadable
from shared.settings import Settings

OLDEST = (2, 18, 4)
"""Older versions sign V4 requests but not V4 links."""
_TIMEOUT = (3.05, 20.0)
_META = "x-oss-meta-"

# At DEBUG the SDK logs tokens and strings to sign.
logging.getLogger("oss2").setLevel(logging.WARNING)


class OssObjects:
    """`Objects` over one bucket."""

    def __init__(self, settings: Settings, credentials: Credentials) -> None:
        _check_version(oss2.__version__)
        auth = _auth(credentials)
        # enable_crc=False: without crcmod's C extension CRC64 is 60 times slower; Content-MD5 guards every write.
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
            except NotFound:
                return None
        meta = {name[len(_META) :]: value for name, value in found.headers.items() if name.lower().startswith(_META)}
        return Head(found.etag, found.content_length, float(found.last_modified), meta)

    def read(self, key: str, start: int = 0) -> bytes | None:
        """GetObject, from `start` on."""
        with _translated():
            try:
                # Only read() without an argument is safe: a chunked answer read piecewise silently loses data.
                found: bytes = self._bucket.get_object(key, byte_range=(start, None) if start else None).read()
            except NoSuchKey:
                return None
            except ServerError as error:
                if error.status == 416:  # nothing lies behind `start`
                    return b""
                raise
        return found

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
        entries = [Entry(one.key, one.size, float(one.last_modified)) for one in page.object_list]
        return Listing(entries, not page.is_truncated)

    def info(self, key: str) -> Mapping[str, str] | Unreadable:
        """GetObject with `x-oss-process=image/info`."""
        with _translated():
            try:
                answer = self._bucket.get_object(key, process="image/info").read()
            except NoSuchKey:
                raise
            except ServerError as error:
                if 400 <= error.status < 500 and error.status not in (403, 408, 429):
                    return Unreadable(error.code)
                raise
        return {name: str(told["value"]) for name, told in json.loads(answer).items()}

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


@contextmanager
def _translated() -> Iterator[None]:
    """Every failure of the SDK as NotNow, without link or header in its text."""
    try:
        yield
    except NoSuchKey as error:
        raise NotNow("OSS: the object has just gone") from error
    except ServerError as error:
        raise NotNow(f"OSS answered {error.status} {error.code} (request {error.request_id})") from error
    except (OssError, requests.RequestException, ValueError) as error:
        # The SDK lets raw requests and parsing errors through, too.
        raise NotNow(f"OSS gave no usable answer ({type(error).__name__})") from None


def _md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data).digest()).decode()


def _check_version(version: str) -> None:
    if tuple(int(part) for part in version.split(".")[:3]) < OLDEST:
        raise BadSetting(f"oss2 {version} is too old: deploy the bundle of `make bundle`, which carries 2.19.1")
