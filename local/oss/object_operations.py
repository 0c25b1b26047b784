"""The operations on objects and uploads: from a request to the engine and back."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import unquote

from starlette.responses import Response

from local.oss import conditions, wire
from local.oss.errors import OssError, invalid_argument
from local.oss.records import APPENDABLE, Object
from local.oss.request import Request
from local.oss.site import Site, xml
from local.oss.wire import element, text


def put_object(site: Site, request: Request) -> Response:
    """PUT /bucket/key ."""
    if any(name in request.headers for name in conditions.CONDITIONAL):
        # There is no conditional PUT: https://help.aliyun.com/en/oss/user-guide/0017-00000245
        message = "A header you provided implies functionality that is not implemented."
        raise OssError(400, "NotImplemented", message, "0017-00000245")
    _check_md5(request)
    _check_overwrite(site, request)
    return _stored(site.oss.put(request.bucket, request.key, request.content))


def append_object(site: Site, request: Request) -> Response:
    """POST /bucket/key?append&position=N ."""
    if "position" not in request.query:
        raise invalid_argument("Append position is required.", "0016-00000501")
    _check_md5(request)
    obj = site.oss.append(request.bucket, request.key, request.number("position"), request.content)
    reply = _stored(obj)
    reply.headers["x-oss-next-append-position"] = str(obj.size)
    return reply


def copy_object(site: Site, request: Request) -> Response:
    """PUT /bucket/key with x-oss-copy-source."""
    bucket, _, key = unquote(request.headers["x-oss-copy-source"]).removeprefix("/").partition("/")
    source = site.oss.head(bucket, key)
    conditions.check(request.headers, source, "x-oss-copy-source-")
    _check_overwrite(site, request)
    replace = request.headers.get("x-oss-metadata-directive", "COPY").upper() == "REPLACE"
    headers = request.kept_headers if replace else None
    obj = site.oss.copy(source, request.bucket, request.key, headers, request.origin)
    result = (text("ETag", f'"{obj.etag}"'), text("LastModified", wire.iso_time(obj.modified)))
    return xml("CopyObjectResult", *result, headers=_checksums(obj))


def get_object(site: Site, request: Request) -> Response:
    """GET /bucket/key ; the `response-*` parameters replace headers of the answer."""
    obj = site.oss.head(request.bucket, request.key)
    conditions.check(request.headers, obj)
    headers = _headers(obj) | _overrides(request)
    data = site.oss.read(obj)
    wanted = _range(request, obj)
    if wanted is None:
        return Response(data, headers=headers)
    first, last = wanted
    headers["content-range"] = f"bytes {first}-{last}/{obj.size}"
    return Response(data[first : last + 1], 206, headers)


def head_object(site: Site, request: Request) -> Response:
    """HEAD /bucket/key ."""
    obj = site.oss.head(request.bucket, request.key)
    conditions.check(request.headers, obj)
    return Response(headers=_headers(obj) | {"content-length": str(obj.size)})


def get_object_meta(site: Site, request: Request) -> Response:
    """HEAD /bucket/key?objectMeta : the few headers that need no look into the metadata."""
    obj = site.oss.head(request.bucket, request.key)
    modified = {"last-modified": wire.http_time(obj.modified), "content-length": str(obj.size)}
    return Response(headers=_checksums(obj) | modified)


def delete_object(site: Site, request: Request) -> Response:
    """DELETE /bucket/key ; an object that is not there is deleted as well."""
    site.oss.delete(request.bucket, request.key, request.origin)
    return Response(status_code=204)


def initiate_multipart_upload(site: Site, request: Request) -> Response:
    """POST /bucket/key?uploads ."""
    _check_overwrite(site, request)
    upload = site.uploads.initiate(request.bucket, request.key, request.content)
    children = (text("Bucket", upload.bucket), text("Key", upload.key), text("UploadId", upload.id))
    return xml("InitiateMultipartUploadResult", *children)


def upload_part(site: Site, request: Request) -> Response:
    """PUT /bucket/key?uploadId=I&partNumber=N ."""
    _check_md5(request)
    upload = site.uploads.find(request.bucket, request.key, request.query["uploadId"])
    part = site.uploads.put_part(upload, request.number("partNumber"), request.content)
    return Response(headers={"etag": f'"{part.etag}"', "x-oss-hash-crc64ecma": str(part.crc64)})


def complete_multipart_upload(site: Site, request: Request) -> Response:
    """POST /bucket/key?uploadId=I ."""
    upload = site.uploads.find(request.bucket, request.key, request.query["uploadId"])
    chosen = wire.chosen_parts(request.body)
    _check_overwrite(site, request)
    obj = site.uploads.complete(upload, chosen, request.origin)
    result = (text("Bucket", obj.bucket), text("Key", obj.key), text("ETag", f'"{obj.etag}"'))
    return xml("CompleteMultipartUploadResult", *result, headers=_checksums(obj))


def abort_multipart_upload(site: Site, request: Request) -> Response:
    """DELETE /bucket/key?uploadId=I ."""
    upload = site.uploads.find(request.bucket, request.key, request.query["uploadId"])
    site.uploads.abort(upload, request.origin)
    return Response(status_code=204)


def list_parts(site: Site, request: Request) -> Response:
    """GET /bucket/key?uploadId=I : all parts on one page."""
    upload = site.uploads.find(request.bucket, request.key, request.query["uploadId"])
    parts = (
        element(
            "Part",
            text("PartNumber", part.number),
            text("ETag", f'"{part.etag}"'),
            text("Size", part.size),
            text("LastModified", wire.iso_time(part.modified)),
        )
        for part in site.uploads.parts(upload)
    )
    head = (text("UploadId", upload.id), text("NextPartNumberMarker", ""), text("IsTruncated", False))
    return xml("ListPartsResult", *head, *parts)


def _check_md5(request: Request) -> None:
    """Refuse a body that is not the one Content-MD5 was computed of."""
    sent = request.headers.get("content-md5")
    if sent is not None and sent != base64.b64encode(hashlib.md5(request.body).digest()).decode():
        raise OssError(400, "InvalidDigest", "The Content-MD5 you specified was invalid.")


def _check_overwrite(site: Site, request: Request) -> None:
    forbid = request.headers.get("x-oss-forbid-overwrite", "false")
    if forbid not in ("true", "false"):
        raise invalid_argument("The value of x-oss-forbid-overwrite must be true or false.")
    if forbid == "true":
        site.oss.forbid_overwrite(request.bucket, request.key)


def _range(request: Request, obj: Object) -> tuple[int, int] | None:
    if request.process:
        return None  # IMG looks at the whole picture
    standard = request.headers.get("x-oss-range-behavior") == "standard"
    return conditions.byte_range(request.headers.get("range", ""), obj.size, standard)


def _overrides(request: Request) -> dict[str, str]:
    return {
        name.removeprefix("response-"): value.encode().decode("latin-1")  # Starlette writes headers as Latin-1
        for name, value in request.query.items()
        if name.startswith("response-")
    }


def _stored(obj: Object) -> Response:
    return Response(headers=_checksums(obj))


def _checksums(obj: Object) -> dict[str, str]:
    return {"etag": f'"{obj.etag}"', "x-oss-hash-crc64ecma": str(obj.crc64)}


def _headers(obj: Object) -> dict[str, str]:
    """The headers an object is served with; the CRC is that of all its bytes, even for a range."""
    headers = {
        "content-type": "application/octet-stream",
        **obj.headers,
        **_checksums(obj),
        "last-modified": wire.http_time(obj.modified),
        "accept-ranges": "bytes",
        "x-oss-object-type": obj.kind,
        "x-oss-storage-class": "Standard",
    }
    if obj.kind == APPENDABLE:
        headers["x-oss-next-append-position"] = str(obj.size)
    return headers
