"""XML in and out, and paths: what oss2 sends and what it insists on."""

from __future__ import annotations

from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

from local.oss import wire
from local.oss.errors import OssError
from local.oss.request import target


def test_text_is_escaped_and_booleans_are_lower_case() -> None:
    document = wire.document("Root", wire.text("Key", "a<b>&\"c'"), wire.text("Flag", True))
    root = ElementTree.fromstring(document)
    assert (root.findtext("Key"), root.findtext("Flag")) == ("a<b>&\"c'", "true")


def test_times_are_whole_seconds_with_the_zeros_oss2_asks_for() -> None:
    assert wire.iso_time(1_330_063_668.987) == "2012-02-24T06:07:48.000Z"
    assert wire.http_time(1_330_063_668.987) == "Fri, 24 Feb 2012 06:07:48 GMT"


def test_url_encoding_carries_what_xml_cannot() -> None:
    encode = wire.encoder("url")
    assert "\x01" not in encode("a\x01/ü")
    assert unquote(encode("a\x01/ü+%")) == "a\x01/ü+%"
    assert wire.encoder("")("a/b") == "a/b"


def test_an_error_names_the_request_and_the_fine_code() -> None:
    error = OssError(404, "NoSuchKey", "It is <gone>.", "0026-00000001")
    root = ElementTree.fromstring(wire.error(error, "REQ", "localhost"))
    assert {child.tag: child.text for child in root} == {
        "Code": "NoSuchKey",
        "Message": "It is <gone>.",
        "RequestId": "REQ",
        "HostId": "localhost",
        "EC": "0026-00000001",
    }


def test_keys_to_delete_are_read_even_with_control_characters() -> None:
    keys = b"<Object><Key>a\x01\n&amp;&lt;b</Key></Object><Object><Key>c</Key></Object>"
    assert wire.keys_to_delete(b"<Delete><Quiet>false</Quiet>" + keys + b"</Delete>") == (["a\x01\n&<b", "c"], False)
    assert wire.keys_to_delete(b"<Delete><Quiet>true</Quiet><Object><Key>c</Key></Object></Delete>")[1]


@pytest.mark.parametrize(
    "body",
    [b"", b"<Delete></Delete>", b"<Delete><Object><Key>a</Key>", b"<Delete>" + b"<Key>a</Key>" * 1001 + b"</Delete>"],
    ids=["nothing", "no key", "cut off", "1001 keys"],
)
def test_a_delete_that_cannot_be_read_is_malformed(body: bytes) -> None:
    with pytest.raises(OssError, match="400 MalformedXML"):
        wire.keys_to_delete(body)


def test_chosen_parts_keep_their_order() -> None:
    part = "<Part><PartNumber>{}</PartNumber><ETag>&quot;{}&quot;</ETag></Part>"
    body = f"<CompleteMultipartUpload>{part.format(2, 'B')}{part.format(1, 'A')}</CompleteMultipartUpload>"
    assert wire.chosen_parts(body.encode()) == [(2, "B"), (1, "A")]
    with pytest.raises(OssError, match="400 MalformedXML"):
        wire.chosen_parts(body.replace("<PartNumber>1<", "<PartNumber>one<").encode())


@pytest.mark.parametrize(
    ("path", "bucket", "key"),
    [
        (b"/", "", ""),
        (b"/photos", "photos", ""),
        (b"/photos/", "photos", ""),
        (b"/photos/a%2Fb", "photos", "a/b"),
        (b"/photos/a+b%2Bc%20d%25", "photos", "a+b+c d%"),
        (b"/photos//a", "photos", "/a"),
        (b"/photos/%E6%97%A5/", "photos", "日/"),
    ],
)
def test_a_path_names_bucket_and_key(path: bytes, bucket: str, key: str) -> None:
    assert target(path) == (bucket, key)


def test_a_key_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(OssError, match="InvalidObjectName"):
        target(b"/photos/%FF")
