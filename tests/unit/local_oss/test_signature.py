"""Signatures, held against values the vendor published; oss2 itself drives the rest in the contract tests.

V1: https://www.alibabacloud.com/help/en/oss/developer-reference/ddd-signatures-to-urls
V4: the signer tests that all of the vendor's SDKs share (github.com/aliyun/aliyun-oss-go-sdk, oss/conn_test.go)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from local.credential import Credential
from local.oss.errors import OssError
from local.oss.request import Request
from local.oss.signature import verify

REGION = "cn-hangzhou"
OLD = Credential("44CF9590006BF252F707", "OtxrzxIsfpFjA7SwPzILwy8Bw21TLhquhboDYROV")
KEYS = {"ak": Credential("ak", "sk"), OLD.id: OLD}
STS = {"ak": Credential("ak", "sk", token="token", expires=1_702_800_000)}

V1_HEADER = Request(
    "PUT",
    "oss-example",
    "nelson",
    headers={
        "content-md5": "ODBGOERFMDMzQTczRUY3NUE3NzA5QzdFNUYzMDQxNEM=",
        "content-type": "text/html",
        "date": "Thu, 17 Nov 2005 18:49:58 GMT",
        "x-oss-meta-author": "foo@bar.com",
        "x-oss-magic": "abracadabra",
        "authorization": f"OSS {OLD.id}:26NBxoKdsyly4EDv6inkoDft/yA=",
    },
)
V1_HEADER_TIME = 1_132_253_398

V1_URL = Request(
    "GET",
    "oss-example",
    "oss-api.pdf",
    query={"OSSAccessKeyId": OLD.id, "Expires": "1141889120", "Signature": "EwaNTn1erJGkimiJ9WmXgwnANLc="},
)


def v4(date: str, signature: str, **headers: str) -> Request:
    """The request that the vendor's SDKs all sign in their tests."""
    scope = f"{date[:8]}/{REGION}/oss/aliyun_v4_request"
    return Request(
        "PUT",
        "bucket",
        "1234+-/123/1.txt",
        query={
            "param1": "value1",
            "+param1": "value3",
            "|param1": "value4",
            "+param2": "",
            "|param2": "",
            "param2": "",
        },
        headers={
            "x-oss-head1": "value",
            "abc": "value",
            "zabc": "value",
            "xyz": "value",
            "content-type": "text/plain",
            "x-oss-content-sha256": "UNSIGNED-PAYLOAD",
            "x-oss-date": date,
            "authorization": f"OSS4-HMAC-SHA256 Credential=ak/{scope},Signature={signature}",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        },
    )


V4_HEADER = v4("20231216T162057Z", "e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe")
V4_HEADER_TIME = 1_702_743_657
V4_STS = v4(
    "20231217T034736Z",
    "b94a3f999cf85bcdc00d332fbd3734ba03e48382c36fa4d5af5df817395bd9ea",
    x_oss_security_token="token",
)
V4_STS_TIME = 1_702_784_856


def refused(request: Request, now: float, keys: dict[str, Credential] = KEYS, region: str = REGION) -> tuple[int, str]:
    with pytest.raises(OssError) as info:
        verify(request, keys, region, now)
    return info.value.status, info.value.code


@pytest.mark.parametrize(
    ("request_", "keys", "now", "id"),
    [
        (V1_HEADER, KEYS, V1_HEADER_TIME, OLD.id),
        (V1_URL, KEYS, 1_141_889_060, OLD.id),
        (V4_HEADER, KEYS, V4_HEADER_TIME, "ak"),
        (V4_STS, STS, V4_STS_TIME, "ak"),
    ],
    ids=["V1 header", "V1 URL", "V4 header", "V4 header with a token"],
)
def test_the_vendors_own_examples_are_accepted(
    request_: Request, keys: dict[str, Credential], now: float, id: str
) -> None:
    assert verify(request_, keys, REGION, now).id == id


