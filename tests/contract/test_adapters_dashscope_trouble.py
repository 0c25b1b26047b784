"""The tasks' adapter when DashScope, or the way to it, is in trouble: a POST costs money, so doubt must be told."""

from __future__ import annotations

import datetime
import ipaddress
import json
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.models import MODELS
from shared.models.contract import Ambiguous, Posted, Refusal, Unsent
from shared.models.dashscope import DashScopeTasks, never_left
from tests.contract.scripted import Scripted, answer, scripted
from tests.contract.stack import API_KEY, all_at, closed_port, is_discreet, meddle, not_now
from tests.unit.local_dashscope.fakes import COSPLAY

MODEL = MODELS["wanx-style-cosplay-v1"]
HTML = b"<html><h1>502 Bad Gateway</h1></html>"
GOOD = answer(200, b'{"output": {"task_id": "t-1", "task_status": "PENDING"}, "request_id": "r-1"}')

ASKS: dict[str, Callable[[DashScopeTasks], object]] = {
    "query": lambda tasks: tasks.query(MODEL, "t-1"),
    "list": lambda tasks: tasks.list(MODEL.name),
    "cancel": lambda tasks: tasks.cancel("t-1"),
}


def at(url: str) -> DashScopeTasks:
    """The adapter of a DashScope at `url`."""
    return DashScopeTasks(all_at(url))


def submit(url: str) -> Posted:
    posted = at(url).submit(MODEL, COSPLAY)
    assert is_discreet(repr(posted))
    return posted


def told(status: int, body: object) -> bytes:
    return answer(status, json.dumps(body).encode(), "Content-Type: application/json")


# --- submit: certainly not sent


def test_when_nobody_listens_nothing_was_sent() -> None:
    assert submit(closed_port()) == Unsent("ConnectionError")


@pytest.fixture
def self_signed(tmp_path: Path) -> ssl.SSLContext:
    """A server's certificate for 127.0.0.1 that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "not DashScope")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "server.pem").write_bytes(certificate.public_bytes(pem) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    return context


def test_to_a_stranger_nothing_was_sent(self_signed: ssl.SSLContext) -> None:
    with scripted(GOOD, tls=self_signed) as server:
        assert submit(server.url) == Unsent("SSLError")
    assert server.requests == []


@pytest.mark.parametrize(
    ("error", "certain"),
    [
        (requests.ConnectTimeout(), True),
        (requests.ReadTimeout(), False),
        (requests.ConnectionError(), False),
        (requests.exceptions.ChunkedEncodingError("cut"), False),
    ],
)
def test_what_is_not_certain_may_have_been_sent(error: requests.RequestException, certain: bool) -> None:
    assert never_left(error) is certain


# --- submit: nobody knows


@pytest.mark.parametrize(
    "unclear",
    [
        b"",
        b"garbage\r\n\r\n",
        GOOD[:-10],
        answer(502, HTML),
        answer(504),
        answer(200, HTML),
        told(200, []),
        told(200, {"request_id": "r-1"}),
        told(200, {"output": {"task_status": "PENDING"}}),
        told(200, {"output": "queued"}),
        answer(302, b"", "Location: /elsewhere"),
    ],
    ids=[
        "hangs up",
        "garbage",
        "cut off",
        "502 html",
        "504 empty",
        "200 html",
        "list",
        "no output",
        "no task id",
        "another shape",
        "redirect",
    ],
)
def test_without_a_clear_answer_there_may_be_a_task_and_nothing_is_sent_again(unclear: bytes) -> None:
    with scripted(unclear, GOOD) as server:
        assert isinstance(submit(server.url), Ambiguous)
    assert server.verbs == ["POST"]


@pytest.mark.parametrize("status", [400, 429, 500, 503])
def test_a_refusal_in_the_vendors_form_is_one_whatever_its_status(status: int) -> None:
    body = {"code": "InternalError.Algo", "message": "An internal error has occured.", "request_id": "r-1"}
    with scripted(told(status, body)) as server:
        assert submit(server.url) == Refusal("InternalError.Algo", body["message"], "r-1", status)
    assert server.verbs == ["POST"]


# --- what else is asked may be asked again


@pytest.mark.parametrize("name", ASKS)
def test_when_nobody_listens_every_question_says_not_now(name: str) -> None:
    assert not_now(lambda: ASKS[name](at(closed_port()))) == "DashScope could not be asked (ConnectionError)"


@pytest.mark.parametrize("name", ASKS)
@pytest.mark.parametrize("status", [401, 403, 429, 500])
def test_a_refused_question_tells_the_vendors_code(name: str, status: int) -> None:
    with scripted(told(status, {"code": "Somehow", "message": "x", "request_id": "r"})) as server:
        assert f"DashScope answered {status} Somehow" in not_now(lambda: ASKS[name](at(server.url)))
    assert len(server.requests) == 1


@pytest.mark.parametrize("name", ASKS)
@pytest.mark.parametrize("status", [302, 502])
def test_an_answer_from_another_server_is_none(name: str, status: int) -> None:
    with scripted(answer(status, HTML, "Location: /elsewhere")) as server:
        assert f"DashScope answered {status}" in not_now(lambda: ASKS[name](at(server.url)))
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("query", []),
        ("query", {"output": {"task_status": "SUCCEEDED"}, "usage": 1}),
        ("list", []),
        ("list", {"data": "x"}),
        ("list", {"data": [{}]}),
        ("list", {"data": [], "total_page": "many"}),
    ],
)
def test_an_answer_of_another_shape_is_none(name: str, body: object) -> None:
    with scripted(told(200, body)) as server:
        assert "DashScope" in not_now(lambda: ASKS[name](at(server.url)))


def page(number: int, pages: int) -> bytes:
    row = {"task_id": f"t-{number}", "api_key_id": "1", "gmt_create": 1_700_000_000_000, "status": "RUNNING"}
    return told(200, {"data": [row], "total_page": pages, "page_no": number})


def test_half_a_list_is_no_list() -> None:
    """A task that is not on it would be bought again."""
    with scripted(page(1, 3), page(2, 3), answer(500)) as server:
        assert "500" in not_now(lambda: at(server.url).list(MODEL.name))
    assert len(server.requests) == 3


def test_a_list_without_an_end_is_no_list() -> None:
    with scripted(page(1, 1000)) as server:
        assert not_now(lambda: at(server.url).list(MODEL.name)) == "the task list has more than 50 pages"


# --- where requests go, and what they bring


def heads(server: Scripted) -> Sequence[str]:
    return [request.partition(b"\r\n\r\n")[0].decode() for request in server.requests]


def test_neither_proxy_nor_netrc_of_the_environment_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    meddle(monkeypatch, tmp_path)
    # When
    with scripted(GOOD) as server:
        submit(server.url)
        ASKS["query"](at(server.url))
    # Then
    assert [f"Authorization: Bearer {API_KEY.secret}" in head for head in heads(server)] == [True, True]


def test_a_workspace_is_named_when_there_is_one() -> None:
    with scripted(GOOD) as server:
        for workspace in ("ws-1", ""):
            tasks = DashScopeTasks(all_at(server.url, workspace=workspace))
            tasks.submit(MODEL, COSPLAY)
            tasks.query(MODEL, "t-1")
    assert ["X-DashScope-WorkSpace: ws-1" in head for head in heads(server)] == [True, True, False, False]
