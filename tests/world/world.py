"""One simulated booth: what people, events and minutes do to it, and what lies in the bucket afterwards."""

from __future__ import annotations

import io
import itertools
import json
import time
from functools import lru_cache
from typing import Any

from PIL import Image

from functions.poller.index import poll
from functions.submit.index import submit
from local.clock import ManualClock
from local.dashscope.engine import DashScope
from local.dashscope.limits import Settings as VendorSettings
from local.dashscope.tasks import ApiKey, Failure, Fate, Picture, Task
from local.mns.engine import Mns
from local.oss.engine import Oss
from local.oss.records import Content
from local.state import State
from shared import job as jobs
from shared import keys
from shared.booth import Booth
from shared.facts import Policy
from shared.job import Job
from shared.log import Log
from shared.models import DEFAULT
from tests.world.ports import EngineObjects, EngineQueue, EngineTasks
from tests.world.wire import Wire

BUCKET, QUEUE = "booth", "cosdrop"
STRANGER = ApiKey("sk-other", "200002")
"""Another key of the same account."""


@lru_cache
def jpeg(width: int = 320, height: int = 400, color: str = "orange") -> bytes:
    """A plain picture."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), color).save(out, "JPEG")
    return out.getvalue()


class Studio:
    """Makes a plain picture of every task, and remembers what was made, which is what is billed."""

    def __init__(self) -> None:
        self.made: list[Task] = []

    def make(self, task: Task) -> Picture | Failure:
        self.made.append(task)
        return Picture(jpeg(64, 64, "purple"))


class World:
    """A booth with a template on its default route, early on a virtual morning in China."""

    def __init__(
        self,
        policy: Policy | None = None,
        vendor: VendorSettings | None = None,
        *,
        clock: ManualClock | None = None,
        wire: Wire | None = None,
    ) -> None:
        self.clock = clock or ManualClock()
        self.oss = Oss(State(), self.clock)
        self.oss.create_bucket(BUCKET)
        self.mns = Mns(State(), self.clock)
        self.mns.create_queue(QUEUE)
        self.key = ApiKey()
        self.studio = Studio()
        self.vendor = DashScope(State(), self.clock, vendor or VendorSettings(), keys=[self.key], studio=self.studio)
        self.lines: list[str] = []
        self.wire = wire or Wire()
        self.objects = EngineObjects(self.oss, BUCKET, self.wire)
        self.queue = EngineQueue(self.mns, QUEUE, self.wire)
        self.tasks = EngineTasks(self.vendor, self.key, self.wire)
        self.bucket = EngineObjects(self.oss, BUCKET, Wire())  # what lies there, looked at without the booth's wire
        names = itertools.count()
        self.booth = Booth(
            bucket=BUCKET,
            objects=self.objects,
            queue=self.queue,
            tasks=self.tasks,
            clock=self.clock,
            policy=policy or Policy(grace=450, list_lag=120, look=3, max_attempts=3),
            log=Log(self.lines.append),
            new_id=lambda: f"{next(names):08x}",
            model=DEFAULT,
            key_print="print",
        )
        self.put("templates/default.png", jpeg(512, 512, "blue"))

    def put(self, key: str, data: bytes) -> str:
        """Somebody uploads an object; returns its ETag."""
        return self.oss.put(BUCKET, key, Content(data)).etag

    def event(self, key: str, etag: str = "") -> bytes:
        """The event bytes of an upload."""
        told = {"bucket": {"name": BUCKET}, "object": {"key": key, "eTag": etag}}
        return json.dumps({"events": [{"eventName": "ObjectCreated:PutObject", "oss": told}]}).encode()

    def drop(self, key: str, data: bytes | None = None) -> str:
        """A person drops a photo and its event arrives; returns its ETag."""
        etag = self.put(key, jpeg() if data is None else data)
        submit(self.booth, self.event(key, etag))
        return etag

    def stranger(self, seconds: float = 60.0) -> str:
        """Another program with a key of the same account submits a task; returns its id."""
        given = {"face_image_url": "https://elsewhere/f", "template_image_url": "https://elsewhere/t", "model_index": 1}
        self.vendor.plan(Fate(seconds=seconds))
        return self.vendor.submit(STRANGER, {"model": DEFAULT, "input": given}).id

    def tick(self, minutes: int = 1) -> None:
        """That many minutes of the poller."""
        for _ in range(minutes):
            began = self.clock.now()
            poll(self.booth, self.timer())
            self.clock.sleep(max(0.0, began + 60 - self.clock.now()))

    def timer(self) -> bytes:
        """The event bytes of the timer at this minute."""
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.clock.now()))
        return json.dumps({"triggerTime": at, "triggerName": "every-minute", "payload": ""}).encode()

    def keys(self, prefix: str = "") -> list[str]:
        """What lies in the bucket below `prefix`."""
        return [entry.key for entry in self.bucket.list(prefix).entries]

    def log(self, key: str, etag: str = "") -> list[dict[str, Any]]:
        """The log of the photo's job; without an ETag, of the photo that lies there now."""
        return jobs.decode(self.bucket.read(keys.job_log(self._job_id(key, etag))) or b"")

    def ops(self, key: str, etag: str = "") -> list[str]:
        """Its operations alone."""
        return [line["op"] for line in self.log(key, etag)]

    def job(self, key: str, etag: str = "") -> Job:
        """What it tells."""
        return jobs.fold(self._job_id(key, etag), self.log(key, etag))

    def _job_id(self, key: str, etag: str) -> str:
        return keys.job_id(BUCKET, key, etag or self.oss.head(BUCKET, key).etag)

    def error(self, key: str) -> dict[str, Any]:
        """The readable error of a photo."""
        data = self.bucket.read(keys.error_key(key))
        assert data is not None, f"no error for {key}"
        told: dict[str, Any] = json.loads(data)
        return told
