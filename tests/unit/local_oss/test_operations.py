"""Which operation a request asks for, and that every link oss2 signs is understood as it was meant."""

from __future__ import annotations

import time
from urllib.parse import parse_qsl, urlsplit

import oss2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.credential import Credential
from local.oss.errors import OssError
from local.oss.http import OPERATIONS, operation_of
from local.oss.request import Request, target
from local.oss.signature import verify

REGION = "cn-hangzhou"
KEYS = {"id": Credential("id", "secret")}


@pytest.mark.parametrize(
    ("method", "path", "query", "name"),
    [
        ("GET", "/", "", "ListBuckets"),
        ("PUT", "/b/", "", "PutBucket"),
        ("GET", "/b/", "prefix=a&max-keys=1", "ListObjects"),
        ("GET", "/b/", "list-type=2&continuation-token=x", "ListObjectsV2"),
        ("GET", "/b", "bucketInfo", "GetBucketInfo"),
        ("POST", "/b/", "delete", "DeleteMultipleObjects"),
        ("PUT", "/b/k", "", "PutObject"),
        ("POST", "/b/k", "append&position=0", "AppendObject"),
        ("GET", "/b/k", "x-oss-process=image/info", "GetObject"),
        ("GET", "/b/k", "response-content-type=a&x-oss-signature=b", "GetObject"),
        ("HEAD", "/b/k", "objectMeta", "GetObjectMeta"),
        ("PUT", "/b/k", "uploadId=1&partNumber=2", "UploadPart"),
        ("DELETE", "/b/k", "uploadId=1", "AbortMultipartUpload"),
    ],
)
def test_a_request_names_its_operation(method: str, path: str, query: str, name: str) -> None:
    bucket, key = target(path.encode())
    request = Request(method, bucket, key, dict(parse_qsl(query, keep_blank_values=True)))
    assert operation_of(request).name == name


@pytest.mark.parametrize(
    ("method", "query", "headers"),
    [
        ("PUT", {"tagging": ""}, {}),
        ("PUT", {"acl": ""}, {}),
        ("GET", {"versionId": "1"}, {}),
        ("POST", {"x-oss-process": ""}, {}),
        ("POST", {}, {}),
        ("PATCH", {}, {}),
        ("PUT", {"uploadId": "1"}, {"x-oss-copy-source": "/b/k"}),
        ("PUT", {}, {"x-oss-tagging": "a=b"}),
    ],
)
def test_what_asks_for_more_is_not_taken_for_something_simpler(
    method: str, query: dict[str, str], headers: dict[str, str]
) -> None:
    with pytest.raises(OssError, match="501 NotImplemented"):
        operation_of(Request(method, "b", "k", query, headers))


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation.name for operation in OPERATIONS.values()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("value", ["-1", "1.5", "x", "", "²"])
def test_a_number_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(OssError, match="InvalidArgument"):
        Request("POST", "b", "k", {"position": value}).number("position")


# Keys and values as people name files; lone surrogates are no text.
text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
keys = text.filter(lambda key: key.strip() and not key.startswith(("?", "/", "\\")))


@settings(max_examples=60, deadline=None)
@given(keys, st.dictionaries(st.sampled_from(["x-oss-process", "response-content-type", "a b+"]), text), st.booleans())
def test_whatever_oss2_signs_into_a_link_is_understood_as_it_was_meant(
    key: str, params: dict[str, str], slash_safe: bool
) -> None:
    for auth in (oss2.AuthV4("id", "secret"), oss2.Auth("id", "secret")):
        # Given
        bucket = oss2.Bucket(auth, "http://127.0.0.1:1", "photos", region=REGION)
        link = urlsplit(bucket.sign_url("GET", key, 60, params=dict(params), slash_safe=slash_safe))
        # When
        name, found = target(link.path.encode())
        query = dict(parse_qsl(link.query, keep_blank_values=True))
        # Then
        assert (name, found) == ("photos", key)
        assert query.items() >= params.items()
        assert verify(Request("GET", name, found, query), KEYS, REGION, time.time()).id == "id"
