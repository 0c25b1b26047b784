"""The functions that an s.yaml (edition 3.0.0, component fc3) declares, as far as running them needs.

What would change how a function runs and cannot be honoured here is refused by name, never ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from local.fc import serverless_devs, triggers
from local.fc.expressions import StackFileError
from local.fc.functions import Destination, Function, Hook
from local.fc.serverless_devs import Outside, Resource

__all__ = ["StackFileError", "read"]

T = TypeVar("T")

RUNTIMES = ("python3.10", "python3.12")

_NOT_HERE = (
    *(
        "customContainerConfig",
        "customDNS",
        "customRuntimeConfig",
        "gpuConfig",
        "layers",
        "nasConfig",
        "ossMountConfig",
    ),
    *("sessionAffinity", "asyncInvokeConfig.asyncTask"),
    *("instanceLifecycleConfig.initializer.command", "instanceLifecycleConfig.preStop.command"),
)
"""Props that change what a function is or sees. Scaling, networks, roles, tags and tracing change nothing here."""


def read(
    path: Path,
    environment: Mapping[str, str],
    *,
    account_id: str,
    region: str = "",
    outputs: Mapping[str, str] | None = None,
) -> tuple[Function, ...]:
    """The fc3 functions of the s.yaml at `path`, in its order; resources of other components are skipped.

    `environment` answers `${env()}`; `outputs` what other resources made, as `infra.BucketName` for
    `${resources.infra.output.BucketName}`. Raises StackFileError.
    """
    config = {"AccountID": account_id, **({"Region": region} if region else {})}
    resources = serverless_devs.read(path, Outside(environment, config, outputs or {}))
    functions = tuple(_function(_Props(one), path.parent) for one in resources if _is_fc3(one.component))
    triggers.refuse_conflicts(functions)
    return functions


def _is_fc3(component: str) -> bool:
    """`fc3`, also with a version behind it (`fc3@0.1.22`) or its maker before it (`devsapp/fc3`)."""
    return component.partition("@")[0].rpartition("/")[2] == "fc3"


class _Props:
    """The props of one function by dotted path, each in the type it must have. Raises StackFileError."""

    def __init__(self, resource: Resource) -> None:
        self._resource = resource

    def refused(self, why: str) -> StackFileError:
        return StackFileError(f"{self._resource.name}: {why}")

    def get(self, path: str, default: Any = None) -> Any:
        first, *rest = path.split(".")
        value = self._resource.get(first)
        for key in rest:
            if value is not None and not isinstance(value, Mapping):
                raise self.refused(f"{path}: {value!r} is not a mapping")
            value = value.get(key) if value else None
        return default if value is None else value

    def text(self, path: str) -> str:
        value = self.get(path)
        if not isinstance(value, str):
            raise self.refused(f"lacks {path}" if value is None else f"{path} must be a text, not {value!r}")
        return value

    def integer(self, path: str, default: int) -> int:
        """env() gives texts, which the service refuses where a number belongs."""
        value = self.get(path, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.refused(f"{path} must be a number, not {value!r}")
        return value

    def texts(self, path: str) -> dict[str, str]:
        """A mapping of texts: a bare number among the environment variables is refused by the service."""
        values = self.get(path, {})
        if not isinstance(values, Mapping):
            raise self.refused(f"{path} must be a mapping, not {values!r}")
        for name, value in values.items():
            if not isinstance(value, str):
                raise self.refused(f"{path}: {name} must be a text, not {value!r}")
        return dict(values)


def _function(props: _Props, folder: Path) -> Function:
    _refuse_what_is_not_here(props)
    reserved = "concurrencyConfig.reservedConcurrency"
    return Function(
        name=props.text("functionName"),
        code=_code(props, folder),
        handler=props.text("handler"),
        runtime=props.text("runtime"),
        description=props.get("description", ""),
        timeout=props.integer("timeout", Function.timeout),
        memory=props.integer("memorySize", Function.memory),
        environment=props.texts("environmentVariables"),
        initializer=_hook(props, "initializer"),
        pre_stop=_hook(props, "preStop"),
        timers=_triggers(props, "timer", triggers.timer),
        oss_triggers=_triggers(props, "oss", triggers.oss),
        retries=props.integer("asyncInvokeConfig.maxAsyncRetryAttempts", Function.retries),
        max_age=props.integer("asyncInvokeConfig.maxAsyncEventAgeInSeconds", Function.max_age),
        on_success=_destination(props, "onSuccess"),
        on_failure=_destination(props, "onFailure"),
        reserved_concurrency=None if props.get(reserved) is None else props.integer(reserved, 0),
    )


def _refuse_what_is_not_here(props: _Props) -> None:
    for path in _NOT_HERE:
        if props.get(path):
            raise props.refused(f"the local runner has no {path}")
    if props.text("runtime") not in RUNTIMES:
        raise props.refused(f"the local runner knows {' and '.join(RUNTIMES)}, not {props.text('runtime')}")
    if props.get("instanceConcurrency", 1) != 1:
        raise props.refused("instanceConcurrency: an instance of a Python runtime serves one request at a time")
    for kind in {one.get("triggerType") for one in props.get("triggers", [])} - {"oss", "timer"}:
        raise props.refused(f"the local runner has no {kind} trigger")


def _code(props: _Props, folder: Path) -> Path:
    code = props.get("code")
    if not isinstance(code, str) or "://" in code or code.endswith((".zip", ".jar", ".war")):
        raise props.refused(f"code must be a folder, not {code!r}")
    return (folder / code).resolve()


def _hook(props: _Props, name: str) -> Hook | None:
    path = f"instanceLifecycleConfig.{name}"
    # An empty handler switches a hook off: https://help.aliyun.com/zh/functioncompute/fc/function-instance-lifecycle
    if not props.get(f"{path}.handler"):
        return None
    return Hook(props.text(f"{path}.handler"), props.integer(f"{path}.timeout", Function.timeout))


def _triggers(props: _Props, kind: str, made: Callable[[Mapping[str, Any]], T]) -> tuple[T, ...]:
    declared = [one for one in props.get("triggers", []) if one.get("triggerType") == kind]
    return tuple(_trigger(props, one, made) for one in declared)


def _trigger(props: _Props, declared: Mapping[str, Any], made: Callable[[Mapping[str, Any]], T]) -> T:
    name = declared.get("triggerName")
    if declared.get("qualifier", "LATEST") != "LATEST":
        raise props.refused(f"trigger {name}: there is no {declared['qualifier']} here, only LATEST")
    try:
        return made(declared)
    except KeyError as error:
        raise props.refused(f"trigger {name} lacks {error.args[0]}") from error
    except ValueError as error:
        raise props.refused(f"trigger {name}: {error}") from error


def _destination(props: _Props, name: str) -> Destination | None:
    arn = props.get(f"asyncInvokeConfig.destinationConfig.{name}.destination")
    if not arn:
        return None
    try:
        return Destination(arn)
    except ValueError as error:
        raise props.refused(f"destination {error}") from error
