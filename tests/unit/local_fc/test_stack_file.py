from __future__ import annotations

import json
from pathlib import Path

import pytest

from local.fc.expressions import StackFileError
from local.fc.functions import Destination, Function, Hook, OssTrigger, Timer
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
      description: Takes photos
      instanceLifecycleConfig:
        initializer: {handler: index.start, timeout: 30}
        preStop: {handler: index.stop, timeout: 5}
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
          onFailure: {destination: "acs:mns:${config('Region')}:${config('AccountID')}:/queues/lost/messages"}
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
    function = {"component": "fc3", "props": {**SMALLEST, **props}}
    return write(folder, json.dumps({"edition": "3.0.0", "resources": {"f": function}}))


def test_all_that_a_function_says_of_itself_is_read(tmp_path: Path) -> None:
    # Given a file that uses every part the runner knows
    path = write(tmp_path, FULL)
    # When it is read in an environment that lacks what has a default
    functions = read(
        path, {"BUCKET": "pics"}, account_id=ACCOUNT, region="cn-beijing", outputs={"infra.QueueName": "tasks"}
    )
    # Then the one function stands there with everything resolved; what is of no use here needed no value
    assert functions == (
        Function(
            name="booth-submit",
            code=tmp_path / ".build/submit",
            description="Takes photos",
            timeout=60,
            memory=256,
            initializer=Hook("index.start", 30),
            pre_stop=Hook("index.stop", 5),
            environment={
                "BUCKET": "pics",
                "OSS_ENDPOINT": "https://oss-cn-beijing.aliyuncs.com",
                "GREETING": "hello, world",
                "QUEUE": "tasks",
            },
            timers=(
                Timer("tick", "0 * * * * *", "go"),
                Timer("sleeping", "0 * * * * *", enabled=False),
            ),
            oss_triggers=(OssTrigger("dropped", "pics", ("oss:ObjectCreated:PutObject",), "photos/", ".jpg"),),
            retries=1,
            max_age=600,
            on_success=Destination(f"acs:fc:cn-beijing:{ACCOUNT}:functions/booth-poller"),
            on_failure=Destination(f"acs:mns:cn-beijing:{ACCOUNT}:/queues/lost/messages"),
            reserved_concurrency=2,
        ),
    )


def test_what_is_left_out_is_what_fc3_would_send(tmp_path: Path) -> None:
    (function,) = read(write_function(tmp_path), {}, account_id=ACCOUNT)
    assert (function.timeout, function.memory, function.retries, function.reserved_concurrency) == (3, 512, 3, None)


def a_timer(cron: str) -> dict[str, object]:
    return {"triggerName": "t", "triggerType": "timer", "triggerConfig": {"cronExpression": cron, "enable": True}}


def an_oss_trigger(name: str = "t", **config: object) -> dict[str, object]:
    made = {"events": ["oss:ObjectCreated:PutObject"], "filter": {"key": {"prefix": "photos/", "suffix": ""}}, **config}
    return {"triggerName": name, "triggerType": "oss", "sourceArn": "acs:oss:r:1:pics", "triggerConfig": made}


def told(arn: str) -> dict[str, object]:
    return {"asyncInvokeConfig": {"destinationConfig": {"onFailure": {"destination": arn}}}}


REFUSED = [
    ({"environmentVariables": {"A": "${env('MISSING')}"}}, "MISSING"),
    ({"environmentVariables": {"A": "${env('EMPTY')}"}}, "EMPTY"),
    ({"environmentVariables": {"A": 5}}, "A must be a text"),
    ({"environmentVariables": {"A": "${vars.absent}"}}, "vars.absent"),
    ({"environmentVariables": {"A": "${resources.infra.output.Unknown}"}}, "infra.output.Unknown"),
    ({"environmentVariables": ["A"]}, "must be a mapping"),
    ({"timeout": "${env('TIMEOUT')}"}, "must be a number"),  # env() gives texts
    ({"timeout": True}, "must be a number"),
    ({"handler": None}, "lacks handler"),
    ({"handler": 5}, "handler must be a text"),
    ({"runtime": "nodejs20"}, "nodejs20"),
    ({"code": "./code.zip"}, "code must be a folder"),
    ({"code": {"ossBucketName": "b"}}, "code must be a folder"),
    ({"layers": ["acs:fc:x"]}, "layers"),
    ({"nasConfig": "auto"}, "nasConfig"),
    ({"instanceConcurrency": 10}, "instanceConcurrency"),
    ({"instanceLifecycleConfig": {"initializer": {"command": ["/bin/sh"]}}}, "command"),
    ({"instanceLifecycleConfig": {"preStop": {"handler": "index.stop", "timeout": "5"}}}, "preStop.timeout"),
    ({"asyncInvokeConfig": {"asyncTask": True}}, "asyncTask"),
    ({"asyncInvokeConfig": {"maxAsyncRetryAttempts": "3"}}, "maxAsyncRetryAttempts"),
    ({"triggers": [{"triggerName": "t", "triggerType": "http", "triggerConfig": {}}]}, "http"),
    ({"triggers": [a_timer("5 * * * *")]}, "trigger t: .*5 fields"),
    ({"triggers": [{**a_timer("@every 5m"), "triggerConfig": {"cronExpression": "@every 5m"}}]}, "t lacks enable"),
    ({"triggers": [{**a_timer("@every 5m"), "qualifier": "prod"}]}, "prod"),
    ({"triggers": [an_oss_trigger(filter={"key": {"prefix": "p"}})]}, "t lacks suffix"),
    ({"triggers": [an_oss_trigger(filter={"key": {"prefix": "/p", "suffix": ""}})]}, "slash"),
    ({"triggers": [an_oss_trigger("one"), an_oss_trigger("two")]}, "f/one and f/two overlap"),
    (told("acs:mns:r:1:/topics/t/messages"), "topics/t"),
    (told("acs:fc:r:1:services/s/functions/f"), "services/s"),
]


@pytest.mark.parametrize(("props", "named"), REFUSED)
def test_what_cannot_be_honoured_is_refused_by_name(tmp_path: Path, props: dict[str, object], named: str) -> None:
    with pytest.raises(StackFileError, match=named):
        read(write_function(tmp_path, **props), {"TIMEOUT": "60", "EMPTY": ""}, account_id=ACCOUNT)


COMPONENTS = [("fc3", 1), ("fc3@0.1.22", 1), ("devsapp/fc3", 1), ("ros", 0), ("fc3-domain", 0)]


@pytest.mark.parametrize(("component", "count"), COMPONENTS)
def test_resources_of_other_components_are_skipped(tmp_path: Path, component: str, count: int) -> None:
    path = write_function(tmp_path)
    path.write_text(path.read_text().replace("fc3", component))
    assert len(read(path, {}, account_id=ACCOUNT)) == count


def test_a_hook_with_an_empty_handler_is_switched_off(tmp_path: Path) -> None:
    path = write_function(tmp_path, instanceLifecycleConfig={"initializer": {"handler": "", "timeout": 60}})
    assert read(path, {}, account_id=ACCOUNT)[0].initializer is None


def test_only_an_account_that_has_a_region_can_be_asked_for_it(tmp_path: Path) -> None:
    path = write_function(tmp_path, description="${config('Region')}")
    assert read(path, {}, account_id=ACCOUNT, region="cn-local")[0].description == "cn-local"
    with pytest.raises(StackFileError, match="no Region"):
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
    assert (submit.name, submit.on_success and submit.on_success.function) == ("cosdrop-submit", poller.name)
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
