"""The bucket's adapter against the local OSS: what it tells of pictures, and the links that it signs."""

from __future__ import annotations

import io
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image

from shared.aliyun.credentials import Credentials
from shared.aliyun.oss import OssObjects
from shared.errors import Raced
from shared.ports import Unreadable
from tests.contract.oss_server import photo
from tests.contract.stack import BUCKET, LASTING, TEMPORARY, Stack, Stages, bare_get, is_discreet, listening


@pytest.fixture(scope="module")
def stages() -> Iterator[Stages]:
    with listening() as stages:
        yield stages


@pytest.fixture
def stack(stages: Stages) -> Stack:
    return Stack(stages)


@pytest.fixture
def objects(stack: Stack) -> OssObjects:
    return OssObjects(stack.settings(), TEMPORARY)


# --- pictures


def png(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGBA", (width, height), "navy").save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "facts"),
    [
        (photo(400, 300), {"Format": "jpg", "ImageWidth": "400", "ImageHeight": "300"}),
        (photo(400, 300, orientation=6), {"Format": "jpg", "ImageWidth": "400", "Orientation": "6"}),
        (png(30, 40), {"Format": "png", "ImageWidth": "30", "ImageHeight": "40"}),
    ],
    ids=["jpeg", "turned by exif", "png"],
)
def test_info_tells_what_a_picture_is_in_text(objects: OssObjects, data: bytes, facts: dict[str, str]) -> None:
    objects.write("k", data)
    info = objects.info("k")
    assert not isinstance(info, Unreadable)
    assert {name: info[name] for name in facts} == facts
    assert info["FileSize"] == str(len(data))


@pytest.mark.parametrize("data", [b"", b"no picture", b"\xff\xd8\xff"], ids=["empty", "text", "cut off"])
def test_what_is_no_picture_is_unreadable_by_its_code(objects: OssObjects, data: bytes) -> None:
    objects.write("k", data)
    assert objects.info("k") == Unreadable("BadRequest")


def test_a_picture_that_has_just_gone_is_no_bad_picture(objects: OssObjects) -> None:
    with pytest.raises(Raced, match="just gone"):
        objects.info("nothing")


# --- links


@pytest.mark.parametrize("key", ["a.jpg", "photos/我的 照片+1%.jpg"])
@pytest.mark.parametrize("credentials", [LASTING, TEMPORARY], ids=["lasting key", "temporary key"])
def test_a_link_serves_the_picture_as_processed_and_nothing_else(
    stack: Stack, credentials: Credentials, key: str
) -> None:
    # Given
    objects = OssObjects(stack.settings(), credentials)
    objects.write(key, photo(400, 200, orientation=6), "image/jpeg")
    # When
    link = objects.link(key, "image/auto-orient,1/resize,m_fixed,w_256,h_460,limit_0/format,png", 60)
    # Then
    image = Image.open(io.BytesIO(bare_get(link).content))
    assert (image.format, image.size) == ("PNG", (256, 460))
    refused = bare_get(link.replace("w_256", "w_257"))
    assert (refused.status_code, is_discreet(refused.text)) == (403, True)


def test_making_a_link_calls_nobody_and_two_of_a_kind_both_work(stack: Stack, objects: OssObjects) -> None:
    objects.write("k", photo(40, 20))
    before = list(stack.stages.oss.seen)
    links = [objects.link("k", "image/info", seconds) for seconds in (60, 61)]
    assert stack.stages.oss.seen == before
    assert [bare_get(link).status_code for link in links] == [200, 200]


def test_a_link_dies_when_its_time_is_over(stack: Stack, objects: OssObjects) -> None:
    objects.write("k", b"data")
    link = objects.link("k", "", 600)
    stack.clock.sleep(601)
    assert bare_get(link).status_code == 403


def test_a_link_names_the_signing_endpoint_keeps_its_slashes_and_no_secret(stack: Stack) -> None:
    """The V4 signature covers bucket and key, not the host: hence a domain of one's own can serve it."""
    for is_cname, host in ((False, f"{BUCKET}.oss-cn-hangzhou.aliyuncs.com"), (True, "img.example.com")):
        endpoint = f"https://{'img.example.com' if is_cname else 'oss-cn-hangzhou.aliyuncs.com'}"
        settings = stack.settings(oss_signing_endpoint=endpoint, oss_signing_cname=is_cname)
        parts = urlsplit(OssObjects(settings, TEMPORARY).link("photos/a b.jpg", "", 600))
        query = parse_qs(parts.query)
        assert (parts.scheme, parts.netloc, parts.path) == ("https", host, "/photos/a%20b.jpg")
        assert (query["x-oss-expires"], query["x-oss-security-token"]) == (["600"], [TEMPORARY.security_token])
        assert TEMPORARY.access_key_secret not in parts.query
