"""The four doors, opened onto the local stack's engines instead of sockets."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from local.dashscope import wire
from local.dashscope.engine import DashScope
from local.dashscope.errors import ApiError
from local.dashscope.listing import Query
from local.dashscope.tasks import ApiKey
from local.mns.engine import Mns
from local.mns.errors import MnsError
from local.mns.records import Draft
from local.oss import image
from local.oss.engine import Oss
from local.oss.errors import OssError
from local.oss.listing import Query as ListQuery
from local.oss.records import Content
from shared.errors import BadResult, NotNow, Raced
from shared.models import answers
from shared.models.contract import Ambiguous, Listed, Model, Posted, Report, Unsent
from shared.ports import Entry, Head, Listing, Message, Unreadable
from tests.world.wire import Wire, carried

RESULT_HOST = "http://results.example"


class NeverLeft(NotNow):
    """Cut with this, a POST fails before its first byte is sent."""


class EngineObjects:
    """`Objects` on the OSS engine."""

    name = "objects"

    def __init__(self, oss: Oss, bucket: str, wire: Wire) -> None:
        self.oss, self.bucket, self.wire = oss, bucket, wire

    @carried
    def head(self, key: str) -> Head | None:
        try:
            found = self.oss.head(self.bucket, key)
        except OssError:
            return None
        prefix = "x-oss-meta-"
        meta = {name[len(prefix) :]: value for name, value in found.headers.items() if name.startswith(prefix)}
        return Head(found.etag, found.size, float(int(found.modified)), meta)

    @carried
    def read(self, key: str, start: int = 0) -> bytes | None:
        try:
            return self.oss.get(self.bucket, key)[1][start:]
        except OssError:
            return None

    @carried
    def write(self, key: str, data: bytes, content_type: str = "", meta: Mapping[str, str] | None = None) -> None:
        headers = {"content-type": content_type} | {f"x-oss-meta-{name}": value for name, value in (meta or {}).items()}
        self.oss.put(self.bucket, key, Content(data, headers))

    @carried
    def append(self, key: str, position: int, data: bytes) -> bool:
        try:
            self.oss.append(self.bucket, key, position, Content(data))
        except OssError as error:
            if error.code == "PositionNotEqualToLength":
                return False
            raise
        return True

    @carried
    def delete(self, key: str) -> None:
        self.oss.delete(self.bucket, key)

    @carried
    def list(self, prefix: str, limit: int = 1000, after: str = "") -> Listing:
        page = self.oss.list_objects(self.bucket, ListQuery(prefix=prefix, limit=limit, after=after))
        entries = [Entry(one.key, one.size, float(int(one.modified)), one.etag) for one in page.objects]
        return Listing(entries, not page.next)

    @carried
    def info(self, key: str) -> Mapping[str, str] | Unreadable:
        try:
            told, _ = image.process(self.oss.get(self.bucket, key)[1], "image/info")
        except OssError as error:
            if error.status == 404:
                raise Raced("gone") from error
            return Unreadable(error.code)
        return {name: one["value"] for name, one in json.loads(told).items()}

    def link(self, key: str, process: str, seconds: int) -> str:
        return f"https://bucket.example/{key}?x-oss-process={process}&x-oss-signature=SECRET"


class EngineQueue:
    """`Queue` on the MNS engine."""

    name = "queue"

    def __init__(self, mns: Mns, queue: str, wire: Wire) -> None:
        self.mns, self.queue, self.wire = mns, queue, wire

    @carried
    def send(self, body: str, delay: int = 0) -> None:
        self.mns.send(self.queue, Draft(body=body, delay_seconds=delay))

    @carried
    def receive(self) -> Sequence[Message]:
        try:
            return [Message(one.handle, one.body) for one in self.mns.receive(self.queue, 16)]
        except MnsError:
            return ()

    @carried
    def postpone(self, handle: str, seconds: int) -> None:
        try:
            self.mns.change_visibility(self.queue, handle, seconds)
        except MnsError as error:
            if error.code not in ("MessageNotExist", "ReceiptHandleError"):
                raise

    @carried
    def delete(self, handle: str) -> None:
        try:
            self.mns.delete(self.queue, handle)
        except MnsError as error:
            if error.code not in ("MessageNotExist", "ReceiptHandleError"):
                raise


class EngineTasks:
    """`Tasks` on the DashScope engine, through its own JSON, so that the reading of answers is exercised too."""

    name = "tasks"

    def __init__(self, vendor: DashScope, key: ApiKey, wire: Wire) -> None:
        self.vendor, self.key, self.wire = vendor, key, wire
        self.accepted: list[tuple[str, Mapping[str, Any]]] = []
        """(task_id, body) of every submission that the vendor took."""
        self._sees = True

    def see(self, sees: bool) -> None:
        """Whether queries find their task; otherwise they answer UNKNOWN, as right after a submission they may."""
        self._sees = sees

    def submit(self, model: Model, body: Mapping[str, Any]) -> Posted:
        try:
            return answers.posted(200, self.post(body))
        except ApiError as error:
            return answers.posted(error.status, wire.refusal(error, "req"))
        except NeverLeft as cut:
            return Unsent(repr(cut))
        except NotNow as cut:
            return Ambiguous(repr(cut))

    @carried
    def post(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The submission on the wire: the vendor's answer."""
        task = self.vendor.submit(self.key, dict(body))
        self.accepted.append((task.id, body))
        return wire.submission(task)

    @carried
    def query(self, model: Model, task_id: str) -> Report:
        try:
            task = self.vendor.task(self.key, task_id)
        except ApiError as error:
            raise NotNow(error.code) from error
        if task is None or not self._sees:
            return answers.report(model, wire.no_task(task_id, "req"))
        link = f"{RESULT_HOST}/{task_id}?Expires={wire.result_expiry(task)}&Signature=SECRET"
        return answers.report(model, wire.task_answer(task, "req", link))

    @carried
    def list(self, model_name: str) -> Sequence[Listed]:
        found: list[Listed] = []
        for number in range(1, 100):
            try:
                page = self.vendor.page(self.key, Query(model=model_name, page=number, size=100))
            except ApiError as error:
                raise NotNow(error.code) from error
            body = wire.listing(page, "req")
            found += answers.listed(body)
            if number >= int(body["total_page"]):
                break
        return found

    @carried
    def cancel(self, task_id: str) -> bool:
        try:
            self.vendor.cancel(self.key, task_id)
        except ApiError:
            return False
        return True

    @carried
    def fetch(self, link: str) -> bytes:
        data = self.vendor.result(link.rpartition("/")[2].partition("?")[0]) if link else None
        if data is None:
            raise BadResult("BadResultLink", "no result behind the link")
        return data
