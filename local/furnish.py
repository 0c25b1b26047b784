"""What a deployment would have put into the bucket before the first photo: a character for each of two routes."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from local.oss.engine import Oss
from local.oss.errors import OssError
from local.oss.records import Content

TEMPLATES = Path(__file__).resolve().parents[1] / "demo" / "templates"


def furnish(oss: Oss, bucket: str) -> None:
    """Make the bucket and put the demo's templates into it; what is there already stays as it is. Commits."""
    oss.create_bucket(bucket)
    for template in sorted(TEMPLATES.glob("*.png")):
        key = f"templates/{template.name}"
        with suppress(OssError):
            oss.forbid_overwrite(bucket, key)
            oss.put(bucket, key, Content(template.read_bytes(), {"content-type": "image/png"}))
    oss.state.commit()
