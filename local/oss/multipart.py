"""Multipart uploads: parts sent in any order, joined into one object when the upload is completed.

https://www.alibabacloud.com/help/en/oss/developer-reference/completemultipartupload
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence

from local.oss.checksum import crc64, md5
from local.oss.engine import Oss, check_meta
from local.oss.errors import OssError, invalid_argument
from local.oss.records import MULTIPART, Content, Object, Origin, Part, Upload

MIN_PART_BYTES = 100 * 1024
"""All parts but the last must have as many."""


class Uploads:
    """The uploads under way in the buckets of `oss`."""

    def __init__(self, oss: Oss) -> None:
        self._oss = oss
        self._uploads = oss.state.table("upload", Upload)
        self._parts = oss.state.table("part", Part)

    def initiate(self, bucket: str, key: str, content: Content) -> Upload:
        """Begin an upload; `content` has the headers of the object to be, and no bytes."""
        self._oss.check_key(bucket, key)
        check_meta(content.headers)
        upload = Upload(uuid.uuid4().hex.upper(), bucket, key, self._oss.clock.now(), content.headers)
        self._uploads[upload.id] = upload
        self._tell("ObjectCreated:InitiateMultipartUpload", upload, 0, "", content.origin)
        return upload

    def put_part(self, upload: Upload, number: int, content: Content) -> Part:
        """Store part `number`, in place of an earlier one of that number."""
        if not 1 <= number <= 10_000:
            raise invalid_argument("Part number must be an integer between 1 and 10000, inclusive.")
        name = f"{upload.id}/{number:05d}"
        if name in self._parts:
            self._oss.state.blobs.drop(self._parts[name].blob)
        part = Part(
            upload=upload.id,
            number=number,
            size=len(content.data),
            etag=md5(content.data),
            crc64=crc64(content.data),
            modified=self._oss.clock.now(),
            blob=self._oss.state.blobs.write(content.data),
        )
        self._parts[name] = part
        self._tell("ObjectCreated:UploadPart", upload, part.size, part.etag, content.origin)
        return part

    def complete(self, upload: Upload, chosen: Sequence[tuple[int, str]], origin: Origin) -> Object:
        """Join the `chosen` parts, (number, ETag) in ascending order, into the object; the upload is over."""
        parts = self._chosen(upload, chosen)
        data = b"".join(self._oss.state.blobs.read(part.blob) for part in parts)
        digests = b"".join(bytes.fromhex(part.etag) for part in parts)
        obj = Object(
            bucket=upload.bucket,
            key=upload.key,
            kind=MULTIPART,
            size=len(data),
            etag=f"{hashlib.md5(digests).hexdigest().upper()}-{len(parts)}",
            crc64=crc64(data),
            modified=self._oss.clock.now(),
            blob=self._oss.state.blobs.write(data),
            headers=upload.headers,
        )
        self._forget(upload)
        return self._oss.install(obj, "ObjectCreated:CompleteMultipartUpload", origin)

    def abort(self, upload: Upload, origin: Origin) -> None:
        """Throw the upload and its parts away."""
        self._forget(upload)
        self._tell("ObjectRemoved:AbortMultipartUpload", upload, 0, "", origin)

    def find(self, bucket: str, key: str, upload_id: str) -> Upload:
        """The upload under way; NoSuchUpload."""
        self._oss.check_key(bucket, key)
        upload = self._uploads.get(upload_id)
        if upload is None or (upload.bucket, upload.key) != (bucket, key):
            message = "The specified upload does not exist. The upload ID may be invalid."
            raise OssError(404, "NoSuchUpload", message)
        return upload

    def of(self, bucket: str, prefix: str = "") -> list[Upload]:
        """All uploads under way in `bucket`, by key."""
        self._oss.bucket(bucket)
        uploads = (u for u in self._uploads.values() if u.bucket == bucket and u.key.startswith(prefix))
        return sorted(uploads, key=lambda upload: (upload.key, upload.id))

    def parts(self, upload: Upload) -> list[Part]:
        """The parts that arrived, by number."""
        mine = (part for part in self._parts.values() if part.upload == upload.id)
        return sorted(mine, key=lambda part: part.number)

    def _chosen(self, upload: Upload, chosen: Sequence[tuple[int, str]]) -> list[Part]:
        numbers = [number for number, _ in chosen]
        if not numbers:
            raise OssError(400, "MalformedXML", "The XML you provided was not well-formed.")
        if numbers != sorted(set(numbers)):
            raise OssError(400, "InvalidPartOrder", "The list of parts was not in ascending order.")
        parts = [self._part(upload, number, etag) for number, etag in chosen]
        if any(part.size < MIN_PART_BYTES for part in parts[:-1]):
            raise OssError(400, "EntityTooSmall", "Your proposed upload smaller than the minimum allowed size.")
        return parts

    def _part(self, upload: Upload, number: int, etag: str) -> Part:
        part = self._parts.get(f"{upload.id}/{number:05d}")
        if part is None or part.etag != etag.upper():
            message = "One or more of the specified parts could not be found or the specified entity tag differs."
            raise OssError(400, "InvalidPart", message)
        return part

    def _forget(self, upload: Upload) -> None:
        for part in self.parts(upload):
            self._oss.state.blobs.drop(part.blob)
            del self._parts[f"{upload.id}/{part.number:05d}"]
        del self._uploads[upload.id]

    def _tell(self, event: str, upload: Upload, size: int, etag: str, origin: Origin) -> None:
        """The object itself has not changed yet, hence a delta of 0."""
        fields = (upload.bucket, upload.key, MULTIPART, size, etag, 0, upload.initiated, "", upload.headers)
        self._oss.outbox.tell(event, Object(*fields), 0, origin)
