from __future__ import annotations

from pathlib import Path

import pytest

from local.fc.expressions import StackFileError
from local.fc.functions import Function, OssTrigger, Timer
from local.fc.stack_file import read
from shared.settings import variables

ACCOUNT = "1234567890123456"
SMALLEST = {"functionName": "f", "runtime": "python3.10", "handler": "index.handler", "code": "./code"}

FULL = """
edition: 3.0.0
vars:
  region: cn-beijing
  stack: {name: booth, timeout: 60}
  endpoint: https://oss-${vars.region}.aliyuncs.com
resources:
  infra:
    component: ros
    props: {template: ./template.yml}
  submit:
    component: fc3
    props:
      functionName: ${vars.stack.name}-submit
      runtime: python3.10
      handler: index.handler
      code: ./.build/submit
      role: ${resources.infra.output.NotKnownHere}
      timeout: ${vars.stack.timeout}
      memorySize: 256
      environmentVariables:
        BUCKET: ${env('BUCKET')}
        OSS_ENDPOINT: ${env('OSS_ENDPOINT', vars.endpoint)}
        GREETING: ${env("GREETING", 'hello, world')}
        QUEUE: ${resources.infra.output.QueueName}
      concurrencyConfig: {reservedConcurrency: 2}
      asyncInvokeConfig:
        maxAsyncRetryAttempts: 1
        maxAsyncEventAgeInSeconds: 600
        destinationConfig:
          onSuccess: {destination: "acs:fc:${vars.region}:${config('AccountID')}:functions/booth-poller"}
      triggers:
        - triggerName: dropped
          triggerType: oss
          sourceArn: acs:oss:${vars.region}:${config('AccountID')}:${env('BUCKET')}
          triggerConfig:
            events: ["oss:ObjectCreated:PutObject"]
            filter: {key: {prefix: photos/, suffix: .jpg}}
        - triggerName: tick
          triggerType: timer
          triggerConfig: {cronExpression: 0 * * * * *, enable: true, payload: go}
        - triggerName: sleeping
          triggerType: timer
          triggerConfig: {cronExpression: 0 * * * * *, enable: false}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "s.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def write_function(folder: Path, **props: object) -> Path:
    lines = [f"      {key}: {value}" for key, value in {**SMALLEST, **props}.items()]
    head = ["edition: 3.0.0", "resources:", "  f:", "    component: fc3", "    props:"]
    return write(folder, "\n".join([*head, *lines]))


def test_all_that_a_function_says_of_itself_is_read(tmp_path: Path) -> None:
    # Given a file that uses every part the runner knows
    path = write(tmp_path, FULL)
    # When it is read in an environment that lacks what has a default
    functions = read(path, {"BUCKET": "pics"}, account_id=ACCOUNT, outputs={"infra.QueueName": "tasks"})
    # Then the one function stands there with everything resolved; what is of no use here needed no value
    assert functions == (
        Function(
            name="booth-submit",
            code=tmp_path / ".build/submit",
            timeout=60,
            memory=256,
            environment={
                "BUCKET": "pics",
                "OSS_ENDPOINT": "https://oss-cn-beijing.aliyuncs.com",
                "GREETING": "hello, world",
                "QUEUE": "tasks",
            },
            timers=(Timer("tick", "0 * * * * *", "go"),),
            oss_triggers=(OssTrigger("dropped", "pics", ("oss:ObjectCreated:PutObject",), "photos/", ".jpg"),),
            retries=1,
            max_age=600,
            on_success="booth-poller",
            reserved_concurrency=2,
        ),
    )


DEFAULTS = [
    # expression, environment, value: as `s preview` of Serverless Devs 3.1.10 shows them
    ("${env('A', 'default')}", {"A": "set"}, "set"),
    ("${env('A', 'default')}", {}, "default"),
    ("${env('A', 'default')}", {"A": ""}, "default"),
    ("${env('A', '')}", {}, ""),
    ("${ env( 'A' , vars.word ) }", {}, "word"),
    ("a-${env('A', '')}-${vars.word}", {}, "a--word"),
]


@pytest.mark.parametrize(("expression", "environment", "value"), DEFAULTS)
def test_the_environment_goes_before_a_default(
    tmp_path: Path, expression: str, environment: dict[str, str], value: str
) -> None:
    path = write_function(tmp_path, environmentVariables=f'{{A: "{expression}"}}')
    path.write_text(path.read_text() + "\nvars: {word: word}\n")
    (function,) = read(path, environment, account_id=ACCOUNT)
    assert function.environment == {"A": value}


def test_what_is_left_out_is_what_fc3_would_send(tmp_path: Path) -> None:
    (function,) = read(write_function(tmp_path), {}, account_id=ACCOUNT)
    assert (function.timeout, function.memory, function.retries, function.reserved_concurrency) == (3, 512, 3, None)


FIVE_FIELDS = "{cronExpression: 5 * * * *, enable: true}"

REFUSED = [
    ({"environmentVariables": "{A: \"${env('MISSING')}\"}"}, "MISSING"),
    ({"environmentVariables": "{A: \"${env('EMPTY')}\"}"}, "EMPTY"),
    ({"environmentVariables": "{A: 5}"}, "A must be a text"),
    ({"environmentVariables": '{A: "${vars.absent}"}'}, "vars.absent"),
    ({"environmentVariables": '{A: "${1 + 1}"}'}, "beyond the local stack"),
    ({"timeout": "${env('TIMEOUT')}"}, "must be a number"),  # env() gives texts
    ({"runtime": "nodejs20"}, "nodejs20"),
    ({"layers": "[acs:fc:x]"}, "layers"),
    ({"instanceLifecycleConfig": "{initializer: {handler: index.init}}"}, "instanceLifecycleConfig"),
    ({"triggers": "[{triggerName: t, triggerType: http, triggerConfig: {}}]"}, "http"),
    (
        {"triggers": f"[{{triggerName: t, triggerType: timer, triggerConfig: {FIVE_FIELDS}}}]"},
        "timer t",
    ),
    (
        {"asyncInvokeConfig": '{destinationConfig: {onFailure: {destination: "acs:mns:r:1:/queues/q/messages"}}}'},
        "acs:mns",
    ),
]


@pytest.mark.parametrize(("props", "named"), REFUSED)
def test_what_cannot_be_honoured_is_refused_by_name(tmp_path: Path, props: dict[str, object], named: str) -> None:
    with pytest.raises(StackFileError, match=named.replace("(", r"\(")):
        read(write_function(tmp_path, **props), {"TIMEOUT": "60", "EMPTY": ""}, account_id=ACCOUNT)


def test_a_function_without_a_handler_is_refused(tmp_path: Path) -> None:
    path = write_function(tmp_path)
    path.write_text(path.read_text().replace("handler: index.handler", ""))
    with pytest.raises(StackFileError, match="lacks handler"):
        read(path, {}, account_id=ACCOUNT)


def test_an_older_edition_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StackFileError, match="edition"):
        read(write(tmp_path, FULL.replace("3.0.0", "1.0.0")), {"BUCKET": "b"}, account_id=ACCOUNT)


def test_our_own_s_yaml_declares_submit_and_poller() -> None:
    # Given the project's s.yaml and no more than it demands
    root = Path(__file__).parents[3]
    demanded = {"BUCKET": "pics", "DASHSCOPE_API_KEY": "key"}
    # When it is read
    submit, poller = read(root / "s.yaml", demanded, account_id=ACCOUNT)
    # Then uploads wake submit, whose success kicks the poller, which runs alone, every minute, and is never retried
    assert (submit.name, submit.on_success) == ("cosdrop-submit", poller.name)
    assert [trigger.prefix for trigger in submit.oss_triggers] == ["photos/"]
    assert [timer.cron for timer in poller.timers] == ["0 * * * * *"]
    assert (poller.reserved_concurrency, poller.retries, poller.max_age) == (1, 0, 60)
    assert submit.code == root / ".build/submit"


def test_our_own_s_yaml_sets_every_variable_to_its_default() -> None:
    # Given the functions as they are declared, with no more set than must be
    root = Path(__file__).parents[3]
    functions = read(root / "s.yaml", {"BUCKET": "pics", "DASHSCOPE_API_KEY": "key"}, account_id=ACCOUNT)
    # Then each has every variable of the table, as the code would choose it, and says its time-outs truly
    for function in functions:
        defaults = {row.name: row.default for row in variables() if row.default is not None}
        assert {name: function.environment[name] for name in defaults} == defaults
        assert set(function.environment) == {row.name for row in variables()}
        name = function.name.removeprefix("cosdrop-").upper()
        assert function.environment[f"{name}_TIMEOUT_SECONDS"] == str(function.timeout)
