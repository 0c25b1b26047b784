"""What identifies a local stack: its ports, names and keys. Made once and kept in its folder."""

from __future__ import annotations

import json
import random
import secrets
import shutil
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path

LOOPBACK = "127.0.0.1"
PORTS = range(20_000, 32_000)
"""Below those that systems give to outgoing connections: a server that was down finds its port free again."""
SERVERS = ("oss", "mns", "dashscope", "fc")
REGION = "cn-local"
"""A region that cannot be mistaken for a real one."""

_TUNABLE = ("MODEL", "MAX_IMAGES_PER_DAY", "MAX_ATTEMPTS", "LOOK_SECONDS", "STAY_SECONDS", "GRACE_SECONDS")


@dataclass(frozen=True)
class Stack:
    """One local stack. Keys open servers on loopback and nothing else."""

    data: str
    """Its folder, absolute."""
    oss: str
    mns: str
    dashscope: str
    fc: str
    """Endpoints: `http://127.0.0.1:PORT`."""
    access_key_id: str
    access_key_secret: str
    role_key_id: str
    role_key_secret: str
    role_token: str
    """The temporary credentials that the functions are given."""
    api_key: str
    api_key_id: str = "100001"
    account_id: str = "1000000000000001"
    region: str = REGION
    bucket: str = "cosdrop-local"
    queue: str = "cosdrop"

    def folder(self, server: str) -> Path:
        """Where one server keeps its state."""
        return Path(self.data) / server

    def port(self, server: str) -> int:
        """The port of one server."""
        return int(str(getattr(self, server)).rpartition(":")[2])

    def endpoints(self) -> dict[str, str]:
        """What a client needs to know."""
        kept = ("oss", "mns", "dashscope", "fc", "region", "bucket", "queue", "access_key_id", "access_key_secret")
        told = asdict(self)
        return {name: told[name] for name in (*kept, "account_id", "api_key", "data")}

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """What s.yaml reads by `${env()}` here: local endpoints, short waits, and the person's own choices."""
        ours = {
            "BUCKET": self.bucket,
            "QUEUE_NAME": self.queue,
            "REGION": self.region,
            "OSS_ENDPOINT": self.oss,
            "OSS_SIGNING_ENDPOINT": self.oss,
            "MNS_ENDPOINT": self.mns,
            "DASHSCOPE_ENDPOINT": self.dashscope,
            "DASHSCOPE_API_KEY": self.api_key,
            "DASHSCOPE_API_KEY_ID": self.api_key_id,
            "RESULT_HOSTS": self.dashscope.removeprefix("http://"),
            # A killed process posts nothing more, and the local task list does not lag.
            "GRACE_SECONDS": "10",
            "TASK_LIST_LAG_SECONDS": "3",
            "LOOK_SECONDS": "0.5",
        }
        return ours | {name: environ[name] for name in _TUNABLE if environ.get(name)}


def load_or_make(data: Path) -> Stack:
    """The stack kept in `data`, or a new one on free ports."""
    folder = data.resolve()
    stack = replace(load(data), data=str(folder)) if (data / "stack.json").is_file() else _make(folder)
    folder.mkdir(parents=True, exist_ok=True)
    _write_private(folder / "stack.json", asdict(stack))
    _write_private(folder / "endpoints.json", stack.endpoints())
    return stack


def clear(data: Path) -> None:
    """Throw away the stack kept in `data`, and nothing else that may lie there."""
    for name in (*SERVERS, "logs"):
        shutil.rmtree(data / name, ignore_errors=True)
    for name in ("stack.json", "endpoints.json"):
        (data / name).unlink(missing_ok=True)


def load(data: Path) -> Stack:
    """The stack kept in `data`. Raises FileNotFoundError."""
    return Stack(**json.loads((data / "stack.json").read_text()))


def _make(data: Path) -> Stack:
    endpoints = {name: f"http://{LOOPBACK}:{port}" for name, port in zip(SERVERS, _free_ports(), strict=True)}
    return Stack(
        data=str(data),
        access_key_id="LOCAL" + secrets.token_hex(8),
        access_key_secret=secrets.token_hex(16),
        role_key_id="STS.LOCAL" + secrets.token_hex(8),
        role_key_secret=secrets.token_hex(16),
        role_token=secrets.token_hex(32),
        api_key="sk-local-" + secrets.token_hex(16),
        **endpoints,
    )


def _free_ports() -> list[int]:
    return list(islice(filter(_is_free, random.sample(PORTS, len(PORTS))), len(SERVERS)))


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _write_private(file: Path, content: Mapping[str, object]) -> None:
    aside = file.with_suffix(".new")
    aside.touch(mode=0o600)
    aside.write_text(json.dumps(content, indent=2) + "\n")
    aside.replace(file)
