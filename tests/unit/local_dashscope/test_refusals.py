"""What is refused at the door: each of the vendor's reasons, with its status, code and words."""

from __future__ import annotations

from typing import Any

import pytest

from local.clock import ManualClock
from local.dashscope.engine import DashScope
from local.dashscope.errors import ApiError
from local.dashscope.limits import Settings
from local.dashscope.listing import Query
from local.dashscope.tasks import ApiKey, Failure
from local.state import State
from tests.unit.local_dashscope.fakes import COSPLAY, KEY, REPAINT, FakeStudio, with_input


def engine(clock: ManualClock | None = None, studio: FakeStudio | None = None, **options: Any) -> DashScope:
    return DashScope(State(), clock or ManualClock(), Settings(**options), studio=studio or FakeStudio())


def field(name: str) -> str:
    return f"Required parameter({name}) missing or invalid, please check the request parameters."


STYLED = with_input(REPAINT, style_index=-1, style_ref_url="http://127.0.0.1:1/style.png")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], field("model")),
        ("model", field("model")),
        ({"input": COSPLAY["input"]}, field("model")),
        ({**COSPLAY, "model": 7}, field("model")),
        ({**COSPLAY, "model": ""}, field("model")),
        ({**COSPLAY, "model": "wanx-v9"}, "Model not exist."),
        ({"model": COSPLAY["model"]}, field("input")),
        ({**COSPLAY, "input": []}, field("input")),
        (with_input(COSPLAY, face_image_url=None), field("face_image_url")),
        (with_input(COSPLAY, face_image_url=""), field("face_image_url")),
        (with_input(COSPLAY, face_image_url=["http://a/b.jpg"]), field("face_image_url")),
        (with_input(COSPLAY, template_image_url=None), field("template_image_url")),
        (with_input(COSPLAY, template_image_url=1), field("template_image_url")),
        (with_input(COSPLAY, model_index=None), field("model_index")),
        (with_input(COSPLAY, model_index="1"), field("model_index")),
        (with_input(COSPLAY, model_index=True), field("model_index")),
        (with_input(COSPLAY, model_index=1.0), field("model_index")),
        (with_input(COSPLAY, model_index=2), field("model_index")),
        (with_input(REPAINT, image_url=None), field("image_url")),
        (with_input(REPAINT, style_index=None), field("style_index")),
        (with_input(REPAINT, style_index="3"), field("style_index")),
        (with_input(REPAINT, style_index=10), field("style_index")),
        (with_input(REPAINT, style_index=41), field("style_index")),
        (with_input(REPAINT, style_index=-1), field("style_ref_url")),
        (with_input(REPAINT, style_index=-1, style_ref_url=""), field("style_ref_url")),
    ],
)
def test_a_malformed_submission_is_refused_by_the_name_of_its_field(body: Any, message: str) -> None:
    # Given an idle vendor
    vendor = engine()
    # When the body is malformed
    with pytest.raises(ApiError) as refused:
        vendor.submit(KEY, body)
    # Then it is refused as an invalid parameter, and no task came to be
    assert (refused.value.status, refused.value.code) == (400, "InvalidParameter")
    assert refused.value.message == message
    assert vendor.tasks() == []


@pytest.mark.parametrize(
    "body",
    [COSPLAY, STYLED, *(with_input(REPAINT, style_index=index) for index in (0, 9, 14, 15, 30, 40))],
    ids=lambda body: str(body["input"].get("style_index", "cosplay")),
)
def test_every_documented_style_is_accepted(body: dict[str, Any]) -> None:
    assert engine().submit(KEY, body).status == "PENDING"