@pytest.mark.parametrize(("request_", "now"), [(V1_HEADER, V1_HEADER_TIME), (V4_HEADER, V4_HEADER_TIME)])
@pytest.mark.parametrize(
    "change",
    [
        lambda request: replace(request, method="GET"),
        lambda request: replace(request, key="another"),
        lambda request: replace(request, bucket="another"),
        lambda request: replace(request, query={"append": "", "position": "0"}),
        lambda request: replace(request, headers=request.headers | {"content-type": "text/css"}),
        lambda request: replace(request, headers=request.headers | {"x-oss-meta-author": "somebody"}),
    ],
    ids=["method", "key", "bucket", "query", "type", "metadata"],
)
def test_whatever_is_signed_cannot_be_changed(
    request_: Request, now: float, change: Callable[[Request], Request]
) -> None:
    assert refused(change(request_), now) == (403, "SignatureDoesNotMatch")


@pytest.mark.parametrize(("request_", "now"), [(V1_HEADER, V1_HEADER_TIME), (V4_HEADER, V4_HEADER_TIME)])
@pytest.mark.parametrize("seconds", [-901, 901])
def test_a_date_more_than_15_minutes_off_is_refused(request_: Request, now: float, seconds: float) -> None:
    assert refused(request_, now + seconds) == (403, "RequestTimeTooSkewed")
    assert verify(request_, KEYS, REGION, now + seconds * 0.99)


def test_a_v1_url_lives_until_it_expires() -> None:
    assert verify(V1_URL, KEYS, REGION, 1_141_889_120)
    assert refused(V1_URL, 1_141_889_121) == (403, "AccessDenied")


def test_another_region_is_refused() -> None:
    assert refused(V4_HEADER, V4_HEADER_TIME, region="cn-shanghai") == (400, "InvalidArgument")


@pytest.mark.parametrize(
    ("request_", "keys", "code"),
    [
        (V4_STS, {"ak": Credential("ak", "sk", token="another")}, "InvalidSecurityToken"),
        (V4_STS, {"ak": Credential("ak", "sk")}, "InvalidAccessKeyId"),
        (V4_STS, {}, "InvalidAccessKeyId"),
        (V4_STS, {"ak": Credential("ak", "sk", "token", expires=V4_STS_TIME)}, "SecurityTokenExpired"),
        (V4_STS, {"ak": Credential("ak", "wrong", token="token")}, "SignatureDoesNotMatch"),
    ],
    ids=["wrong token", "token with a lasting key", "unknown key", "expired", "wrong secret"],
)
def test_a_token_must_be_that_of_its_key(request_: Request, keys: dict[str, Credential], code: str) -> None:
    assert refused(request_, V4_STS_TIME, keys) == (403, code)


def test_a_key_from_sts_without_its_token_does_not_exist() -> None:
    assert refused(V4_HEADER, V4_HEADER_TIME, STS) == (403, "InvalidAccessKeyId")


@pytest.mark.parametrize(
    ("headers", "query", "answer"),
    [
        ({}, {}, (403, "AccessDenied")),
        ({"authorization": "Basic dTpw"}, {}, (400, "InvalidArgument")),
        ({"authorization": "OSS2 AccessKeyId:ak,Signature:x"}, {}, (400, "InvalidArgument")),
        ({"authorization": "OSS ak:x", "date": "yesterday"}, {}, (403, "AccessDenied")),
        ({"authorization": "OSS4-HMAC-SHA256 nothing"}, {}, (403, "AccessDenied")),
        ({}, {"Signature": "x", "Expires": "soon"}, (403, "AccessDenied")),
        ({}, {"x-oss-signature-version": "OSS4-HMAC-SHA256", "x-oss-expires": "604801"}, (403, "AccessDenied")),
    ],
    ids=["anonymous", "Basic (a .netrc entry)", "V2", "no date", "malformed", "V1 URL", "8 days"],
)
def test_what_is_not_signed_as_it_should_is_refused(
    headers: dict[str, str], query: dict[str, str], answer: tuple[int, str]
) -> None:
    assert refused(Request("GET", "bucket", "key", query, headers), V4_HEADER_TIME) == answer
