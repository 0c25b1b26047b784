"""A local OSS on a real socket, and unmodified oss2 clients for it."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

import oss2
from PIL import Image

from local.clock import ManualClock
from local.credential import Credential
from local.oss.engine import Oss
from local.oss.http import app
from local.serving import in_thread
from local.state import State

REGION = "cn-hangzhou"
KEY = Credential("test-key", "test-secret")
STS = Credential("STS.key", "sts-secret", token="sts-token+/=")


@dataclass(frozen=True)
class Cloud:
    """A running server. `wall` is what it takes the time to be: now, unless a test lets it pass."""

    url: str
    oss: Oss
    wall: ManualClock
    calls: list[str] = field(default_factory=list)

    @contextmanager
    def bucket(self, name: str, auth: object, region: str | None = REGION) -> Iterator[oss2.Bucket]:
        """An oss2 client of bucket `name`, its connections closed at the end."""
        session = oss2.Session()
        session.session.trust_env = False
        with closing(session.session):
            yield oss2.Bucket(auth, self.url, name, session=session, region=region)


@contextmanager
def serving(state: State | None = None) -> Iterator[Cloud]:
    """An OSS that knows the two keys, with what `state` holds."""
    state, wall = state or State(), ManualClock(time.time())
    oss = Oss(state, wall, watch=lambda event: True)
    calls: list[str] = []
    keys = {key.id: key for key in (KEY, STS)}
    with in_thread(app(oss, state, keys=keys, region=REGION, wall=wall, on_call=calls.append)) as url:
        yield Cloud(url, oss, wall, calls)


def photo(width: int, height: int, *, orientation: int = 1) -> bytes:
    """A JPEG with EXIF orientation."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, "JPEG", exif=exif)
    return out.getvalue()