def test_a_retired_model_is_not_found_while_its_neighbour_works_on() -> None:
    # Given that cosplay was retired
    vendor = engine()
    vendor.gone.add("wanx-style-cosplay-v1")
    # When both models are asked, Then only repaint answers
    with pytest.raises(ApiError) as refused:
        vendor.submit(KEY, COSPLAY)
    assert (refused.value.status, refused.value.code) == (404, "ModelNotFound")
    assert vendor.submit(KEY, REPAINT).status == "PENDING"


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(ApiError) as refused:
        engine().authenticate("sk-wrong")
    assert (refused.value.status, refused.value.code) == (401, "InvalidApiKey")
    assert refused.value.message == "Invalid API-key provided."


def test_a_third_submission_within_a_second_is_refused_and_costs_nothing() -> None:
    # Given two submissions, half a second apart
    clock = ManualClock()
    vendor = engine(clock)
    vendor.submit(KEY, COSPLAY)
    clock.sleep(0.5)
    vendor.submit(KEY, COSPLAY)
    # When more come within the second, Then they are refused
    for _ in range(5):
        with pytest.raises(ApiError) as refused:
            vendor.submit(KEY, COSPLAY)
        assert (refused.value.status, refused.value.code) == (429, "Throttling.RateQuota")
        assert refused.value.message == "Requests rate limit exceeded, please try again later."
    # And a second after the first there is room for one, refusals notwithstanding
    clock.sleep(0.5)
    vendor.submit(KEY, COSPLAY)
    with pytest.raises(ApiError, match="RateQuota"):
        vendor.submit(KEY, COSPLAY)


def test_a_malformed_submission_counts_towards_the_rate() -> None:
    # Given two submissions that were refused for their form
    vendor = engine()
    for _ in range(2):
        with pytest.raises(ApiError, match="InvalidParameter"):
            vendor.submit(KEY, {})
    # When a good one follows at once, Then it is too fast
    with pytest.raises(ApiError, match="RateQuota"):
        vendor.submit(KEY, COSPLAY)


def test_the_submission_rate_is_the_accounts_whichever_key_it_uses() -> None:
    # Given two keys of one account and one of another
    alice, also_alice, bob = ApiKey("a", "1", "alice"), ApiKey("b", "2", "alice"), ApiKey("c", "3", "bob")
    vendor = DashScope(State(), ManualClock(), keys=[alice, also_alice, bob])
    # When both of Alice's have submitted once, Then she must wait and Bob need not
    vendor.submit(alice, COSPLAY)
    vendor.submit(also_alice, COSPLAY)
    with pytest.raises(ApiError, match="RateQuota"):
        vendor.submit(alice, COSPLAY)
    assert vendor.submit(bob, COSPLAY).account == "bob"


def test_looking_more_than_twenty_times_a_second_is_refused_for_each_call_apart() -> None:
    # Given twenty looks at a task
    clock = ManualClock()
    vendor = engine(clock)
    for _ in range(20):
        vendor.task(KEY, "no-such-task")
    # When one more is made, Then it is refused, but the list still answers
    with pytest.raises(ApiError, match="RateQuota"):
        vendor.task(KEY, "no-such-task")
    assert vendor.page(KEY, Query()).total == 0
    # And a second later all is well
    clock.sleep(1)
    assert vendor.task(KEY, "no-such-task") is None


def test_only_pictures_count_towards_the_quota_each_model_for_itself() -> None:
    # Given a quota of one picture, and a first task that fails
    clock = ManualClock()
    vendor = engine(clock, FakeStudio(Failure("InvalidFace", "no face")), quota=1)
    for _ in range(2):
        vendor.submit(KEY, COSPLAY)
        clock.sleep(2)
    vendor.advance()
    assert [task.status for task in vendor.tasks()] == ["FAILED", "SUCCEEDED"]
    # When the one picture is made, Then the model is closed and its neighbour open
    with pytest.raises(ApiError) as refused:
        vendor.submit(KEY, COSPLAY)
    assert (refused.value.status, refused.value.code) == (403, "AllocationQuota.FreeTierOnly")
    assert vendor.submit(KEY, REPAINT).model == "wanx-style-repaint-v1"
