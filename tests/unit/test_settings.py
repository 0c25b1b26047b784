"""The environment: validated all together, errors that help, and no secret ever shown."""

from __future__ import annotations

import pytest

from shared.errors import BadSetting
from shared.models import DEFAULT
from shared.settings import Settings, read, variables

SECRET = "sk-0123456789abcdef"
GOOD = {
    "BUCKET": "booth",
    "OSS_REGION": "cn-hangzhou",
    "OSS_ENDPOINT": "https://oss-cn-hangzhou-internal.aliyuncs.com",
    "OSS_SIGNING_ENDPOINT": "https://oss-cn-hangzhou.aliyuncs.com",
    "MNS_ENDPOINT": "http://1.mns.cn-hangzhou-internal.aliyuncs.com",
    "DASHSCOPE_API_KEY": SECRET,
}


def refused(**changes: str) -> str:
    """The error that `changes` to a good environment cause."""
    with pytest.raises(BadSetting) as bad:
        read(GOOD | changes)
    assert SECRET not in str(bad.value)
    return str(bad.value)


def test_what_must_be_set_is_enough() -> None:
    settings = read(GOOD)
    assert (settings.bucket, settings.queue, settings.model) == ("booth", "cosdrop", DEFAULT)
    assert settings.result_hosts == (".aliyuncs.com",)
    assert settings.policy.max_images_per_day is None
    assert not settings.policy.resubmit_expired


def test_every_variable_is_read() -> None:
    told = {row.name: row.example for row in variables()} | {"DASHSCOPE_API_KEY": SECRET}
    settings = read(told | {"RESULT_HOSTS": ".aliyuncs.com, 127.0.0.1:9000", "OSS_SIGNING_CNAME": "TRUE"})
    assert settings.result_hosts == (".aliyuncs.com", "127.0.0.1:9000")
    assert settings.oss_signing_cname
    assert settings.policy.max_images_per_day == 500
    assert settings.policy.grace == 450
    assert settings.policy.resubmit_expired


@pytest.mark.parametrize("row", variables(), ids=lambda row: row.name)
def test_every_example_in_the_table_is_itself_valid(row: object) -> None:
    table = {one.name: one for one in variables()}
    assert isinstance(row, type(table["BUCKET"]))
    assert row.parse(row.example) is not None
    assert row.meaning


def test_an_empty_variable_counts_as_unset() -> None:
    assert read(GOOD | {"QUEUE_NAME": "", "GRACE_SECONDS": ""}) == read(GOOD)
    assert "BUCKET is not set" in refused(BUCKET="")


def test_the_grace_follows_from_the_time_outs() -> None:
    assert read(GOOD).policy.grace == 300 + 30 + 120
    assert read(GOOD | {"SUBMIT_TIMEOUT_SECONDS": "600"}).policy.grace == 600 + 30 + 120
    assert read(GOOD | {"TASK_LIST_LAG_SECONDS": "1", "POLLER_TIMEOUT_SECONDS": "9"}).policy.grace == 60 + 30 + 1
    assert read(GOOD | {"GRACE_SECONDS": "2.5"}).policy.grace == 2.5


WRONG = {
    "OSS_ENDPOINT": ("oss-cn-hangzhou.aliyuncs.com", "must be http(s)://host[:port] without a path"),
    "OSS_SIGNING_ENDPOINT": ("https://oss-cn-hangzhou.aliyuncs.com/", "must be http(s)://host[:port] without a path"),
    "MNS_ENDPOINT": ("ftp://1.mns.cn-hangzhou.aliyuncs.com", "must be http(s)://host[:port] without a path"),
    "DASHSCOPE_ENDPOINT": ("https://", "must be http(s)://host[:port] without a path"),
    "OSS_SIGNING_CNAME": ("yes", "must be true or false"),
    "MODEL": ("wanx-v9", "must be one of wanx-style-cosplay-v1, wanx-style-repaint-v1"),
    "RESULT_HOSTS": (" , ", "must name at least one host"),
    "SUBMIT_TIMEOUT_SECONDS": ("-1", "must lie between 0 and 86400 seconds"),
    "POLLER_TIMEOUT_SECONDS": ("5m", "is wrong"),
    "TASK_LIST_LAG_SECONDS": ("nan", "must lie between 0 and 86400 seconds"),
    "GRACE_SECONDS": ("inf", "must lie between 0 and 86400 seconds"),
    "LOOK_SECONDS": ("three", "is wrong"),
    "STAY_SECONDS": ("90000", "must lie between 0 and 86400 seconds"),
    "MAX_ATTEMPTS": ("0", "must be a whole number from 1 on"),
    "MAX_IMAGES_PER_DAY": ("1.5", "is wrong"),
    "RESUBMIT_EXPIRED": ("1", "must be true or false"),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_error_names_the_variable_what_is_wrong_and_an_example(name: str) -> None:
    value, why = WRONG[name]
    example = next(row.example for row in variables() if row.name == name)
    assert refused(**{name: value}) == f"{name} {why}, for example {name}={example}"


def test_all_that_is_wrong_is_named_at_once() -> None:
    told = refused(BUCKET="", DASHSCOPE_API_KEY="", **{name: value for name, (value, _) in WRONG.items()})
    named = [part.split()[0] for part in told.split("; ")]
    assert sorted(named) == sorted(["BUCKET", "DASHSCOPE_API_KEY", *WRONG])


def test_an_empty_environment_names_all_that_must_be_set() -> None:
    with pytest.raises(BadSetting) as bad:
        read({})
    assert [part.split()[0] for part in str(bad.value).split("; ")] == list(GOOD)


def test_the_key_is_in_no_text_of_the_settings() -> None:
    settings = read(GOOD)
    assert settings.api_key == SECRET
    assert SECRET not in repr(settings)
    assert SECRET not in str(settings)
    assert "api_key_id" in repr(settings)


def test_a_secret_never_stands_as_an_example() -> None:
    secrets = [row for row in variables() if row.secret]
    assert [row.name for row in secrets] == ["DASHSCOPE_API_KEY"]
    assert all("..." in row.example for row in secrets)


def test_settings_are_a_value() -> None:
    assert read(GOOD) == read(dict(GOOD))
    assert isinstance(hash(read(GOOD)), int)
    assert isinstance(read(GOOD), Settings)
