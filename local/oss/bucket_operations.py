"""The operations on the service and on buckets: from a request to the engine and back."""

from __future__ import annotations

import base64
import binascii

from starlette.responses import Response

from local.oss import wire
from local.oss.errors import OssError, invalid_argument, not_implemented
from local.oss.listing import Query
from local.oss.request import Request
from local.oss.site import Site, xml
from local.oss.wire import element, text

MAX_KEYS = 1000


def list_buckets(site: Site, request: Request) -> Response:
    """GET / ."""
    buckets = (element("Bucket", *_bucket(site, request, bucket.name)) for bucket in site.oss.buckets())
    return xml("ListAllMyBucketsResult", wire.owner(), element("Buckets", *buckets))


def put_bucket(site: Site, request: Request) -> Response:
    """PUT /bucket/ ."""
    if request.headers.get("x-oss-acl", "private") != "private":
        raise not_implemented("buckets that are not private")
    site.oss.create_bucket(request.bucket)
    return Response(headers={"location": f"/{request.bucket}"})


def delete_bucket(site: Site, request: Request) -> Response:
    """DELETE /bucket/ : an upload under way keeps it, as an object does."""
    if site.uploads.of(request.bucket):
        raise OssError(409, "BucketNotEmpty", "The bucket has uploads that are neither completed nor aborted.")
    site.oss.delete_bucket(request.bucket)
    return Response(status_code=204)


def get_bucket_info(site: Site, request: Request) -> Response:
    """GET /bucket/?bucketInfo ."""
    acl = element("AccessControlList", text("Grant", "private"))
    return xml("BucketInfo", element("Bucket", *_bucket(site, request, request.bucket), wire.owner(), acl))


def get_bucket_location(site: Site, request: Request) -> Response:
    """GET /bucket/?location ."""
    return xml("LocationConstraint", f"oss-{site.region}")


def get_bucket_acl(site: Site, request: Request) -> Response:
    """GET /bucket/?acl ."""
    acl = element("AccessControlList", text("Grant", "private"))
    return xml("AccessControlPolicy", wire.owner(), acl)


def get_bucket_stat(site: Site, request: Request) -> Response:
    """GET /bucket/?stat ."""
    count, size = site.oss.usage(request.bucket)
    uploads = len(site.uploads.of(request.bucket))
    return xml("BucketStat", text("Storage", size), text("ObjectCount", count), text("MultipartUploadCount", uploads))


def list_live_channels(site: Site, request: Request) -> Response:
    """GET /bucket/?live : there are none, since none can be made."""
    empty = (text(name, "") for name in ("Prefix", "Marker", "NextMarker"))
    return xml("ListLiveChannelResult", *empty, text("MaxKeys", 100), text("IsTruncated", False))


def list_objects(site: Site, request: Request) -> Response:
    """GET /bucket/ (GetBucket, version 1): `marker` is the key or folder to list behind."""
    marker = request.query.get("marker", "")
    query, encode = _query(request, marker), _encoder(request)
    page = site.oss.list_objects(request.bucket, query)
    return xml(
        "ListBucketResult",
        text("Name", request.bucket),
        text("Marker", encode(marker)),
        text("NextMarker", encode(page.next)) if page.next else "",
        _encoding(request),
        *wire.listing(query, page, encode),
    )


def list_objects_v2(site: Site, request: Request) -> Response:
    """GET /bucket/?list-type=2 : the continuation token hides the key or folder to list behind."""
    token, start = request.query.get("continuation-token", ""), request.query.get("start-after", "")
    query, encode = _query(request, _untoken(token) if token else start), _encoder(request)
    page = site.oss.list_objects(request.bucket, query)
    return xml(
        "ListBucketResult",
        text("Name", request.bucket),
        text("StartAfter", encode(start)),
        text("ContinuationToken", encode(token)),
        text("NextContinuationToken", encode(_token(page.next))) if page.next else "",
        text("KeyCount", len(page.objects) + len(page.folders)),
        _encoding(request),
        *wire.listing(query, page, encode, with_owner=request.query.get("fetch-owner") == "true"),
    )


def list_multipart_uploads(site: Site, request: Request) -> Response:
    """GET /bucket/?uploads : all of them on one page."""
    encode = _encoder(request)
    uploads = site.uploads.of(request.bucket, request.query.get("prefix", ""))
    return xml(
        "ListMultipartUploadsResult",
        text("Bucket", request.bucket),
        *(text(name, "") for name in ("NextKeyMarker", "NextUploadIdMarker")),
        text("IsTruncated", False),
        _encoding(request),
        *(
            element(
                "Upload",
                text("Key", encode(upload.key)),
                text("UploadId", upload.id),
                text("Initiated", wire.iso_time(upload.initiated)),
            )
            for upload in uploads
        ),
    )


def delete_multiple_objects(site: Site, request: Request) -> Response:
    """POST /bucket/?delete : at most 1,000 keys; those that are not there count as deleted."""
    keys, quiet = wire.keys_to_delete(request.body)
    for key in keys:
        site.oss.check_key(request.bucket, key)
    for key in keys:
        site.oss.delete(request.bucket, key, request.origin)
    if quiet:
        return Response()
    encode = _encoder(request)
    deleted = (element("Deleted", text("Key", encode(key))) for key in keys)
    return xml("DeleteResult", _encoding(request), *deleted)


def _bucket(site: Site, request: Request, name: str) -> list[str]:
    # With the scheme, unlike the vendor's: a bare host would be taken for https.
    endpoint = f"http://{request.headers.get('host', '')}"
    return [
        text("Name", name),
        text("CreationDate", wire.iso_time(site.oss.bucket(name).created)),
        text("Location", f"oss-{site.region}"),
        text("Region", site.region),
        text("ExtranetEndpoint", endpoint),
        text("IntranetEndpoint", endpoint),
        text("StorageClass", "Standard"),
    ]


def _query(request: Request, after: str) -> Query:
    limit = request.number("max-keys", 100)
    if not 1 <= limit <= MAX_KEYS:
        raise invalid_argument(f"max-keys must be between 1 and {MAX_KEYS}.")
    return Query(request.query.get("prefix", ""), request.query.get("delimiter", ""), after, limit)


def _encoder(request: Request) -> wire.Encoder:
    return wire.encoder(request.query.get("encoding-type", ""))


def _encoding(request: Request) -> str:
    return text("EncodingType", "url") if request.query.get("encoding-type") == "url" else ""


def _token(after: str) -> str:
    return base64.urlsafe_b64encode(after.encode()).decode()


def _untoken(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise invalid_argument("The continuation token provided is incorrect.") from None
