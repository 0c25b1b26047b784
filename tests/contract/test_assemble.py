"""A booth put together as an invocation does it, its four doors opened onto the local stack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import oss2
import pytest

from local.oss.records import Content
from shared.aliyun.credentials import Credentials, of_invocation
from shared.aliyun.mns import MnsQueue
from shared.assemble import open_booth
from shared.errors import BadSetting
from shared.models import MODELS
from shared.models.contract import Accepted, Status
from tests.contract.oss_server import photo
from tests.contract.stack import (
    API_KEY,
    BUCKET,
    LASTING,
    TEMPORARY,
    Stack,
    Stages,
    bare_get,
    is_discreet,
    listening,
    not_now,
)
from tests.unit.local_dashscope.fakes import COSPLAY

MODEL = MODELS["wanx-style-cosplay-v1"]
NOTHING: dict[str, str] = {}


@pytest.fixture(scope="module")
def stages() -> Iterator[Stages]:
    with listening() as stages:
        yield stages


@pytest.fixture
def stack(stages: Stages, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A stack that the environment of this process names."""
    stack = Stack(stages)
    for name, value in stack.environ.items():
        monkeypatch.setenv(name, value)
    for name in in_environment(TEMPORARY):
        monkeypatch.delenv(name, raising=False)
    return stack


def in_context(held: Credentials) -> Any:
    """The context of python3.10."""
    token = held.security_token or None
    keys = SimpleNamespace(
        access_key_id=held.access_key_id, access_key_secret=held.access_key_secret, security_token=token
    )
    return SimpleNamespace(request_id="req-1", credentials=keys)


def in_environment(held: Credentials) -> dict[str, str]:
    """What python3.12 gets instead."""
    return {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": held.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": held.access_key_secret,
        "ALIBABA_CLOUD_SECURITY_TOKEN": held.security_token,
    }


# --- credentials

BARE = SimpleNamespace(request_id="req-1")
EMPTY = SimpleNamespace(request_id="req-1", credentials=None)


@pytest.mark.parametrize(
    ("context", "environ", "held"),
    [
        (in_context(TEMPORARY), NOTHING, TEMPORARY),
        (in_context(LASTING), NOTHING, LASTING),
        (in_context(TEMPORARY), in_environment(LASTING), TEMPORARY),
        (BARE, in_environment(TEMPORARY), TEMPORARY),
        (BARE, in_environment(LASTING), LASTING),
        (EMPTY, in_environment(TEMPORARY), TEMPORARY),
        (in_context(Credentials("", "")), in_environment(TEMPORARY), TEMPORARY),
    ],
)
def test_credentials_come_from_the_context_or_else_from_the_environment(
    context: Any, environ: dict[str, str], held: Credentials
) -> None:
    assert of_invocation(context, environ) == held


@pytest.mark.parametrize("environ", [NOTHING, {"ALIBABA_CLOUD_ACCESS_KEY_ID": "ak"}])
@pytest.mark.parametrize("context", [BARE, EMPTY, in_context(Credentials("", ""))])
def test_without_any_the_deployer_is_told_what_to_do(context: Any, environ: dict[str, str]) -> None:
    with pytest.raises(BadSetting, match=r"ALIBABA_CLOUD_ACCESS_KEY_ID .* not set .*: give the function a role"):
        of_invocation(context, environ)


def test_credentials_do_not_show_themselves() -> None:
    assert is_discreet(repr(TEMPORARY)) and TEMPORARY.access_key_id in repr(TEMPORARY)


# --- the booth


@pytest.mark.parametrize("held", [LASTING, TEMPORARY], ids=["lasting key", "temporary key"])
def test_every_door_opens(stack: Stack, held: Credentials) -> None:
    # Given
    booth = open_booth(in_context(held))
    # When
    booth.objects.write("k", b"data")
    booth.queue.send("body")
    posted = booth.tasks.submit(MODEL, COSPLAY)
    # Then
    assert booth.objects.read("k") == b"data"
    assert [message.body for message in booth.queue.receive()] == ["body"]
    assert isinstance(posted, Accepted)
    assert booth.tasks.query(MODEL, posted.task_id).status is Status.RUNNING


