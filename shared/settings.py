"""The environment variables, in one table: read once per instance, validated all together, secrets never shown.

`docs/settings.md` is this table printed; a test keeps the two the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from shared.errors import BadSetting
from shared.facts import Policy
from shared.models import DEFAULT, MODELS

T = TypeVar("T")
POST_TIMEOUT = 30.0
"""Seconds that one POST to DashScope may take."""


def _text(value: str) -> str:
    return value


def _header(value: str) -> str:
    if not (value.isascii() and value.isprintable()) or " " in value:
        raise ValueError("must be plain ASCII without spaces: it travels in an HTTP header")
    return value


def _url(value: str) -> str:
    if not re.fullmatch(r"https?://[^/\s]+", value):
        raise ValueError("must be http(s)://host[:port] without a path")
    return value


def _seconds(value: str) -> float:
    number = float(value)
    if not 0 <= number <= 86_400:
        raise ValueError("must lie between 0 and 86400 seconds")
    return number


def _optional_seconds(value: str) -> float | None:
    return _seconds(value) if value else None


def _count(value: str) -> int:
    number = int(value)
    if not 1 <= number <= 1_000_000:
        raise ValueError("must be a whole number from 1 on")
    return number


def _optional_count(value: str) -> int | None:
    return _count(value) if value else None


def _flag(value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise ValueError("must be true or false")
    return value.lower() == "true"


def _model(value: str) -> str:
    if value not in MODELS:
        raise ValueError("must be one of " + ", ".join(MODELS))
    return value


def _hosts(value: str) -> tuple[str, ...]:
    hosts = tuple(host.strip() for host in value.split(",") if host.strip())
    if not hosts:
        raise ValueError("must name at least one host")
    return hosts


def _variable(  # noqa: PLR0913 - the columns of a table
    name: str,
    parse: Callable[[str], T],
    meaning: str,
    example: str,
    default: str | None = None,
    *,
    secret: bool = False,
) -> T:
    """One row of the table; `default=None` means that it must be set."""
    row = Variable(name, parse, meaning, example, default, secret)
    made: Any = field(repr=not secret, metadata={"variable": row})
    return made  # type: ignore[no-any-return]  # the dataclass machinery replaces it by a T


@dataclass(frozen=True)
class Variable:
    """One environment variable."""

    name: str
    parse: Callable[[str], Any]
    meaning: str
    example: str
    default: str | None
    secret: bool


@dataclass(frozen=True)
class Settings:
    """Everything that can be set, parsed."""

    bucket: str = _variable("BUCKET", _text, "The bucket that is the photo booth", "my-photo-booth")
    region: str = _variable("OSS_REGION", _text, "The bucket's region, as V4 signatures need it", "cn-hangzhou")
    oss_endpoint: str = _variable(
        "OSS_ENDPOINT",
        _url,
        "Where the functions reach OSS (internal in the cloud)",
        "https://oss-cn-hangzhou-internal.aliyuncs.com",
    )
    oss_signing_endpoint: str = _variable(
        "OSS_SIGNING_ENDPOINT",
        _url,
        "Where DashScope reaches the photos: public https, or your own domain",
        "https://oss-cn-hangzhou.aliyuncs.com",
    )
    oss_signing_cname: bool = _variable(
        "OSS_SIGNING_CNAME", _flag, "`true` when that is a domain bound to the bucket", "true", "false"
    )
    mns_endpoint: str = _variable(
        "MNS_ENDPOINT",
        _url,
        "Where the functions reach the queue",
        "http://123456.mns.cn-hangzhou-internal.aliyuncs.com",
    )
    queue: str = _variable("QUEUE_NAME", _text, "The message queue", "cosdrop", "cosdrop")
    api_key: str = _variable(
        "DASHSCOPE_API_KEY",
        _header,
        "The API key; one per booth, so that the task list is its own",
        "sk-...",
        secret=True,
    )
    api_key_id: str = _variable(
        "DASHSCOPE_API_KEY_ID",
        _text,
        "The key's id in the task list; learned from the first task when unset",
        "12345",
        "",
    )
    workspace: str = _variable(
        "DASHSCOPE_WORKSPACE", _header, "The workspace, when the key is a RAM user's", "ws_abc", ""
    )
    dashscope_endpoint: str = _variable(
        "DASHSCOPE_ENDPOINT",
        _url,
        "Where DashScope is",
        "https://dashscope.aliyuncs.com",
        "https://dashscope.aliyuncs.com",
    )
    model: str = _variable("MODEL", _model, "The model of routes that name none", "wanx-style-repaint-v1", DEFAULT)
    result_hosts: tuple[str, ...] = _variable(
        "RESULT_HOSTS",
        _hosts,
        "Hosts that results may come from: `.suffix`, or host:port for a loopback one",
        ".aliyuncs.com",
        ".aliyuncs.com",
    )
    submit_timeout: float = _variable(
        "SUBMIT_TIMEOUT_SECONDS", _seconds, "The time-out of `submit`, as deployed", "60", "60"
    )
    poller_timeout: float = _variable(
        "POLLER_TIMEOUT_SECONDS", _seconds, "The time-out of `poller`, as deployed", "300", "300"
    )
    list_lag: float = _variable(
        "TASK_LIST_LAG_SECONDS", _seconds, "How late a task may appear in the task list", "120", "120"
    )
    grace: float | None = _variable(
        "GRACE_SECONDS",
        _optional_seconds,
        "How long an unanswered submission is left alone; unset: the longer time-out + 30 + the list's lag",
        "450",
        "",
    )
    look: float = _variable("LOOK_SECONDS", _seconds, "Shortest time between two looks at a task", "3", "3")
    stay: float = _variable("STAY_SECONDS", _seconds, "How long a tick stays while there is work", "55", "55")
    max_attempts: int = _variable(
        "MAX_ATTEMPTS", _count, "How many FAILED tasks a photo may have; they are not billed", "3", "3"
    )
    max_images_per_day: int | None = _variable(
        "MAX_IMAGES_PER_DAY", _optional_count, "Portraits a day, China time; unset: no limit", "500", ""
    )
    resubmit_expired: bool = _variable(
        "RESUBMIT_EXPIRED", _flag, "`true`: buy a result again that could not be saved in time", "true", "false"
    )

    @property
    def policy(self) -> Policy:
        """What decisions depend on."""
        derived = max(self.submit_timeout, self.poller_timeout) + POST_TIMEOUT + self.list_lag
        return Policy(
            grace=derived if self.grace is None else self.grace,
            list_lag=self.list_lag,
            look=self.look,
            max_attempts=self.max_attempts,
            max_images_per_day=self.max_images_per_day,
            resubmit_expired=self.resubmit_expired,
        )


def variables() -> list[Variable]:
    """The table, in order."""
    return [made.metadata["variable"] for made in fields(Settings)]


def read(environ: Mapping[str, str]) -> Settings:
    """The settings in `environ`. Raises BadSetting that names every variable which is missing or wrong."""
    parsed: dict[str, Any] = {}
    wrong: list[str] = []
    for made in fields(Settings):
        row: Variable = made.metadata["variable"]
        # Serverless Devs treats an empty variable as unset, and so do we.
        value = environ.get(row.name) or row.default
        try:
            if value is None:
                raise ValueError("is not set")
            parsed[made.name] = row.parse(value)
        except ValueError as error:
            wrong.append(f"{row.name} {_why(error)}, for example {row.name}={row.example}")
    if wrong:
        raise BadSetting("; ".join(wrong))
    return Settings(**parsed)


def _why(error: ValueError) -> str:
    # What float() and int() raise repeats the value, which may be a secret in the wrong place; our own words never do.
    told = str(error)
    return told if told.startswith(("must", "is not")) else "is wrong"
