"""What the operations work on, and the XML answer most of them give."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from local.oss import wire
from local.oss.engine import Oss
from local.oss.multipart import Uploads

XML = "application/xml"


@dataclass(frozen=True)
class Site:
    """One OSS: its objects, its uploads under way, and its region, like `cn-hangzhou`."""

    oss: Oss
    uploads: Uploads
    region: str


def xml(root: str, *children: str, headers: dict[str, str] | None = None) -> Response:
    """200 with a document."""
    return Response(wire.document(root, *children), headers=headers, media_type=XML)
