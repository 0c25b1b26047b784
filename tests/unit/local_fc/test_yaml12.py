"""Expectations are what js-yaml 4.1 says of the same text."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from local.fc.yaml12 import load

SCALARS = [
    ("on", "on"),
    ("yes", "yes"),
    ("true", True),
    ("False", False),
    ("12:30", "12:30"),
    ("010", 10),
    ("0o10", 8),
    ("0x1F", 31),
    ("0b11", 3),
    ("-5", -5),
    ("1_000", "1_000"),
    ("1.5", 1.5),
    ("1e3", 1000.0),
    ("3.0.0", "3.0.0"),
    ("~", None),
    ("", None),
    ("'5'", "5"),
]


@pytest.mark.parametrize(("text", "value"), SCALARS)
def test_a_bare_word_is_what_yaml_1_2_says(text: str, value: Any) -> None:
    found = load(f"key: {text}")["key"]
    assert (found, type(found)) == (value, type(value))


def test_anchors_merge_and_may_be_overridden() -> None:
    text = "base: &base {a: 1, b: 2}\nmore: &more {<<: *base, b: 3}\nlast: {<<: *more, c: 4}"
    assert load(text)["last"] == {"a": 1, "b": 3, "c": 4}


def test_a_key_that_stands_twice_is_an_error() -> None:
    with pytest.raises(yaml.YAMLError, match="timeout stands twice"):
        load("timeout: 3\ntimeout: 60")
