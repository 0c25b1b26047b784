"""OSS without the network: buckets and objects, append as a compare-and-set, listing.

Every method runs to its end or raises `OssError` before it has changed anything, so calls made one after another
are atomic. The caller commits.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Callable
from dataclasses import dataclass, replace

from local.clock import Clock
from local.oss import listing
from local.oss.checksum import crc64, md5
from local.oss.errors import OssError, invalid_argument
from local.oss.events import Event, Outbox
from local.oss.records import APPENDABLE, NOBODY, NORMAL, Bucket, Content, Object, Origin
from local.state import State

MAX_KEY_BYTES = 1023
MAX_META_BYTES = 8 * 1024
_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")


@dataclass(frozen=True)
class Page:
    """One page of a listing; `next` is what to list behind, "" on the last page."""

    objects: list[Object]
    folders: list[str]
    next: str


class Oss:
    """All buckets of one account.

    `on_event` hears every change as it is made, before the commit; those that `watch` picks wait in the outbox too.
    """

    def __init__(
        self,
        state: State,
        clock: Clock,
        *,
        watch: Callable[[Event], bool] = lambda event: False,
        on_event: Callable[[Event], None] = lambda event: None,
    ) -> None:
        self.state, self.clock = state, clock
        self.outbox = Outbox(state, clock, watch, on_event)
        self._buckets = state.table("bucket", Bucket)
        self._objects = state.table("object", Object)
        self._keys: dict[str, list[str]] = {name: [] for name in self._buckets}
        for obj in self._objects.values():
            self._keys[obj.bucket].append(obj.key)
        for keys in self._keys.values():
            keys.sort()

    def create_bucket(self, name: str) -> None:
        """Make a bucket, unless it is there."""
        if not _BUCKET_NAME.fullmatch(name):
            raise OssError(400, "InvalidBucketName", "The specified bucket is not valid.")
        if name not in self._buckets:
            self._buckets[name] = Bucket(name, self.clock.now())
            self._keys[name] = []

    def bucket(self, name: str) -> Bucket:
        """The bucket `name`; NoSuchBucket."""
        if name not in self._buckets:
            raise OssError(404, "NoSuchBucket", "The specified bucket does not exist.", "0015-00000101")
        return self._buckets[name]

    def buckets(self) -> list[Bucket]:
        """All buckets by name."""
        return [self._buckets[name] for name in sorted(self._buckets)]

    def delete_bucket(self, name: str) -> None:
        """Delete an empty bucket; BucketNotEmpty."""
        self.bucket(name)
        if self._keys[name]:
            raise OssError(409, "BucketNotEmpty", "The bucket you tried to delete is not empty.")
        del self._buckets[name], self._keys[name]

    def usage(self, name: str) -> tuple[int, int]:
        """Number of objects and their bytes."""
        self.bucket(name)
        sizes = [self._objects[f"{name}/{key}"].size for key in self._keys[name]]
        return len(sizes), sum(sizes)

    def list_objects(self, bucket: str, query: listing.Query) -> Page:
        """One page of the bucket's objects in the order of their keys."""
        self.bucket(bucket)
        page = listing.page(self._keys[bucket], query)
        return Page([self._objects[f"{bucket}/{key}"] for key in page.keys], page.folders, page.next)

    def head(self, bucket: str, key: str) -> Object:
        """The object; NoSuchKey."""
        obj = self._objects.get(self.check_key(bucket, key))
        if obj is None:
            raise OssError(404, "NoSuchKey", "The specified key does not exist.", "0026-00000001")
        return obj

    def read(self, obj: Object) -> bytes:
        """The bytes of `obj`."""
        # After a kill between an append and its commit the blob may be longer than what was acknowledged.
        return self.state.blobs.read(obj.blob)[: obj.size]

    def get(self, bucket: str, key: str) -> tuple[Object, bytes]:
        """The object and its bytes; NoSuchKey."""
        obj = self.head(bucket, key)
        return obj, self.read(obj)

    def forbid_overwrite(self, bucket: str, key: str) -> None:
        """Raise FileAlreadyExists when the object is there: x-oss-forbid-overwrite, asked just before the write."""
        if self.check_key(bucket, key) in self._objects:
            message = "The object you specified already exists and can not be overwritten."
            raise OssError(409, "FileAlreadyExists", message, "0026-00000002")

    def put(self, bucket: str, key: str, content: Content) -> Object:
        """Store an object whole, in place of whatever lay there: over an appendable one it becomes a normal one."""
        self.check_key(bucket, key)
        check_meta(content.headers)
        obj = Object(
            bucket=bucket,
            key=key,
            kind=NORMAL,
            size=len(content.data),
            etag=md5(content.data),
            crc64=crc64(content.data),
            modified=self.clock.now(),
            blob=self.state.blobs.write(content.data),
            headers=content.headers,
        )
        return self.install(obj, "ObjectCreated:PutObject", content.origin)

    def append(self, bucket: str, key: str, position: int, content: Content) -> Object:
        """Add bytes behind the first `position` ones, which must be all there are: the one compare-and-set of OSS.

        The object is made at position 0 when it does not exist; headers count only then. ObjectNotAppendable,
        PositionNotEqualToLength. https://www.alibabacloud.com/help/en/oss/developer-reference/appendobject
        """
        old = self._objects.get(self.check_key(bucket, key))
        if old is not None and old.kind != APPENDABLE:
            message = "The object you specified is not appendable."
            raise OssError(409, "ObjectNotAppendable", message)
        length = old.size if old else 0
        if position != length:
            message = "Position is not equal to file length."
            next_position = {"x-oss-next-append-position": str(length)}
            raise OssError(409, "PositionNotEqualToLength", message, "0026-00000016", next_position)
        if old is None:
            return self._first_append(bucket, key, content)
        return self._next_append(old, content) if content.data else old

    def _first_append(self, bucket: str, key: str, content: Content) -> Object:
        check_meta(content.headers)
        crc = crc64(content.data)
        blob = self.state.blobs.write(content.data)
        size, now = len(content.data), self.clock.now()
        obj = Object(bucket, key, APPENDABLE, size, _append_etag(crc, size), crc, now, blob, content.headers)
        return self.install(obj, "ObjectCreated:AppendObject", content.origin)

    def _next_append(self, old: Object, content: Content) -> Object:
        self.state.blobs.append(old.blob, old.size, content.data)
        crc, size = crc64(content.data, old.crc64), old.size + len(content.data)
        obj = replace(old, size=size, crc64=crc, etag=_append_etag(crc, size), modified=self.clock.now())
        return self.install(obj, "ObjectCreated:AppendObject", content.origin)

    def copy(self, source: Object, bucket: str, key: str, headers: dict[str, str] | None, origin: Origin) -> Object:
        """Copy `source`; `headers` replace its own, None keeps them. Onto itself it changes only the headers.

        An appendable object cannot be copied, but its headers can be changed so (AppendObject, as above).
        """
        self.check_key(bucket, key)
        check_meta(headers or {})
        in_place = (source.bucket, source.key) == (bucket, key)
        if source.kind == APPENDABLE and not in_place:
            raise OssError(400, "OperationNotSupported", "An appendable object cannot be copied.")
        obj = replace(
            source,
            bucket=bucket,
            key=key,
            modified=self.clock.now(),
            blob=source.blob if in_place else self.state.blobs.write(self.read(source)),
            headers=source.headers if headers is None else headers,
        )
        return self.install(obj, "ObjectCreated:CopyObject", origin)

    def delete(self, bucket: str, key: str, origin: Origin = NOBODY) -> None:
        """Delete the object; that it is not there is no error."""
        name = self.check_key(bucket, key)
        if name not in self._objects:
            return
        old = self._objects[name]
        self.state.blobs.drop(old.blob)
        del self._objects[name]
        keys = self._keys[bucket]
        del keys[bisect_left(keys, key)]
        self.outbox.tell("ObjectRemoved:DeleteObject", old, -old.size, origin)

    def install(self, obj: Object, event: str, origin: Origin) -> Object:
        """Put a finished record in place of the old one, let go of the old bytes, and tell of it."""
        name = f"{obj.bucket}/{obj.key}"
        old = self._objects.get(name)
        if old is None:
            insort(self._keys[obj.bucket], obj.key)
        elif old.blob != obj.blob:
            self.state.blobs.drop(old.blob)
        self._objects[name] = obj
        self.outbox.tell(event, obj, obj.size - (old.size if old else 0), origin)
        return obj

    def check_key(self, bucket: str, key: str) -> str:
        """NoSuchBucket, InvalidObjectName; else the object's name in the table (a bucket's name holds no `/`)."""
        self.bucket(bucket)
        if key.startswith(("/", "\\")):
            raise OssError(400, "InvalidObjectName", "The specified object is not valid.", "0016-00000005")
        if not 0 < len(key.encode()) <= MAX_KEY_BYTES:
            message = "The Length of Object name must be less than 1024."
            raise OssError(400, "InvalidObjectName", message, "0016-00000002")
        return f"{bucket}/{key}"


def check_meta(headers: dict[str, str]) -> None:
    """Refuse more than 8 KB of x-oss-meta-* (https://www.alibabacloud.com/help/en/oss/developer-reference/putobject)."""
    meta = [(name, value) for name, value in headers.items() if name.startswith("x-oss-meta-")]
    if sum(len(name) + len(value) for name, value in meta) > MAX_META_BYTES:
        raise invalid_argument("The total size of user metadata exceeds 8 KB.")


def _append_etag(crc: int, size: int) -> str:
    """Not an MD5 (neither is the vendor's), but new with every append, and cheap for a long log."""
    return f"{crc:016X}{size:08X}00000000"
