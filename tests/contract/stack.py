"""The local stack on loopback for the adapters, in threads, and the settings and credentials to reach it by."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import requests
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from local.clock import ManualClock, WallClock
from local.credential import Credential
from local.dashscope import http as dashscope_http
from local.dashscope.engine import DashScope
from local.dashscope.limits import Settings as Limits
from local.dashscope.tasks import ApiKey
from local.mns import http as mns_http
from local.mns.engine import Mns
from local.oss import http as oss_http
from local.oss.engine import Oss
from local.serving import in_thread, listen
from local.state import State
from shared.aliyun.credentials import Credentials
from shared.errors import NotNow
from shared.settings import Settings, read
from tests.unit.local_dashscope.fakes import FakeStudio

REGION, BUCKET, QUEUE = "cn-hangzhou", "booth", "reminders"
LASTING = Credentials("ak-lasting", "secret-lasting")
TEMPORARY = Credentials("STS.temporary", "secret-temporary", "the-token")
KEYS = [Credential(one.access_key_id, one.access_key_secret, one.security_token) for one in (LASTING, TEMPORARY)]
API_KEY = ApiKey("sk-ours", "700001")
SECRETS = (LASTING.access_key_secret, TEMPORARY.access_key_secret, TEMPORARY.security_token, API_KEY.secret)


@dataclass
class Stage:
    """One listening server for all tests of a module, as starting it takes longer than most: each brings its app."""

    app: ASGIApp = field(default_factory=Starlette)
    url: str = ""
    seen: list[str] = field(default_factory=list)
    """`VERB /path` of every request that arrived, understood or not."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.seen.append(f"{scope['method']} {scope['path']}")
            await self.app(scope, receive, send)


@dataclass(frozen=True)
class Stages:
    """Where the three services listen."""

    oss: Stage = field(default_factory=Stage)
    mns: Stage = field(default_factory=Stage)
    dashscope: Stage = field(default_factory=Stage)


@contextmanager
def listening() -> Iterator[Stages]:
    """Three servers that have nothing to serve yet."""
    stages = Stages()
    with ExitStack() as servers:
        for stage in (stages.oss, stages.mns, stages.dashscope):
            stage.url = servers.enter_context(in_thread(stage))
        yield stages


class Stack:
    """Three new services on the stages, all in memory. `clock` is theirs; it starts now and stands still."""

    def __init__(self, stages: Stages, limits: Limits | None = None) -> None:
        self.stages, self.clock = stages, ManualClock(time.time())
        self.limits = limits or Limits()
        self.oss, self.mns = self._serve_oss(), self._serve_mns()
        self.dashscope = self._serve_dashscope()
        for stage in (stages.oss, stages.mns, stages.dashscope):
            stage.seen.clear()

    @property
    def environ(self) -> dict[str, str]:
        """The environment that a function is deployed with."""
        return {
            "BUCKET": BUCKET,
            "OSS_REGION": REGION,
            "OSS_ENDPOINT": self.stages.oss.url,
            "OSS_SIGNING_ENDPOINT": self.stages.oss.url,
            "MNS_ENDPOINT": self.stages.mns.url,
            "QUEUE_NAME": QUEUE,
            "DASHSCOPE_API_KEY": API_KEY.secret,
            "DASHSCOPE_ENDPOINT": self.stages.dashscope.url,
            "RESULT_HOSTS": self.stages.dashscope.url.removeprefix("http://"),
        }

    def settings(self, **changes: Any) -> Settings:
        """What `environ` says, but for `changes`."""
        return replace(read(self.environ), **changes)

    def _serve_oss(self) -> Oss:
        state = State()
        engine = Oss(state, self.clock)
        engine.create_bucket(BUCKET)
        keys = {key.id: key for key in KEYS}
        self.stages.oss.app = oss_http.app(engine, state, keys=keys, region=REGION, wall=self.clock)
        return engine

    def _serve_mns(self) -> Mns:
        state = State()
        engine = Mns(state, self.clock)
        engine.create_queue(QUEUE)
        self.stages.mns.app = mns_http.app(engine, state, credentials=KEYS, wall=WallClock())
        return engine

    def _serve_dashscope(self) -> DashScope:
        state = State()
        engine = DashScope(state, self.clock, self.limits, keys=[API_KEY], studio=FakeStudio())
        self.stages.dashscope.app = dashscope_http.app(engine, state)
        return engine


def all_at(url: str, **changes: Any) -> Settings:
    """Settings that look for every service at `url`, but for `changes`."""
    services = dict.fromkeys(("OSS_ENDPOINT", "OSS_SIGNING_ENDPOINT", "MNS_ENDPOINT", "DASHSCOPE_ENDPOINT"), url)
    told = read({**services, "BUCKET": BUCKET, "OSS_REGION": REGION, "DASHSCOPE_API_KEY": API_KEY.secret})
    return replace(told, **changes)


def closed_port() -> str:
    """The URL of a port at which nobody listens."""
    with closing(listen()) as briefly:
        return f"http://127.0.0.1:{briefly.getsockname()[1]}"


def bare_get(link: str) -> requests.Response:
    """GET as DashScope does it: nothing but the link."""
    with requests.Session() as session:
        session.trust_env = False
        return session.get(link, timeout=5, allow_redirects=False)


def meddle(environ: pytest.MonkeyPatch, folder: Path) -> None:
    """Set what `requests` obeys by itself: a proxy where nobody listens, and a password that replaces all others."""
    (folder / "netrc").write_text("machine 127.0.0.1 login someone password else\n")
    environ.setenv("NETRC", str(folder / "netrc"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        environ.setenv(name, closed_port())
    for name in ("NO_PROXY", "no_proxy"):
        environ.delenv(name, raising=False)


def not_now(call: Callable[[], object]) -> str:
    """The words of the NotNow that `call` raises; it must tell no secret, even where a log shows its causes, too."""
    with pytest.raises(NotNow) as raised:
        call()
    assert is_discreet("".join(traceback.format_exception(raised.value)))
    return str(raised.value)


def is_discreet(text: str) -> bool:
    """Whether `text` tells no secret and no signature."""
    return not any(secret in text for secret in (*SECRETS, "ignature="))
