"""The HTTP skin: every request comes through `serve`, which finds its operation, its signer, and its answer.

Answers always carry Content-Length: oss2 loses all but the first chunk of a chunked one when read piece by piece.
"""

from __future__ import annotations

import base64
import itertools
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, request_response

from local.clock import Clock
from local.credential import Credential
from local.oss import bucket_operations as buckets
from local.oss import image, wire
from local.oss import object_operations as objects
from local.oss.engine import Oss
from local.oss.errors import OssError, not_implemented
from local.oss.multipart import Uploads
from local.oss.request import Request, read
from local.oss.signature import SUBRESOURCES, verify
from local.oss.site import XML, Site
from local.state import State


@dataclass(frozen=True)
class Operation:
    """The vendor's name of an operation, and what does it."""

    name: str
    run: Callable[[Site, Request], Response]


SERVICE, BUCKET, OBJECT = range(3)
"""What a path names."""

OPERATIONS = {
    ("GET", SERVICE, ""): Operation("ListBuckets", buckets.list_buckets),
    ("PUT", BUCKET, ""): Operation("PutBucket", buckets.put_bucket),
    ("DELETE", BUCKET, ""): Operation("DeleteBucket", buckets.delete_bucket),
    ("GET", BUCKET, "bucketInfo"): Operation("GetBucketInfo", buckets.get_bucket_info),
    ("GET", BUCKET, "location"): Operation("GetBucketLocation", buckets.get_bucket_location),
    ("GET", BUCKET, "acl"): Operation("GetBucketAcl", buckets.get_bucket_acl),
    ("GET", BUCKET, "stat"): Operation("GetBucketStat", buckets.get_bucket_stat),
    ("GET", BUCKET, "live"): Operation("ListLiveChannel", buckets.list_live_channels),
    ("GET", BUCKET, ""): Operation("ListObjects", buckets.list_objects),
    ("GET", BUCKET, "list-type"): Operation("ListObjectsV2", buckets.list_objects_v2),
    ("GET", BUCKET, "uploads"): Operation("ListMultipartUploads", buckets.list_multipart_uploads),
    ("POST", BUCKET, "delete"): Operation("DeleteMultipleObjects", buckets.delete_multiple_objects),
    ("PUT", OBJECT, ""): Operation("PutObject", objects.put_object),
    ("PUT", OBJECT, "x-oss-copy-source"): Operation("CopyObject", objects.copy_object),
    ("POST", OBJECT, "append"): Operation("AppendObject", objects.append_object),
    ("GET", OBJECT, ""): Operation("GetObject", objects.get_object),
    ("HEAD", OBJECT, ""): Operation("HeadObject", objects.head_object),
    ("HEAD", OBJECT, "objectMeta"): Operation("GetObjectMeta", objects.get_object_meta),
    ("DELETE", OBJECT, ""): Operation("DeleteObject", objects.delete_object),
    ("POST", OBJECT, "uploads"): Operation("InitiateMultipartUpload", objects.initiate_multipart_upload),
    ("PUT", OBJECT, "uploadId"): Operation("UploadPart", objects.upload_part),
    ("POST", OBJECT, "uploadId"): Operation("CompleteMultipartUpload", objects.complete_multipart_upload),
    ("DELETE", OBJECT, "uploadId"): Operation("AbortMultipartUpload", objects.abort_multipart_upload),
    ("GET", OBJECT, "uploadId"): Operation("ListParts", objects.list_parts),
}
"""By method, what the path names, and the one subresource that chooses the operation."""

_UNKNOWN_HEADERS = {"x-oss-tagging", "x-oss-callback", "x-oss-complete-all", "x-oss-symlink-target"}
"""They ask for more than the operation they come with; to drop them would be to pretend."""

_ARGUMENTS = {"position", "partNumber", "security-token", "continuation-token", "sequential", "x-oss-traffic-limit"}
_CHOOSERS = (SUBRESOURCES | {"list-type"}) - _ARGUMENTS


