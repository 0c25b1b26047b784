"""An s.yaml (edition 3.0.0) as Serverless Devs reads it: variables, templates, and resources with their props.

Follows its parser (npm @serverless-devs/parse-spec 0.0.29); what another resource made comes from the caller.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from local.fc import yaml12
from local.fc.expressions import EXPRESSION, Expressions, StackFileError
from local.fc.javascript import spelt


@dataclass(frozen=True)
class Outside:
    """What an s.yaml is told from elsewhere: answers to `${env()}` and `${config()}`, and other resources' outputs.

    `outputs` by dotted name, as `infra.BucketName` for `${resources.infra.output.BucketName}`.
    """

    environment: Mapping[str, str]
    config: Mapping[str, str]
    outputs: Mapping[str, Any]


class Resource:
    """One resource. Each prop is resolved when it is asked for, so that those of no use here need no value."""

    def __init__(self, name: str, component: str, props: Mapping[str, Any], expressions: Expressions) -> None:
        self.name, self.component = name, component
        self._props, self._expressions = props, expressions

    def __iter__(self) -> Iterator[str]:
        return (key for key, value in self._props.items() if value is not None)

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a prop, `default` when it is absent or null. Raises StackFileError."""
        try:
            value = self._expressions.resolve(self._props.get(key))
        except RecursionError as error:
            raise StackFileError(f"{self.name}: {key} refers to itself") from error
        _refuse_leftovers(value)
        return default if value is None else value

    def peek(self, path: list[str]) -> Any:
        """What another expression sees at `path` below the props: None when there is nothing."""
        return self._expressions.resolve(_at(self._props, path))


def read(path: Path, outside: Outside) -> list[Resource]:
    """The resources of the s.yaml at `path`, in its order. Raises StackFileError."""
    try:
        tree = yaml12.load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise StackFileError(f"{path}: {error}") from error
    if not isinstance(tree, Mapping) or str(tree.get("edition")) != "3.0.0":
        raise StackFileError(f"{path}: edition 3.0.0 is wanted")
    if "extend" in tree:
        raise StackFileError(f"{path}: the local stack does not extend another file ({tree['extend']})")
    return list(_Reading(tree, outside, path.parent).resources.values())


class _Reading:
    """One tree on its way to resources, whose expressions may look at one another."""

    def __init__(self, tree: Mapping[str, Any], outside: Outside, folder: Path) -> None:
        self._outside, self._folder, self._access = outside, folder, tree.get("access")
        # Variables are resolved once, against one another's text; only then does the rest see them.
        self._vars: Any = tree.get("vars") or {}
        self._vars = self._expressions(None).resolve(self._vars)
        self._templates = tree.get("template") or {}
        self.resources: dict[str, Resource] = {}
        for name, element in (tree.get("resources") or {}).items():
            self.resources[name] = self._resource(name, element)

    def _resource(self, name: str, element: Mapping[str, Any]) -> Resource:
        extend = element.get("extend") or {}
        template = self._templates.get(extend.get("name")) or {}
        for ignored in extend.get("ignore") or ():
            template = _without(template, ignored.split("."))
        # A template is resolved by itself: it sees variables, but neither `this` nor another resource's props.
        merged = _merged(self._expressions(None).resolve(template), element.get("props") or {})
        component = self._expressions(None).resolve(element["component"])
        return Resource(name, component, merged, self._expressions(name))

    def _expressions(self, this: str | None) -> Expressions:
        def lookup(name: str) -> Any:
            return self._lookup(name, this)

        def text(name: str) -> str:
            value = lookup(name)
            return name if value is None else spelt(value)

        return Expressions({**self._functions(), "str": text}, lookup)

    def _lookup(self, name: str, this: str | None) -> Any:
        first, *rest = name.split(".")
        if first == "vars":
            return _at(self._vars, rest)
        if first in ("this", "that") and this is not None:
            return self._member(this, rest)
        if first == "resources" and len(rest) > 1:
            return self._member(rest[0], rest[1:])
        return None

    def _member(self, resource: str, path: list[str]) -> Any:
        if path[0] == "output":
            name = ".".join((resource, *path[1:]))
            # Until it is known an output stands for itself, so that nobody need name those of no use here.
            return self._outside.outputs.get(name, f"${{resources.{resource}.{'.'.join(path)}}}")
        found = self.resources.get(resource)
        if path[0] == "props":
            return found.peek(path[1:]) if found else None
        return {"name": resource, "access": self._access, "component": found and found.component}.get(path[0])

    def _functions(self) -> dict[str, Callable[..., Any]]:
        return {
            "env": self._env,
            "config": self._config,
            "yaml": _yaml,
            "json": json.loads,
            "file": lambda name: self._path(name).read_text(encoding="utf-8"),
            "path": lambda name: str(self._path(name)),
            "base64": lambda value: base64.b64encode(value.encode()).decode(),
        }

    def _env(self, name: str, default: Any = None) -> Any:
        # A variable that is empty counts as unset; so the real tool has it.
        value = self._outside.environment.get(name) or default
        if value is None:
            raise ValueError(f"the environment has no {name}, and there is no default")
        return value

    def _config(self, name: str) -> str:
        if not (value := self._outside.config.get(name)):
            raise ValueError(f"the account has no {name}; it has {', '.join(self._outside.config)}")
        return value

    def _path(self, name: str) -> Path:
        path = self._folder / name
        if not path.exists():
            raise ValueError(f"{path} is not there")
        return path


def _yaml(text: str) -> Any:
    try:
        return yaml12.load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _at(tree: Any, path: list[str]) -> Any:
    for key in path:
        tree = tree.get(key) if isinstance(tree, Mapping) else None
    return tree


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` on top of `under`: mappings merge, all else (lists too) replaces."""
    merged = dict(under)
    for key, value in over.items():
        below = under.get(key)
        both = isinstance(value, Mapping) and isinstance(below, Mapping)
        merged[key] = _merged(below, value) if both else value  # type: ignore[arg-type]
    return merged


def _without(tree: Mapping[str, Any], path: list[str]) -> Mapping[str, Any]:
    first, *rest = path
    if rest and isinstance(tree.get(first), Mapping):
        return {**tree, first: _without(tree[first], rest)}
    return {key: value for key, value in tree.items() if key != first or rest}


def _refuse_leftovers(value: Any) -> None:
    if isinstance(value, Mapping):
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        _refuse_leftovers(item)
    if isinstance(value, str) and (found := EXPRESSION.search(value)):
        raise StackFileError(f"{found[0]} is not known here")
