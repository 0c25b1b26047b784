"""Functions, triggers and settings as the 2023-03-30 API describes them; what s.yaml does not say is left out.

Shapes: the models of alibabacloud_fc20230330 4.8, and https://api.aliyun.com/document/FC/2023-03-30/overview
"""

from __future__ import annotations

import json
from typing import Any

from local.fc.functions import Destination, Function, Hook, OssTrigger, Timer


def function(of: Function, arn: str) -> dict[str, Any]:
    """A Function. Its environment is told in full, as the service tells it to whoever may call GetFunction."""
    hooks = {"initializer": _hook(of.initializer), "preStop": _hook(of.pre_stop)}
    return {
        "functionName": of.name,
        "functionArn": arn,
        "description": of.description,
        "runtime": of.runtime,
        "handler": of.handler,
        "timeout": of.timeout,
        "memorySize": of.memory,
        "environmentVariables": dict(of.environment),
        "instanceConcurrency": 1,
        "instanceLifecycleConfig": {name: hook for name, hook in hooks.items() if hook},
        "state": "Active",
        "lastUpdateStatus": "Successful",
    }


def async_config(of: Function, arn: str) -> dict[str, Any]:
    """An AsyncConfig."""
    destinations = {"onSuccess": _destination(of.on_success), "onFailure": _destination(of.on_failure)}
    return {
        "functionArn": arn,
        "asyncTask": False,
        "maxAsyncRetryAttempts": of.retries,
        "maxAsyncEventAgeInSeconds": of.max_age,
        "destinationConfig": {name: to for name, to in destinations.items() if to},
    }


def triggers(of: Function, arn: str, account_id: str, region: str) -> list[dict[str, Any]]:
    """Its Triggers; `triggerConfig` is JSON in a text."""
    common = {"qualifier": "LATEST", "targetArn": arn}
    timers = [
        {**common, "triggerType": "timer", "triggerName": one.name, "triggerConfig": _timer(one)} for one in of.timers
    ]
    source = f"acs:oss:{region}:{account_id}"
    watchers = [
        {
            **common,
            "triggerType": "oss",
            "triggerName": one.name,
            "sourceArn": f"{source}:{one.bucket}",
            "triggerConfig": _oss(one),
        }
        for one in of.oss_triggers
    ]
    return timers + watchers


def _hook(hook: Hook | None) -> dict[str, Any] | None:
    return {"handler": hook.handler, "timeout": hook.timeout} if hook else None


def _destination(to: Destination | None) -> dict[str, str] | None:
    return {"destination": to.arn} if to else None


def _timer(timer: Timer) -> str:
    return json.dumps({"cronExpression": timer.cron, "enable": timer.enabled, "payload": timer.payload})


def _oss(trigger: OssTrigger) -> str:
    key = {"prefix": trigger.prefix, "suffix": trigger.suffix}
    return json.dumps({"events": list(trigger.events), "filter": {"key": key}})
