"""Signature version 2: the known answers of the vendor's own SDKs, and what the server refuses."""

from __future__ import annotations

from email.utils import formatdate

import pytest

from local.credential import Credential
from local.mns.errors import MnsError
from local.mns.signature import SKEW, sign, verify

NOW = 1_750_000_000.0
KEY = Credential("ak", "secret")
TEMPORARY = Credential("STS.ak", "other-secret", "the-token")
TARGET = "/queues/tasks/messages?ReceiptHandle=1-a+b/c=="


@pytest.mark.parametrize(
    ("secret", "method", "headers", "target", "signature"),
    [
        # aliyun-mns-java-sdk: MNSV2SignerTest
        (
            "sk1",
            "POST",
            {"date": "Tue, 03 Jun 2025 11:23:48 GMT", "x-mns-abcdef": "abcDEF"},
            "/queues/TestQueue",
            "cAThPWnbphg3hDe3ZHDADTgkgyE=",
        ),
        (
            "sk-kkkkkk1111111111",
            "GET",
            {"date": "Wed, 03 Dec 2025 11:23:48 GMT", "x-mns-abcdef": "KKKkkk"},
            "/queues/TestQueue123456",
            "lPxnfNA+Qo/aj18MYJUnRMqa84I=",
        ),
        (
            "testSk",
            "GET",
            {"date": "Tue, 03 Jun 2025 11:23:48 GMT"},
            "/queues/TestQueue",
            "uDJQXbk2xOhH95MDXmgbAGdtyE4=",
        ),
        (
            "testSk",
            "POST",
            {"content-type": "application/json", "date": "Tue, 03 Jun 2025 11:23:48 GMT"},
            "/queues/Test Queue@123",
            "GZ/I9UgZsqvbzfzjd0GmA6VHOx4=",
        ),
        # mns-nodejs-sdk: test/client.test.js
        (
            "ACCESS_KEY_SECRET",
            "PUT",
            {
                "content-md5": "574683b3684e3cff610afa155cc2506d",
                "content-type": "text/xml",
                "date": "Tue, 11 Apr 2017 10:09:19 GMT",
                "x-mns-version": "2015-06-06",
            },
            "/",
            "A9zehggaYHHujmuRMxGIDrhWwx8=",
        ),
    ],
)
def test_known_answers_are_met(secret: str, method: str, headers: dict[str, str], target: str, signature: str) -> None:
    assert sign(secret, method, headers, target) == signature


def test_x_mns_headers_are_signed_in_order_of_their_names() -> None:
    one = sign("s", "GET", {"x-mns-b": "2", "x-mns-a": "1", "accept": "*"}, "/")
    other = sign("s", "GET", {"x-mns-a": "1", "x-mns-b": "2", "accept": "else"}, "/")
    assert one == other


def headers(credential: Credential = KEY, at: float = NOW, **changed: str) -> dict[str, str]:
    """What a client sends with GET of `TARGET`; `changed` afterwards, `_` for `-`."""
    sent = {"date": formatdate(at, usegmt=True), "x-mns-version": "2015-06-06"}
    signature = sign(credential.secret, "GET", sent, TARGET)
    sent["authorization"] = f"MNS {credential.id}:{signature}"
    if credential.token:
        sent["security-token"] = credential.token
    return sent | {name.replace("_", "-"): value for name, value in changed.items()}


def refusal(sent: dict[str, str], target: str = TARGET) -> str:
    with pytest.raises(MnsError) as refused:
        verify("GET", target, sent, [KEY, TEMPORARY], NOW)
    return refused.value.code


@pytest.mark.parametrize("credential", [KEY, TEMPORARY])
def test_a_signed_request_is_known_by_its_credential(credential: Credential) -> None:
    assert verify("GET", TARGET, headers(credential), [KEY, TEMPORARY], NOW) == credential


def test_x_mns_date_stands_in_for_date() -> None:
    # Given a client that may not set Date
    sent = {"x-mns-date": formatdate(NOW, usegmt=True)}
    sent["authorization"] = f"MNS ak:{sign('secret', 'GET', sent, TARGET)}"
    # Then it is verified, and its age judged, by the other header
    assert verify("GET", TARGET, sent, [KEY], NOW) == KEY
    with pytest.raises(MnsError, match="TimeExpired"):
        verify("GET", TARGET, sent, [KEY], NOW + SKEW + 1)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({}, "MissingAuthorizationHeader"),
        (headers(authorization=""), "MissingAuthorizationHeader"),
        (headers(authorization="MNS ak"), "InvalidAuthorizationHeader"),
        (headers(authorization="OSS ak:abc="), "InvalidAuthorizationHeader"),
        (headers(date=""), "MissingDateHeader"),
        (headers(date="yesterday"), "InvalidDateHeader"),
        (headers(authorization="MNS nobody:abc="), "InvalidAccessKeyId"),
        (headers(authorization="MNS ak:abc="), "SignatureDoesNotMatch"),
        (headers(authorization="MNS ak:密"), "SignatureDoesNotMatch"),
        (headers(x_mns_version="2020-01-01"), "SignatureDoesNotMatch"),
        (headers(Credential("ak", "wrong")), "SignatureDoesNotMatch"),
        (headers(TEMPORARY, security_token=""), "InvalidAccessKeyId"),
        (headers(TEMPORARY, security_token="stale"), "InvalidAccessKeyId"),
        (headers(KEY, security_token="the-token"), "InvalidAccessKeyId"),
    ],
)
def test_other_requests_are_refused(sent: dict[str, str], code: str) -> None:
    assert refusal(sent) == code


def test_the_target_is_signed_as_sent() -> None:
    assert refusal(headers(), TARGET.replace("+", "%2B")) == "SignatureDoesNotMatch"


@pytest.mark.parametrize("age", [SKEW, -SKEW])
def test_fifteen_minutes_of_skew_are_forgiven_and_no_more(age: int) -> None:
    assert verify("GET", TARGET, headers(at=NOW - age), [KEY], NOW) == KEY
    assert refusal(headers(at=NOW - age * 1.01)) == "TimeExpired"


def test_a_credential_does_not_show_its_secrets() -> None:
    assert "secret" not in repr(TEMPORARY)
    assert "token" not in repr(TEMPORARY)


def test_credentials_may_come_later() -> None:
    # Given a list that the server holds
    known = [KEY]
    with pytest.raises(MnsError, match="InvalidAccessKeyId"):
        verify("GET", TARGET, headers(TEMPORARY), known, NOW)
    # When a temporary key is added, then it works
    known.append(TEMPORARY)
    assert verify("GET", TARGET, headers(TEMPORARY), known, NOW) == TEMPORARY
