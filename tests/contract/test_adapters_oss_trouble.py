"""The bucket's adapter when OSS, or what stands before it, behaves badly."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import oss2
import pytest

from shared.aliyun.oss import OssObjects
from shared.errors import BadSetting
from tests.contract.scripted import Scripted, answer, scripted
from tests.contract.stack import TEMPORARY, all_at, closed_port, is_discreet, meddle, not_now

STORED = answer(200, b"", 'ETag: "8D777F385D3DFEC8815D20F7496026DC"')
DATA = answer(200, b"data")
BUSY = answer(503, b"<Error><Code>ServiceUnavailable</Code></Error>")
BROKEN = answer(500, b"<html>oops</html>")

CALLS: dict[str, Callable[[OssObjects], object]] = {
    "head": lambda objects: objects.head("k"),
    "read": lambda objects: objects.read("k"),
    "write": lambda objects: objects.write("k", b"data"),
    "append": lambda objects: objects.append("k", 0, b"data"),
    "delete": lambda objects: objects.delete("k"),
    "list": lambda objects: objects.list("k"),
    "info": lambda objects: objects.info("k"),
}
REPEATED = ["head", "read", "write", "delete", "list", "info"]


def objects(server: Scripted) -> OssObjects:
    return OssObjects(all_at(server.url), TEMPORARY)


@pytest.mark.parametrize("name", CALLS)
def test_when_nobody_listens_every_call_says_not_now(name: str) -> None:
    away = OssObjects(all_at(closed_port()), TEMPORARY)
    assert not_now(lambda: CALLS[name](away)) == "OSS gave no usable answer (RequestError)"


@pytest.mark.parametrize("name", ["write", "append"])
def test_what_is_stored_is_guarded_by_its_md5(name: str) -> None:
    with scripted(STORED) as server:
        CALLS[name](objects(server))
    assert b"\r\nContent-MD5: jXd/OF09/siBXSD3SWAm3A==\r\n" in server.requests[0]


# --- once more, or only once


@pytest.mark.parametrize("trouble", [BUSY, BROKEN, b""], ids=["503", "500", "hangs up"])
def test_a_write_is_repeated_whole(trouble: bytes) -> None:
    with scripted(trouble, STORED) as server:
        objects(server).write("k", b"data")
    assert (server.verbs, server.bodies) == (["PUT", "PUT"], [b"data", b"data"])


@pytest.mark.parametrize("trouble", [BUSY, BROKEN, b""], ids=["503", "500", "hangs up"])
def test_a_read_is_repeated(trouble: bytes) -> None:
    with scripted(trouble, DATA) as server:
        assert objects(server).read("k") == b"data"
    assert server.verbs == ["GET", "GET"]


@pytest.mark.parametrize("name", REPEATED)
def test_three_times_is_enough(name: str) -> None:
    with scripted(BUSY) as server:
        words = not_now(lambda: CALLS[name](objects(server)))
    assert (words.startswith("OSS answered 503"), len(server.requests)) == (True, 3)


@pytest.mark.parametrize("trouble", [BUSY, BROKEN, b""], ids=["503", "500", "hangs up"])
def test_an_append_is_sent_once(trouble: bytes) -> None:
    """It may have arrived: only the journal knows its own line again."""
    with scripted(trouble) as server:
        not_now(lambda: objects(server).append("log", 0, b"line\n"))
    assert server.verbs == ["POST"]


def test_how_long_to_wait_is_not_for_the_server_to_say() -> None:
    """A function is billed while it sleeps, and killed at its time-out."""
    began = time.monotonic()
    with scripted(answer(503, b"", "Retry-After: 4"), DATA) as server:
        assert objects(server).read("k") == b"data"
    assert time.monotonic() - began < 3


# --- answers that are none


def test_a_body_that_was_cut_off_is_no_short_body() -> None:
    """urllib3 1.26, which Function Compute's python3.10 has, takes one for the other unless told."""
    with scripted(answer(200, b"0123456789")[:-5]) as server:
        assert not_now(lambda: objects(server).read("log")).startswith("OSS gave no usable answer")


def test_a_chunked_body_is_read_whole() -> None:
    """The vendor sends one when it compresses; oss2 loses all but the first chunk of it when it reads in pieces."""
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndata\r\n5\r\n more\r\n0\r\n\r\n"
    with scripted(chunked) as server:
        assert objects(server).read("k") == b"data more"
        bucket = oss2.Bucket(oss2.AnonymousAuth(), server.url, "booth", session=quiet_session(), enable_crc=False)
        pieces = bucket.get_object("k")
        assert [pieces.read(4), pieces.read(4)] == [b"data", b""]


