"""Puts a booth together for one invocation: its settings, and clients in the hands of its own credentials."""

from __future__ import annotations

import hashlib
import os
import platform
import secrets
import time
from functools import lru_cache
from typing import Any

import oss2
import requests

from shared.aliyun import credentials
from shared.aliyun.mns import MnsQueue
from shared.aliyun.oss import OssObjects
from shared.booth import Booth
from shared.log import Log
from shared.models.dashscope import DashScopeTasks
from shared.settings import Settings, read


class WallClock:
    """Real time."""

    def now(self) -> float:
        """Epoch seconds."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Block for `seconds`."""
        time.sleep(seconds)


def open_booth(context: Any) -> Booth:
    """The booth of this invocation. Raises BadSetting, whose text says which variable to mend."""
    _tell_versions()
    log = Log(request_id=getattr(context, "request_id", ""))
    return booth_of(read(os.environ), credentials.of_invocation(context, os.environ), log)


@lru_cache(maxsize=1)
def _tell_versions() -> None:
    """Once per instance: which SDKs are in force, the bundle's or the runtime's."""
    Log()("start", python=platform.python_version(), oss2=oss2.__version__, requests=requests.__version__)


def booth_of(settings: Settings, held: credentials.Credentials, log: Log) -> Booth:
    """The booth that `settings` name, in the hands of `held`."""
    return Booth(
        bucket=settings.bucket,
        objects=OssObjects(settings, held),
        queue=MnsQueue(settings, held),
        tasks=DashScopeTasks(settings),
        clock=WallClock(),
        policy=settings.policy,
        log=log,
        new_id=lambda: secrets.token_hex(8),
        model=settings.model,
        key_print=hashlib.sha256(settings.api_key.encode()).hexdigest()[:12],
        key_id=settings.api_key_id,
        stay=settings.stay,
    )
