from __future__ import annotations

import pytest
from fc2.auth import Auth

from local.credential import Credential
from local.fc.errors import FcError
from local.fc.signature_2016 import verify

NOW = 1_700_000_000.0
DATE = "Tue, 14 Nov 2023 22:13:20 GMT"
PATH = "/2016-08-15/services/s/functions/小明/invocations"
KEYS = [Credential("id", "secret"), Credential("sts", "temporary", "token")]


def signed(key: str = "id", secret: str = "secret", token: str = "", **headers: str) -> dict[str, str]:
    """What aliyun-fc2 sends, signed by its own code."""
    sent = {"date": DATE, "content-type": "application/json", **headers}
    if token:
        sent["x-fc-security-token"] = token
    return {**sent, "authorization": Auth(key, secret, token).sign_request("POST", PATH, sent)}


ACCEPTED = [
    signed(),
    signed(**{"x-fc-invocation-type": "Async", "x-fc-trace-id": "1"}),
    signed(**{"content-md5": "abc="}),
    signed("sts", "temporary", "token"),
]


@pytest.mark.parametrize("headers", ACCEPTED)
def test_what_the_sdk_signed_is_accepted(headers: dict[str, str]) -> None:
    assert verify("POST", PATH, headers, KEYS, NOW) in KEYS


REFUSED = [
    (signed(secret="wrong"), NOW, 403, "SignatureNotMatch"),
    ({**signed(), "x-fc-invocation-type": "Async"}, NOW, 403, "SignatureNotMatch"),  # added after signing
    (signed("stranger"), NOW, 403, "InvalidAccessKeyID"),
    (signed("sts", "temporary"), NOW, 403, "InvalidAccessKeyID"),  # without its token
    (signed("sts", "temporary", "old"), NOW, 403, "InvalidAccessKeyID"),
    (signed(), NOW + 16 * 60, 403, "AccessDenied"),
    (signed(date="yesterday"), NOW, 400, "InvalidArgument"),
    ({**signed(), "authorization": ""}, NOW, 400, "MissingRequiredHeader"),
    ({**signed(), "date": ""}, NOW, 400, "MissingRequiredHeader"),
]


@pytest.mark.parametrize(("headers", "now", "status", "code"), REFUSED)
def test_anything_else_is_refused_in_the_vendors_words(
    headers: dict[str, str], now: float, status: int, code: str
) -> None:
    with pytest.raises(FcError) as refusal:
        verify("POST", PATH, headers, KEYS, now)
    assert (refusal.value.status, refusal.value.code) == (status, code)


def test_a_secret_never_shows_in_a_credential() -> None:
    assert "temporary" not in repr(KEYS) and "token=" not in repr(KEYS)
