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
    *("customContainerConfig", "customDNS", "customRuntimeConfig", "gpuConfig"),
    *("layers", "nasConfig", "ossMountConfig", "sessionAffinity"),
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
    """The props of one function, each in the type it must have. Raises StackFileError that names the function."""

    def __init__(self, resource: Resource) -> None:
        self._resource = resource

    def refused(self, why: str) -> StackFileError:
        return StackFileError(f"{self._resource.name}: {why}")

    def needed(self, key: str) -> str:
        value = self._resource.get(key)
        if not isinstance(value, str):
            raise self.refused(f"lacks {key}" if value is None else f"{key} must be a text, not {value!r}")
        return value

    def tree(self, key: str) -> Mapping[str, Any]:
        value = self._resource.get(key, {})
        if not isinstance(value, Mapping):
            raise self.refused(f"{key} must be a mapping, not {value!r}")
        return value

    def any(self, key: str, default: Any = None) -> Any:
        return self._resource.get(key, default)

    def integer(self, name: str, value: Any) -> int:
        """env() gives texts, which the service refuses where a number belongs."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.refused(f"{name} must be a number, not {value!r}")
        return value

    def texts(self, key: str) -> dict[str, str]:
        """A mapping of texts: a bare number among the environment variables is refused by the service."""
        for name, value in self.tree(key).items():
            if not isinstance(value, str):
                raise self.refused(f"{key}: {name} must be a text, not {value!r}")
        return dict(self.tree(key))


def _function(props: _Props, folder: Path) -> Function:
    _refuse_what_is_not_here(props)
    invocation, hooks = props.tree("asyncInvokeConfig"), props.tree("instanceLifecycleConfig")
    reserved = props.tree("concurrencyConfig").get("reservedConcurrency")
    destinations = invocation.get("destinationConfig", {})
    return Function(
        name=props.needed("functionName"),
        code=_code(props, folder),
        handler=props.needed("handler"),
        runtime=props.needed("runtime"),
        description=props.any("description", ""),
        timeout=props.integer("timeout", props.any("timeout", Function.timeout)),
        memory=props.integer("memorySize", props.any("memorySize", Function.memory)),
        environment=props.texts("environmentVariables"),
        initializer=_hook(props, "initializer", hooks.get("initializer")),
        pre_stop=_hook(props, "preStop", hooks.get("preStop")),
        timers=_triggers(props, "timer", triggers.timer),
        oss_triggers=_triggers(props, "oss", triggers.oss),
        retries=props.integer("retries", invocation.get("maxAsyncRetryAttempts", Function.retries)),
        max_age=props.integer("age", invocation.get("maxAsyncEventAgeInSeconds", int(Function.max_age))),
        on_success=_destination(props, destinations.get("onSuccess")),
        on_failure=_destination(props, destinations.get("onFailure")),
        reserved_concurrency=None if reserved is None else props.integer("reservedConcurrency", reserved),
    )


def _refuse_what_is_not_here(props: _Props) -> None:
    for key in _NOT_HERE:
        if props.any(key):
            raise props.refused(f"the local runner has no {key}")
    if props.needed("runtime") not in RUNTIMES:
        raise props.refused(f"the local runner knows {' and '.join(RUNTIMES)}, not {props.needed('runtime')}")
    if props.any("instanceConcurrency", 1) != 1:
        raise props.refused("instanceConcurrency: an instance of a Python runtime serves one request at a time")
    if props.tree("asyncInvokeConfig").get("asyncTask"):
        raise props.refused("the local runner has no asyncTask")
    for kind in {one.get("triggerType") for one in props.any("triggers", [])} - {"oss", "timer"}:
        raise props.refused(f"the local runner has no {kind} trigger")


def _code(props: _Props, folder: Path) -> Path:
    code = props.any("code")
    if not isinstance(code, str) or "://" in code or code.endswith((".zip", ".jar", ".war")):
        raise props.refused(f"code must be a folder, not {code!r}")
    return (folder / code).resolve()


def _hook(props: _Props, name: str, declared: Mapping[str, Any] | None) -> Hook | None:
    if declared and declared.get("command"):
        raise props.refused(f"the local runner has no command as {name}, only a handler")
    # An empty handler switches a hook off: https://help.aliyun.com/zh/functioncompute/fc/function-instance-lifecycle
    if not declared or not declared.get("handler"):
        return None
    return Hook(declared["handler"], props.integer(f"{name}.timeout", declared.get("timeout", Function.timeout)))


def _triggers(props: _Props, kind: str, made: Callable[[Mapping[str, Any]], T]) -> tuple[T, ...]:
    declared = [one for one in props.any("triggers", []) if one.get("triggerType") == kind]
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


def _destination(props: _Props, declared: Mapping[str, str] | None) -> Destination | None:
    if not declared or not declared.get("destination"):
        return None
    try:
        return Destination(declared["destination"])
    except ValueError as error:
        raise props.refused(f"destination {error}") from error