def app(  # noqa: PLR0913 - what every server of the local stack is given
    engine: Oss,
    state: State,
    *,
    keys: Mapping[str, Credential],
    region: str,
    wall: Clock,
    on_call: Callable[[str], None] = lambda operation: None,
) -> Starlette:
    """OSS over HTTP, path style.

    `keys` maps access key ids to credentials and may change while it serves; `region` is like `cn-hangzhou`; `wall`
    judges signature dates and the expiry of URLs and tokens; `on_call` hears the name of every authenticated operation.
    """
    site = Site(engine, Uploads(engine), region)
    calls: Counter[str] = Counter()
    ids = itertools.count(1)

    async def serve(http: HttpRequest) -> Response:
        request_id = f"{int(wall.now()):08X}{next(ids):016X}"
        try:
            reply = await answer(await read(http, request_id))
        except OssError as error:
            reply = refusal(error, request_id, http)
        reply.headers["x-oss-request-id"] = request_id
        reply.headers["server"] = "AliyunOSS"
        if http.method in ("GET", "HEAD") and "content-length" in http.headers:
            reply.headers["connection"] = "close"  # the body was not read, and may never come
        return reply

    async def answer(request: Request) -> Response:
        if request.bucket and (request.key or request.method != "PUT"):
            engine.bucket(request.bucket)  # the vendor, too, misses the bucket before it looks at the signature
        credential = verify(request, keys, region, wall.now())
        operation = operation_of(request)
        calls[operation.name] += 1
        on_call(operation.name)
        reply = operation.run(site, signed_by(credential, request))
        state.commit()
        if operation.name == "GetObject" and request.process:
            return await run_in_threadpool(processed, reply, request.process)
        return reply

    async def health(http: HttpRequest) -> Response:
        return Response()

    async def counted(http: HttpRequest) -> Response:
        return JSONResponse(calls)

    starlette = Starlette(routes=[Route("/_local/health", health), Route("/_local/calls", counted)])
    # Not a route of its own: a key may hold a newline, which no path pattern of Starlette's matches.
    starlette.router.default = request_response(serve)
    return starlette


def operation_of(request: Request) -> Operation:
    """The operation that `request` asks for; NotImplemented for subresources this server does not know.

    So a `PUT ?tagging` never is taken for a PutObject.
    """
    scope = OBJECT if request.key else BUCKET if request.bucket else SERVICE
    chosen = {name for name in request.query if name in _CHOOSERS and not name.startswith("response-")}
    if request.method in ("GET", "HEAD"):
        chosen.discard("x-oss-process")  # an argument of GetObject; with POST it is an operation
    if "x-oss-copy-source" in request.headers:
        chosen.add("x-oss-copy-source")
    chosen |= _UNKNOWN_HEADERS & request.headers.keys()
    operation = OPERATIONS.get((request.method, scope, ",".join(sorted(chosen))))
    if operation is None:
        raise not_implemented(f"{request.method} {' '.join(sorted(chosen))}")
    return operation


def signed_by(credential: Credential, request: Request) -> Request:
    """`request`, its origin naming who signed it."""
    return replace(request, origin=replace(request.origin, principal=credential.id))


def processed(reply: Response, process: str) -> Response:
    """What IMG makes of a picture. The ETag stays the original's, as at the vendor; its CRC would be wrong."""
    data, media_type = image.process(bytes(reply.body), process)
    kept = {name: reply.headers[name] for name in ("etag", "last-modified", "x-oss-object-type")}
    return Response(data, headers=kept, media_type=media_type)


def refusal(error: OssError, request_id: str, http: HttpRequest) -> Response:
    """The answer that says no. That to a HEAD has no body, so its XML goes into a header."""
    body = wire.error(error, request_id, http.headers.get("host", ""))
    headers = dict(error.headers)
    if error.ec:
        headers["x-oss-ec"] = error.ec
    if error.status == 304:
        return Response(status_code=304, headers=headers)
    if http.method == "HEAD":
        headers["x-oss-err"] = base64.b64encode(body).decode()
        return Response(status_code=error.status, headers=headers)
    return Response(body, error.status, headers, media_type=XML)
