from __future__ import annotations

import hashlib

import pytest

from local.credential import Credential
from local.fc.errors import FcError
from local.fc.signature_acs3 import ALGORITHM, Signed, sign, verify

NOW = 1_700_000_000.0
KEYS = [Credential("id", "secret"), Credential("sts", "temporary", "token")]
TARGET = "/2023-03-30/functions/f/invocations?qualifier=LATEST"
BODY = b"a photo"
HEADERS = {
    "host": "127.0.0.1:1",
    "x-acs-action": "InvokeFunction",
    "x-acs-content-sha256": hashlib.sha256(BODY).hexdigest(),
    "x-acs-date": "2023-11-14T22:13:20Z",
    "x-acs-signature-nonce": "once",
}


def request(key: str = "id", secret: str = "secret", target: str = TARGET, **changed: str) -> Signed:
    """A request that is signed over all its headers."""
    headers = {**HEADERS, **{name.replace("_", "-"): value for name, value in changed.items()}}
    names, signature = ";".join(sorted(headers)), sign("POST", target, headers, secret)
    headers["authorization"] = f"{ALGORITHM} Credential={key},SignedHeaders={names},Signature={signature}"
    return Signed("POST", target, headers, BODY)


def altered(signed: Signed, target: str = TARGET, body: bytes = BODY, **headers: str) -> Signed:
    """`signed` as it arrives when somebody changed it on its way."""
    changed = {**signed.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Signed(signed.method, target, changed, body)


ACCEPTED = [
    request(),
    request("sts", "temporary", x_acs_security_token="token"),
    request(target="/2023-03-30/functions"),
    request(target="/2023-03-30/functions/%E5%B0%8F?prefix=a%2Fb&limit=&nextToken=~"),
    altered(request(), user_agent="anybody"),  # what a proxy may add is not signed
]


@pytest.mark.parametrize("signed", ACCEPTED)
def test_what_was_signed_is_accepted(signed: Signed) -> None:
    assert verify(signed, KEYS, NOW) in KEYS


REFUSED = [
    (request(secret="wrong"), 403, "SignatureNotMatch"),
    (altered(request(), body=b"another photo"), 403, "SignatureNotMatch"),
    (altered(request(), target=TARGET + "&x=1"), 403, "SignatureNotMatch"),
    (altered(request(), x_acs_action="DeleteFunction"), 403, "SignatureNotMatch"),
    (altered(request(), x_acs_added="1"), 403, "SignatureNotMatch"),
    (altered(request(), host="elsewhere"), 403, "SignatureNotMatch"),
    (request("stranger"), 403, "InvalidAccessKeyID"),
    (request("sts", "temporary"), 403, "InvalidAccessKeyID"),
    (request("sts", "temporary", x_acs_security_token="old"), 403, "InvalidAccessKeyID"),
    (request(x_acs_date="2023-11-14T21:50:00Z"), 403, "AccessDenied"),
    (request(x_acs_date="yesterday"), 400, "InvalidArgument"),
    (altered(request(), authorization="ACS3-HMAC-SM3 Credential=id"), 400, "InvalidArgument"),
    (altered(request(), authorization=""), 400, "MissingRequiredHeader"),
    (altered(request(), x_acs_signature_nonce=""), 400, "MissingRequiredHeader"),
]


@pytest.mark.parametrize(("signed", "status", "code"), REFUSED)
def test_anything_else_is_refused(signed: Signed, status: int, code: str) -> None:
    with pytest.raises(FcError) as refusal:
        verify(signed, KEYS, NOW)
    assert (refusal.value.status, refusal.value.code) == (status, code)
