"""Expectations are what Serverless Devs itself makes of the same text (npm @serverless-devs/parse-spec 0.0.29)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local.fc.expressions import StackFileError
from local.fc.serverless_devs import Outside, Resource, read

ENVIRONMENT = {"N": "30", "E": "", "S": "it's"}
VARS = {
    "n": 60,
    "s": "txt",
    "o": {"k": "v", "my-key": 1},
    "l": [1, 2],
    "z": 0,
    "f": False,
    "a": "${vars.b}",
    "b": "${vars.c}",
    "c": "${vars.d}",
    "d": "${env('N')}",
    "empty": None,
}


def resources(folder: Path, tree: dict[str, Any], **outputs: str) -> dict[str, Resource]:
    path = folder / "s.yaml"
    path.write_text(json.dumps({"edition": "3.0.0", **tree}), encoding="utf-8")
    outside = Outside(ENVIRONMENT, {"AccountID": "123"}, {name.replace("__", "."): it for name, it in outputs.items()})
    return {resource.name: resource for resource in read(path, outside)}


def one(folder: Path, value: Any, **outputs: str) -> Any:
    """What the prop `value` of the resource `one` comes to, beside a resource `two`."""
    tree = {
        "access": "default",
        "vars": VARS,
        "resources": {
            "two": {"component": "ros", "props": {"x": "y", "who": "${this.name}"}},
            "one": {"component": "fc3", "props": {"functionName": "fn-${vars.n}", "asked": value}},
        },
    }
    return resources(folder, tree, **outputs)["one"].get("asked")


VALUES = [
    # names
    ("${vars.n}", 60),
    ("a${vars.n}b", "a60b"),
    ("${vars.n}${vars.n}", "6060"),
    ("$${vars.n}", "$60"),
    ("${vars.z}", 0),
    ("${vars.f}", False),
    ("is ${vars.f}", "is false"),
    ("${vars.l}", [1, 2]),
    ("${vars.o}", {"k": "v", "my-key": 1}),
    ("${vars.o.my-key}", 1),
    ("${vars.a}", "30"),  # by way of three others: each reading goes two steps
    ("${this.name}", "one"),
    ("${that.component}", "fc3"),
    ("${this.access}", "default"),
    ("${this.props.functionName}", "fn-60"),
    ("${resources.two.props.x}", "y"),
    ("${resources.two.props.who}", "two"),
    # calls
    ("${env('N')}", "30"),
    ('${env("N")}', "30"),
    ("${env('S')}", "it's"),
    ("${env('M', 60)}", 60),
    ("${env('M', 1.5)}", 1.5),
    ("${env('M', -1)}", -1),
    ("${env('M', false)}", False),
    ("${env('M', '')}", ""),
    ("${env('E', 'x')}", "x"),  # an empty variable is as good as none
    ("${env('M' , 'hello, world')}", "hello, world"),
    ("${env('M', vars.o.k)}", "v"),
    ("${env('M', env('K', 'z'))}", "z"),
    ("${env('M', vars.a)}", "30"),
    ("${config('AccountID')}-x", "123-x"),
    ("${str('vars.n')}", "60"),
    ("${str(vars.n)}", "60"),
    ("${str('vars.f')}", "false"),
    ("${str('nothing')}", "nothing"),
    ("${yaml('60')}", 60),
    ("${yaml(env('M','60'))}", 60),
    ("${yaml(env('M','[1, 2]'))}", [1, 2]),
    ("${yaml('on')}", "on"),
    ("${json('[1]')}", [1]),
    ("${base64('abc')}", "YWJj"),
    # sums
    ("${env('N')*1}", 30),
    ("${env('N', 60)*1}", 30),
    ("${env('M', 60)*1}", 60),
    ("${env('M', '60')*1+2}", 62),
    ("${env('N') + 1}", "301"),
    ("${env('N') + '-x'}", "30-x"),
    ("${env('M', vars.s + 'x')}", "txtx"),
    ("${env('N') - 1}", 29),
    ("${env('N') / 4}", 7.5),
    ("${(env('N') - 1) * 2}", 58),
    ("${env('M', '') || 'alt'}", "alt"),
    # no expressions
    ("${vars.n", "${vars.n"),
    ("{{vars.n}}", "{{vars.n}}"),
    (["${vars.n}", {"k": "${vars.s}", "gone": None}], [60, {"k": "txt"}]),
]


@pytest.mark.parametrize(("value", "expected"), VALUES)
def test_expressions_come_to_what_serverless_devs_makes_of_them(tmp_path: Path, value: Any, expected: Any) -> None:
    found = one(tmp_path, value)
    assert (found, type(found)) == (expected, type(expected))


REFUSED = [
    *("${vars.missing}", "${vars.missing.deep}", "${vars.empty}", "${nothing}", "${this.props.missing}"),
    *("${resources.nine.props.x}", "${resources.two.output.y}", "x${resources.two.output.y}z", "${resources.two.info}"),
    *("${env('M')}", "${env('E')}", "${env('M', null)}", "${env('M') || 'alt'}", "${config('Region')}"),
    # what the real tool does not take either, however natural it looks
    *("${ vars.n }", "${vars.n*2}", "${vars['n']}", "${vars.l[0]}", "${vars.n || 5}", "${env('M', 'a}b')}"),
    *("${yaml('{a: 1}')}", "${path('/nowhere')}", "${file('/nowhere')}", "${parseInt(env('N'))}"),
    # what it takes and we do not
    *("${secret('x')}", "${env('N') > 5 ? 'big' : 'small'}", "${env('N').length}", "${regex('deploy')}"),
    *("${env('S') * 1}", "${env('N') / 0}", "${env('N'}", "${env('N', 1}", "a ${vars.o}"),
]


@pytest.mark.parametrize("value", REFUSED)
def test_what_has_no_value_here_is_refused_by_name(tmp_path: Path, value: str) -> None:
    with pytest.raises(StackFileError) as refusal:
        one(tmp_path, value)
    assert "${" in str(refusal.value)


def test_a_prop_that_nobody_asks_for_needs_no_value(tmp_path: Path) -> None:
    tree = {"resources": {"one": {"component": "fc3", "props": {"role": "${env('M')}", "timeout": 5}}}}
    assert resources(tmp_path, tree)["one"].get("timeout") == 5


def test_an_output_is_taken_from_the_names_given(tmp_path: Path) -> None:
    assert one(tmp_path, "b-${resources.infra.output.BucketName}", infra__BucketName="pics") == "b-pics"


def test_a_prop_that_refers_to_itself_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StackFileError, match="refers to itself"):
        one(tmp_path, "${this.props.asked}")


def test_files_and_paths_are_found_beside_the_s_yaml(tmp_path: Path) -> None:
    (tmp_path / "beside.txt").write_text("text")
    assert one(tmp_path, "${file('beside.txt')} in ${path('beside.txt')}") == f"text in {tmp_path / 'beside.txt'}"


TEMPLATE = {
    "region": "cn-hangzhou",
    "timeout": "${vars.n}",
    "environmentVariables": {"A": "1", "B": "2"},
    "list": [1, 2],
    "role": "x",
}


def extended(folder: Path, props: dict[str, Any], *ignore: str, **template: Any) -> Resource:
    extend = {"name": "base", "ignore": list(ignore)}
    tree = {
        "vars": {"n": 60},
        "template": {"base": {**TEMPLATE, **template}},
        "resources": {"one": {"component": "fc3", "extend": extend, "props": props}},
    }
    return resources(folder, tree)["one"]


MERGED = [
    # prop, of its own, what is ignored, what comes of it
    ("timeout", None, (), 60),
    ("timeout", 5, (), 5),
    ("role", None, ("role",), None),
    ("environmentVariables", {"B": "3", "C": "4"}, (), {"A": "1", "B": "3", "C": "4"}),
    ("environmentVariables", {"C": "4"}, ("environmentVariables.B",), {"A": "1", "C": "4"}),
    ("list", [3], (), [3]),
]


@pytest.mark.parametrize(("prop", "own", "ignored", "expected"), MERGED)
def test_a_template_lies_under_the_props(
    tmp_path: Path, prop: str, own: Any, ignored: tuple[str, ...], expected: Any
) -> None:
    props = {} if own is None else {prop: own}
    assert extended(tmp_path, props, *ignored).get(prop) == expected


def test_a_null_prop_takes_away_what_the_template_says(tmp_path: Path) -> None:
    assert extended(tmp_path, {"region": None}).get("region") is None


def test_a_template_knows_no_this_but_may_name_outputs(tmp_path: Path) -> None:
    with pytest.raises(StackFileError, match="this"):
        extended(tmp_path, {}, role="${this.name}")
    with pytest.raises(StackFileError, match=r"infra\.output\.Arn"):
        extended(tmp_path, {}, role="${resources.infra.output.Arn}").get("role")


UNREADABLE = [
    ("a: [", "a: \\["),
    ("resources: {}", "edition 3.0.0 is wanted"),
    ("edition: 1.0.0", "edition 3.0.0 is wanted"),
    ("edition: 3.0.0\nextend: base.yaml", "base.yaml"),
    ("edition: 3.0.0\nvars: {a: 1, a: 2}", "a stands twice"),
    ("edition: 3.0.0\nvars: {a: \"${env('M')}\"}", "M"),
]


@pytest.mark.parametrize(("text", "named"), UNREADABLE)
def test_a_file_that_serverless_devs_would_not_read_so_is_refused(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "s.yaml").write_text(text)
    with pytest.raises(StackFileError, match=named):
        read(tmp_path / "s.yaml", Outside({}, {}, {}))


def test_a_file_without_resources_has_none(tmp_path: Path) -> None:
    assert resources(tmp_path, {"vars": None}) == {}
