"""A stack that `cosdrop up` runs, and what a person, an operator or a stranger does with it from outside."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from email.utils import formatdate
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import Any

import fc2
import oss2
import requests
from mns.account import Account
from mns.queue import Message

from local.mns.signature import sign
from tests.e2e import pictures
from tests.e2e.command import COSDROP, ROOT, Ran, cosdrop, environment, eventually

ENDINGS = ("done", "refused", "expired", "superseded", "withdrawn", "ignored")
_LOGGED = re.compile(r"cosdrop-(\w+) \| (\{.*\})")

http = requests.Session()
http.trust_env = False  # no proxy of this machine stands before loopback


@dataclass(frozen=True)
class Booth:
    """One running stack."""

    data: Path
    process: subprocess.Popen[str]
    line: str
    """What `up` printed."""

    @cached_property
    def endpoints(self) -> dict[str, str]:
        told: dict[str, str] = json.loads(self.line)
        return told

    def cosdrop(self, *arguments: object) -> Ran:
        return cosdrop(*arguments, "--data", self.data)

    def end(self) -> tuple[int, str]:
        """Ctrl-C; the exit code, and what else was written on standard output."""
        self.process.send_signal(signal.SIGINT)
        rest, _ = self.process.communicate(timeout=20)
        return self.process.returncode, rest

    # --- the bucket

    @cached_property
    def bucket(self) -> Any:
        of = self.endpoints
        session = oss2.Session()
        session.session.trust_env = False
        auth = oss2.AuthV4(of["access_key_id"], of["access_key_secret"])
        return oss2.Bucket(auth, of["oss"], of["bucket"], region=of["region"], session=session)

    def put(self, key: str, content: bytes | None = None) -> str:
        """Upload a photo of a face, or `content`; returns its key."""
        self.bucket.put_object(key, pictures.face() if content is None else content)
        return key

    def keys(self, prefix: str = "") -> list[str]:
        return [one.key for one in oss2.ObjectIteratorV2(self.bucket, prefix)]

    def content(self, key: str) -> bytes:
        data: bytes = self.bucket.get_object(key).read()
        return data

    def read(self, key: str) -> bytes | None:
        return self.content(key) if self.bucket.object_exists(key) else None

    def portrait(self, photo: str, within: float = 30.0) -> bytes:
        """The portrait of `photo`, once it lies there and its log says so."""
        eventually(lambda: "done" in self.endings(photo), within)
        return self.content(f"portraits/{photo.removeprefix('photos/')}.jpg")

    def error(self, photo: str) -> Any:
        """The error or note of `photo`, once it lies there."""
        return json.loads(eventually(lambda: self.read(f"errors/{photo.removeprefix('photos/')}.json")))

    # --- the functions

    @property
    def log(self) -> list[dict[str, Any]]:
        """Every line of JSON that the functions logged."""
        text = (self.data / "logs" / "fc.log").read_text()
        return [{"function": function} | json.loads(line) for function, line in _LOGGED.findall(text)]

    def events(self, photo: str) -> list[str]:
        """What was logged of a photo, in order."""
        return [line["event"] for line in self.log if line.get("photo") == photo]

    def endings(self, photo: str) -> list[str]:
        return [event for event in self.events(photo) if event in ENDINGS]

    def invoke(self, function: str, payload: bytes, kind: str = "Sync") -> Any:
        of = self.endpoints
        client = fc2.Client(endpoint=of["fc"], accessKeyID=of["access_key_id"], accessKeySecret=of["access_key_secret"])
        headers = {"x-fc-invocation-type": kind}
        return client.invoke_function("any", f"cosdrop-{function}", payload=payload, headers=headers)

    def tick(self) -> None:
        """Spare the test the wait for the next full minute."""
        self.invoke("poller", b"{}", "Async")

    # --- the queue

    def send(self, body: str) -> None:
        """Put a message into the queue, in base64 as the SDK does."""
        with self._queue() as queue:
            queue.send_message(Message(body))

    def send_raw(self, body: str) -> None:
        """Put a message into the queue that is no base64, which the SDK cannot."""
        of, target = self.endpoints, f"/queues/{self.endpoints['queue']}/messages"
        headers = {"date": formatdate(usegmt=True), "content-type": "text/xml", "x-mns-version": "2015-06-06"}
        headers["authorization"] = f"MNS {of['access_key_id']}:{sign(of['access_key_secret'], 'POST', headers, target)}"
        xml = f'<Message xmlns="http://mns.aliyuncs.com/doc/v1/"><MessageBody>{body}</MessageBody></Message>'
        answer = http.post(of["mns"] + target, xml.encode(), headers=headers, timeout=5)
        assert answer.status_code == 201, answer.text

    def messages(self) -> int:
        """How many messages are in the queue, in whatever state."""
        with self._queue() as queue:
            found = queue.get_attributes()
        return int(found.active_messages + found.inactive_messages + found.delay_messages)

    @contextmanager
    def _queue(self) -> Iterator[Any]:
        of = self.endpoints
        account = Account(of["mns"], of["access_key_id"], of["access_key_secret"])
        with redirect_stdout(StringIO()):  # aliyun-mns prints what it signs, and the secret it signs it with
            yield account.get_queue(of["queue"])
        account.mns_client.close_connection()

    # --- DashScope

    def tasks(self) -> list[dict[str, Any]]:
        """All tasks that were ever accepted."""
        tasks: list[dict[str, Any]] = http.get(f"{self.endpoints['dashscope']}/_local/tasks", timeout=5).json()
        return tasks

    def next_task_takes(self, seconds: float) -> None:
        planned = http.post(f"{self.endpoints['dashscope']}/_local/next", json={"seconds": seconds}, timeout=5)
        assert planned.status_code == 204

    def tasks_of(self, photo: str) -> list[str]:
        """The tasks that the jobs of `photo` were given, by its logs."""
        told = self.cosdrop("why", photo, "--json").document
        return [line["task_id"] for job in told["jobs"] for line in job["lines"] if line["op"] == "submitted"]

    def claims(self, job: str) -> list[str]:
        """The tasks that `job` claimed."""
        claims = {key: json.loads(self.content(key).splitlines()[0]) for key in self.keys(".cosdrop/tasks/")}
        return [key.rpartition("/")[2] for key, claim in claims.items() if claim["job"] == job]


@contextmanager
def up(data: Path, *arguments: str, **environ: str) -> Iterator[Booth]:
    """`cosdrop up` for as long as the block lasts. Tasks take 0.3 s."""
    process = subprocess.Popen(
        [*COSDROP, "up", "--data", str(data), *arguments],
        cwd=ROOT,
        env=environment(**{"LOCAL_TASK_SECONDS": "0.3", **environ}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    booth = Booth(data, process, process.stdout.readline())
    try:
        yield booth
    finally:
        process.kill()
        process.communicate()