def test_the_booth_is_what_the_environment_says(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL", "wanx-style-repaint-v1")
    monkeypatch.setenv("STAY_SECONDS", "7")
    monkeypatch.setenv("DASHSCOPE_API_KEY_ID", "700001")
    booth = open_booth(in_context(LASTING))
    assert (booth.bucket, booth.model, booth.stay, booth.key_id) == (BUCKET, "wanx-style-repaint-v1", 7.0, "700001")
    assert booth.policy == stack.settings().policy
    assert len(booth.key_print) == 12 and booth.key_print not in API_KEY.secret
    assert booth.new_id() != booth.new_id()
    assert booth.clock.now() == pytest.approx(stack.clock.now(), abs=60)


def test_every_invocation_is_in_the_hands_of_its_own_credentials(stack: Stack) -> None:
    # Given an instance that is used again, now with credentials that the services do not know
    open_booth(in_context(TEMPORARY)).objects.write("k", b"data")
    later = open_booth(in_context(Credentials("STS.stale", "stale", "stale")))
    # Then
    assert "403 InvalidAccessKeyId" in not_now(lambda: later.objects.read("k"))
    assert "InvalidAccessKeyId" in not_now(later.queue.receive)


def test_all_that_is_wrong_is_told_at_once_and_no_secret(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BUCKET")
    monkeypatch.setenv("OSS_ENDPOINT", "oss-cn-hangzhou.aliyuncs.com")
    monkeypatch.setenv("LOOK_SECONDS", "soon")
    with pytest.raises(BadSetting) as wrong:
        open_booth(in_context(LASTING))
    words = str(wrong.value)
    assert all(name in words for name in ("BUCKET is not set", "OSS_ENDPOINT must be http", "LOOK_SECONDS"))
    assert is_discreet(words)


# --- a whole invocation, in an interpreter of its own

TWO_INVOCATIONS = """
import sys
from types import SimpleNamespace
from functions.submit.index import handler
for number in (1, 2):
    handler(sys.argv[1].encode(), SimpleNamespace(request_id=f"req-{number}"))
"""


def test_a_photo_dropped_is_submitted_and_the_log_tells_no_secret(stack: Stack) -> None:
    # Given
    stack.oss.put(BUCKET, "templates/default.png", Content(photo(512, 512)))
    dropped = stack.oss.put(BUCKET, "photos/我的 照片.jpg", Content(photo(400, 300)))
    told = {"bucket": {"name": BUCKET}, "object": {"key": dropped.key, "eTag": dropped.etag}}
    event = json.dumps({"events": [{"eventName": "ObjectCreated:PutObject", "oss": told}]}, ensure_ascii=False)
    # When the same event comes twice
    environ = {**os.environ, **in_environment(TEMPORARY)}
    done = subprocess.run(
        [sys.executable, "-c", TWO_INVOCATIONS, event], env=environ, capture_output=True, text=True, check=False
    )
    # Then there is one task, its links work, and a reminder lies on the queue
    assert done.returncode == 0, done.stderr
    (task,) = stack.dashscope.tasks()
    for link in (task.input["face_image_url"], task.input["template_image_url"]):
        assert bare_get(link).status_code == 200
    stack.clock.sleep(60)
    (reminder,) = MnsQueue(stack.settings(), LASTING).receive()
    assert json.loads(reminder.body)["task_id"] == task.id
    # And every line on standard output is an event of ours
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["event"] for line in lines].count("start") == 1
    assert lines[0]["oss2"] == oss2.__version__
    assert {"req-1", "req-2"} == {line["request_id"] for line in lines[1:]}
    assert is_discreet(done.stdout + done.stderr)
