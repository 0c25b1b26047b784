"""What opens a door is told to nobody: not to a log, not to an object that others may read."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.e2e.booth import Booth
from tests.e2e.command import eventually

SIGNS = re.compile(r"signature=|x-oss-signature|x-oss-credential|ossaccesskeyid|security-token|bearer ", re.IGNORECASE)


def test_no_secret_and_no_signed_link_is_in_a_log_or_an_object(booth: Booth) -> None:
    # Given every way in which a photo can end, and some trouble
    done = booth.put("photos/discreet.jpg")
    booth.put("photos/discreet-text.jpg", b"no picture")
    booth.put("photos/no-such-route/discreet.jpg")
    failed = booth.put(
        "photos/hero/discreet-wall.jpg", (Path(__file__).parents[2] / "demo/photos/no_face.jpg").read_bytes()
    )
    booth.invoke("submit", b"junk")
    booth.send_raw("not ours")
    booth.portrait(done)
    eventually(lambda: booth.endings(failed) == ["refused"])
    booth.error("photos/discreet-text.jpg")
    booth.error("photos/no-such-route/discreet.jpg")
    # When all that was written is read
    written = {str(file): file.read_text() for file in (booth.data / "logs").rglob("*") if file.is_file()}
    written |= {key: booth.content(key).decode() for top in (".cosdrop/", "errors/") for key in booth.keys(top)}
    written |= {key: str(dict(booth.bucket.head_object(key).headers)) for key in booth.keys("portraits/")}
    # Then there is a lot of it
    assert len(written) > 15 and any("submitted" in text for text in written.values())
    # And none of it holds a secret or a link that opens anything
    kept = json.loads((booth.data / "stack.json").read_text())
    secrets = [kept[name] for name in ("access_key_secret", "role_key_secret", "role_token", "api_key")]
    telling = {where for where, text in written.items() if SIGNS.search(text) or any(one in text for one in secrets)}
    assert telling == set()
