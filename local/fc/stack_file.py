"""The functions that an s.yaml (edition 3.0.0, component fc3) declares, as far as running them needs.

What would change how a function runs and cannot be honoured here is refused, never ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from local.fc.cron import schedule
from local.fc.expressions import Expressions, StackFileError, dotted

_NOT_HERE = ("customContainerConfig", "customRuntimeConfig", "instanceLifecycleConfig", "layers")
_RUNTIMES = ("python3.10", "python3.12")


@dataclass(frozen=True)
class Timer:
    """A timer trigger that is enabled; `cron` as in `local.fc.cron`."""

    name: str
    cron: str
    payload: str = ""


@dataclass(frozen=True)
class OssTrigger:
    """An OSS trigger; `events` with their `oss:` prefix, wildcards allowed."""

    name: str
    bucket: str
    events: tuple[str, ...]
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True)
class Function:
    """One function. `timeout` and `max_age` in seconds, `memory` in MB; destinations are names of functions or ''.

    The defaults are those of fc3, 3 seconds of timeout among them.
    """

    name: str
    code: Path
    handler: str = "index.handler"
    runtime: str = "python3.10"
    timeout: int = 3
    memory: int = 512
    environment: Mapping[str, str] = field(default_factory=dict)
    timers: tuple[Timer, ...] = ()
    oss_triggers: tuple[OssTrigger, ...] = ()
    retries: int = 3
    max_age: float = 86_400
    on_success: str = ""
    on_failure: str = ""
    reserved_concurrency: int | None = None


def read(
    path: Path, environment: Mapping[str, str], *, account_id: str, outputs: Mapping[str, str] | None = None
) -> tuple[Function, ...]:
    """The fc3 functions of the s.yaml at `path`, in its order.

    `environment` answers `${env()}`; `outputs` what other resources made, as `infra.BucketName`, for
    `${resources.infra.output.BucketName}`. Raises StackFileError.
    """
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    if str(tree.get("edition")) != "3.0.0":
        raise StackFileError(f"{path}: edition 3.0.0 is wanted")
    known = {"config.AccountID": account_id, **dotted(tree.get("vars") or {}, "vars"), **_outputs(outputs or {})}
    expressions = Expressions(environment, known)
    return tuple(
        _function(_Props(resource["props"], expressions), path.parent)
        for resource in tree["resources"].values()
        if resource["component"] == "fc3"
    )


def _outputs(outputs: Mapping[str, str]) -> dict[str, str]:
    pairs = ((*name.split(".", 1), value) for name, value in outputs.items())
    return {f"resources.{resource}.output.{output}": value for resource, output, value in pairs}


class _Props:
    """The props of one resource; each is resolved when asked for, so that those of no use here need no value."""

    def __init__(self, props: Mapping[str, Any], expressions: Expressions) -> None:
        self._props, self._expressions = props, expressions

    def __getitem__(self, key: str) -> Any:
        if key not in self._props:
            raise StackFileError(f"a function lacks {key}")
        return self.get(key)

    def get(self, key: str, default: Any = None) -> Any:
        return self._expressions.resolve(self._props[key]) if key in self._props else default

    def integer(self, key: str, default: int) -> int:
        """env() gives texts, which the service refuses where a number belongs."""
        value = self.get(key, default)
        if not isinstance(value, int):
            raise StackFileError(f"{key} must be a number, not {value!r}")
        return value

    def texts(self, key: str) -> dict[str, str]:
        """A mapping of texts: a bare number among the environment variables is refused by the service."""
        values: dict[str, str] = self.get(key, {})
        for name, value in values.items():
            if not isinstance(value, str):
                raise StackFileError(f"{key}: {name} must be a text, not {value!r}")
        return values


def _function(props: _Props, folder: Path) -> Function:
    name = props["functionName"]
    for key in _NOT_HERE:
        if props.get(key):
            raise StackFileError(f"{name}: the local runner has no {key} yet")
    if props["runtime"] not in _RUNTIMES:
        raise StackFileError(f"{name}: the local runner knows {' and '.join(_RUNTIMES)}, not {props['runtime']}")
    invocation = props.get("asyncInvokeConfig", {})
    destinations = invocation.get("destinationConfig", {})
    triggers = props.get("triggers", [])
    return Function(
        name=name,
        code=(folder / props["code"]).resolve(),
        handler=props["handler"],
        runtime=props["runtime"],
        timeout=props.integer("timeout", Function.timeout),
        memory=props.integer("memorySize", Function.memory),
        environment=props.texts("environmentVariables"),
        timers=tuple(_timer(each) for each in triggers if _is(each, "timer") and each["triggerConfig"]["enable"]),
        oss_triggers=tuple(_oss(each) for each in triggers if _is(each, "oss")),
        retries=invocation.get("maxAsyncRetryAttempts", Function.retries),
        max_age=invocation.get("maxAsyncEventAgeInSeconds", Function.max_age),
        on_success=_target(destinations.get("onSuccess")),
        on_failure=_target(destinations.get("onFailure")),
        reserved_concurrency=props.get("concurrencyConfig", {}).get("reservedConcurrency"),
    )


def _is(trigger: Mapping[str, Any], kind: str) -> bool:
    if trigger["triggerType"] not in ("timer", "oss"):
        raise StackFileError(f"the local runner has no {trigger['triggerType']} trigger")
    return bool(trigger["triggerType"] == kind)


def _timer(trigger: Mapping[str, Any]) -> Timer:
    config = trigger["triggerConfig"]
    try:
        schedule(config["cronExpression"])
    except ValueError as error:
        raise StackFileError(f"timer {trigger['triggerName']}: {error}") from error
    return Timer(trigger["triggerName"], config["cronExpression"], config.get("payload", ""))


def _oss(trigger: Mapping[str, Any]) -> OssTrigger:
    config = trigger["triggerConfig"]
    key = config["filter"]["key"]
    bucket = trigger["sourceArn"].rpartition(":")[2]
    return OssTrigger(trigger["triggerName"], bucket, tuple(config["events"]), key["prefix"], key["suffix"])


def _target(destination: Mapping[str, str] | None) -> str:
    """The function named by an ARN such as `acs:fc:cn-beijing:1234:functions/poller`."""
    if not destination:
        return ""
    arn = destination["destination"]
    if not (arn.startswith("acs:fc:") and ":functions/" in arn):
        raise StackFileError(f"the local runner has functions as destinations only, not {arn}")
    return arn.rpartition("/")[2]