LISTING = "<ListBucketResult{}><IsTruncated>false</IsTruncated><Contents><Key>k</Key>{}</Contents></ListBucketResult>"


@pytest.mark.parametrize(
    "body",
    ["", "<html>welcome to our wifi</html>", LISTING.format(' xmlns="http://s3"', ""), LISTING.format("", "")],
    ids=["empty", "portal", "namespace", "no time"],
)
def test_a_listing_that_cannot_be_understood_is_not_an_empty_one(body: str) -> None:
    with scripted(answer(200, body.encode())) as server:
        assert not_now(lambda: objects(server).list("k")).startswith("OSS gave no usable answer")


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff"])
def test_picture_facts_that_cannot_be_understood_do_not_blame_the_picture(body: bytes) -> None:
    with scripted(answer(200, body)) as server:
        assert not_now(lambda: objects(server).info("k")).startswith("OSS gave no usable answer")


@pytest.mark.parametrize("status", [403, 404, 408, 429])
def test_nor_does_any_refusal_that_is_not_about_it(status: int) -> None:
    with scripted(answer(status, b"<Error><Code>Somehow</Code></Error>")) as server:
        assert f"{status} Somehow" in not_now(lambda: objects(server).info("k"))


def test_a_conflict_that_oss2_does_not_know_for_a_lost_race_is_looked_at_again() -> None:
    """It wants `x-oss-next-append-position` on that answer."""
    with scripted(answer(409, b"<Error><Code>PositionNotEqualToLength</Code></Error>")) as server:
        assert "409 PositionNotEqualToLength" in not_now(lambda: objects(server).append("log", 3, b"x"))


def test_what_oss_tells_of_a_wrong_signature_stays_there() -> None:
    """The vendor's answer repeats what was signed, the security token among it (EC 0002-00000040)."""
    told = f"<StringToSign>x-oss-security-token:{TEMPORARY.security_token}</StringToSign>"
    refusal = answer(403, f"<Error><Code>SignatureDoesNotMatch</Code>{told}</Error>".encode())
    with scripted(refusal) as server:
        assert not_now(lambda: objects(server).write("k", b"")).startswith("OSS answered 403 SignatureDoesNotMatch")


# --- where requests go


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_is_not_followed(status: int) -> None:
    with scripted(STORED) as elsewhere, scripted(answer(status, b"", f"Location: {elsewhere.url}/k")) as server:
        not_now(lambda: objects(server).write("k", b"data"))
    assert (server.verbs, elsewhere.verbs) == (["PUT"], [])


def test_oss2_by_itself_makes_a_get_of_a_redirected_put() -> None:
    with scripted(STORED) as elsewhere, scripted(answer(302, b"", f"Location: {elsewhere.url}/k")) as server:
        oss2.Bucket(oss2.AnonymousAuth(), server.url, "booth", session=quiet_session()).put_object("k", b"data")
    assert (server.verbs, elsewhere.verbs) == (["PUT"], ["GET"])


def test_neither_proxy_nor_netrc_of_the_environment_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    meddle(monkeypatch, tmp_path)
    with scripted(STORED) as server:
        # When
        objects(server).write("k", b"data")
        # Then
        assert b"uthorization: OSS4-HMAC-SHA256 Credential=" in server.requests[0]


def test_oss2_by_itself_gives_netrcs_password_for_its_signature(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meddle(monkeypatch, tmp_path)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with scripted(STORED) as server:
        oss2.Bucket(oss2.AuthV4("id", "secret"), server.url, "booth", region="cn-hangzhou").put_object("k", b"data")
    assert b"uthorization: Basic " in server.requests[0]


def quiet_session() -> Any:
    session = oss2.Session()
    session.session.trust_env = False
    return session


# --- before any call


@pytest.mark.parametrize("version", ["2.16.0", "2.18.3"])
def test_an_oss2_that_cannot_sign_v4_links_is_refused(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oss2, "__version__", version)
    with pytest.raises(BadSetting, match=f"oss2 {version} is too old: deploy the bundle"):
        OssObjects(all_at(closed_port()), TEMPORARY)


def test_nothing_secret_is_logged_even_when_everything_is(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with scripted(STORED) as server:
        objects(server).write("k", b"data")
        objects(server).link("k", "", 60)
    assert is_discreet(caplog.text)
