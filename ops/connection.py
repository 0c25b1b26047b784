"""Which booth a command speaks to: a local stack by its folder, or the cloud by the environment's settings."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from local import stack
from local.stack import LOOPBACK, Stack
from shared import settings
from shared.aliyun.credentials import Credentials, of_invocation
from shared.booth import Booth
from shared.errors import BadSetting
from shared.log import Log


def connect(data: Path | None) -> Booth:
    """The booth of the stack in `data`, or of the environment. Raises BadSetting with words for the operator."""
    # The SDKs take half a second to import: `up` and `--help` need not wait for them.
    from shared.assemble import booth_of  # noqa: PLC0415

    environ, credentials = _cloud(os.environ) if data is None else _local(data)
    booth = booth_of(settings.read(environ), credentials, Log(lambda line: None, by="cosdrop"))
    return replace(booth, new_id=lambda: "op" + secrets.token_hex(8))


def _local(data: Path) -> tuple[dict[str, str], Credentials]:
    try:
        of = stack.load(data)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise BadSetting(f"no local stack in {data}: start one with `cosdrop up --data {data}`") from error
    if not _listens(of):
        raise BadSetting(f"the local stack in {data} is not running: start it with `cosdrop up --data {data}`")
    environ = of.environment(os.environ) | {"OSS_REGION": of.region}
    return environ, Credentials(of.access_key_id, of.access_key_secret)


def _listens(of: Stack) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex((LOOPBACK, of.port("oss"))) == 0


def _cloud(environ: Mapping[str, str]) -> tuple[dict[str, str], Credentials]:
    region = environ.get("OSS_REGION") or environ.get("REGION") or ""
    public = environ.get("OSS_SIGNING_ENDPOINT") or f"https://oss-{region or 'REGION'}.aliyuncs.com"
    # From outside the region only the public endpoint answers; key and queue are the functions' business.
    ours = {"OSS_REGION": region, "OSS_ENDPOINT": public, "OSS_SIGNING_ENDPOINT": public}
    unneeded = {"MNS_ENDPOINT": "http://mns.invalid", "DASHSCOPE_API_KEY": "unset"}
    try:
        return {**unneeded, **environ, **ours}, of_invocation(None, environ)
    except BadSetting as error:
        raise BadSetting(
            "which booth? Name the folder of a running local stack by --data or COSDROP_DATA; or set "
            "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, REGION and BUCKET for one in the cloud"
        ) from error
