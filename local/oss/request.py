"""One request as OSS sees it: bucket, key, query and headers, decoded once, for the signature and the operation."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from starlette.requests import Request as HttpRequest

from local.oss.errors import OssError, invalid_argument
from local.oss.records import NOBODY, Content, Origin

_KEPT = {
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
}


@dataclass(frozen=True)
class Request:
    """A request to `/bucket/key`. Header names are lower-case, their values bytes read as Latin-1."""

    method: str
    bucket: str
    key: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    origin: Origin = NOBODY

    @property
    def process(self) -> str:
        """x-oss-process: what IMG shall do with the object, "" for nothing."""
        return self.query.get("x-oss-process", "")

    @property
    def kept_headers(self) -> dict[str, str]:
        """Those that are stored with an object and served with it."""
        return {name: value for name, value in self.headers.items() if name in _KEPT or name.startswith("x-oss-meta-")}

    @property
    def content(self) -> Content:
        """What there is to be stored."""
        return Content(self.body, self.kept_headers, self.origin)

    def number(self, name: str, default: int | None = None) -> int:
        """The query parameter `name`, a whole number; InvalidArgument."""
        text = self.query.get(name) or ("" if default is None else str(default))
        if not (text.isascii() and text.isdigit()):
            raise invalid_argument(f"The value of {name} must be a non-negative integer.")
        return int(text)


async def read(http: HttpRequest, request_id: str) -> Request:
    """`http` decoded, its body read whole, chunked or not."""
    bucket, key = target(http.scope["raw_path"])
    return Request(
        method=http.method,
        bucket=bucket,
        key=key,
        query=dict(parse_qsl(http.scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        headers=dict(http.headers),
        # A GET may announce a body that never comes: oss2 signs and sends a Content-Length when told to.
        body=await http.body() if http.method not in ("GET", "HEAD") else b"",
        origin=Origin(request_id, http.client.host if http.client else ""),
    )


def target(raw_path: bytes) -> tuple[str, str]:
    """Bucket and key of a path as it came, still percent-encoded: a `%2F` and a `/` in the key are the same."""
    try:
        path = unquote(raw_path.decode("ascii"), errors="strict")
    except UnicodeDecodeError:
        message = "The specified object is not valid."
        raise OssError(400, "InvalidObjectName", message, "0016-00000002") from None
    bucket, _, key = path.removeprefix("/").partition("/")
    return bucket, key
