"""The local Function Compute over the wire, driven by the unmodified FC 3.0 SDK (alibabacloud_fc20230330)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import requests

from local.credential import Credential
from tests.contract.fc_server import KEY, TEMPORARY, Booth, serving

try:
    from alibabacloud_fc20230330 import models
    from alibabacloud_fc20230330.client import Client
    from alibabacloud_tea_openapi.exceptions import ClientException
    from alibabacloud_tea_openapi.utils_models import Config
    from darabonba.runtime import RuntimeOptions
except ImportError:
    if os.environ.get("CI") == "true":
        raise
    pytest.skip("alibabacloud_fc20230330 is not installed: the FC 3.0 SDK is NOT tested", allow_module_level=True)

# The SDK's own: it reads the time by a function that Python 3.12 would rather lose.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:alibabacloud_tea_openapi.*")


@pytest.fixture
def booth(tmp_path: Path) -> Iterator[Booth]:
    with serving(tmp_path) as booth:
        yield booth


def client(booth: Booth, key: Credential = KEY) -> Any:
    names = {"access_key_id": key.id, "access_key_secret": key.secret, "security_token": key.token or None}
    return Client(Config(endpoint=booth.endpoint.removeprefix("http://"), protocol="http", **names))


def invoke(booth: Booth, function: str, event: bytes = b"", key: Credential = KEY, **request: Any) -> Any:
    asked = models.InvokeFunctionRequest(body=BytesIO(event), **request)
    return client(booth, key).invoke_function(function, asked)


def invoke_later(booth: Booth, function: str, event: bytes) -> Any:
    asked = models.InvokeFunctionRequest(body=BytesIO(event))
    headers = models.InvokeFunctionHeaders(x_fc_invocation_type="Async")
    return client(booth).invoke_function_with_options(function, asked, headers, RuntimeOptions())


# --- InvokeFunction


@pytest.mark.parametrize("event", [b"a photo", "小明".encode(), b"\x00\xff", b""])
@pytest.mark.parametrize("key", [KEY, TEMPORARY])
def test_a_synchronous_call_answers_what_the_function_answers(booth: Booth, event: bytes, key: Credential) -> None:
    response = invoke(booth, "echo", event, key)
    assert (response.status_code, response.body.read()) == (200, b"heard " + event)
    assert response.headers["x-fc-request-id"].startswith("1-")
    assert "x-fc-error-type" not in response.headers


def test_an_asynchronous_call_is_accepted_at_once_and_then_runs(booth: Booth) -> None:
    response = invoke_later(booth, "tell", b"later")
    assert (response.status_code, response.body.read(), booth.hear()) == (202, b"", b"later")


FAILURES = [
    ("fail", "UnhandledInvocationError", "something is wrong"),
    ("unable", "InitializationError", "no database"),
]


@pytest.mark.parametrize(("function", "error", "message"), FAILURES)
def test_a_failed_function_answers_200_and_says_so_in_a_header(
    booth: Booth, function: str, error: str, message: str
) -> None:
    response = invoke(booth, function)
    assert (response.status_code, response.headers["x-fc-error-type"]) == (200, error)
    assert json.loads(response.body.read())["errorMessage"] == message


REFUSALS = [
    (KEY, "nobody", 404, "FunctionNotFound"),
    (KEY, "小明", 404, "FunctionNotFound"),
    (KEY, "blocked", 429, "ResourceExhausted"),
    (Credential("id", "wrong"), "echo", 403, "SignatureNotMatch"),
    (Credential("stranger", "secret"), "echo", 403, "InvalidAccessKeyID"),
    (Credential("sts", "temporary"), "echo", 403, "InvalidAccessKeyID"),
]


@pytest.mark.parametrize(("key", "function", "status", "code"), REFUSALS)
def test_a_refusal_reaches_the_sdk_in_its_own_form(
    booth: Booth, key: Credential, function: str, status: int, code: str
) -> None:
    with pytest.raises(ClientException) as refusal:
        invoke(booth, function, b"{}", key)
    assert (refusal.value.status_code, refusal.value.code) == (status, code)
    assert refusal.value.request_id.startswith("1-")


def test_there_are_no_versions_and_aliases_but_latest(booth: Booth) -> None:
    assert invoke(booth, "echo", qualifier="LATEST").status_code == 200
    with pytest.raises(ClientException) as refusal:
        invoke(booth, "echo", qualifier="prod")
    assert (refusal.value.status_code, refusal.value.code) == (404, "AliasNotFound")


# --- what s.yaml declares


def test_a_function_is_described_as_it_was_declared(booth: Booth) -> None:
    told = client(booth).get_function("unable", models.GetFunctionRequest(qualifier="LATEST")).body
    assert (told.function_name, told.runtime, told.handler) == ("unable", "python3.10", "index.echo")
    assert told.function_arn == "acs:fc:cn-beijing:42:functions/unable"
    assert (told.timeout, told.memory_size, told.description) == (20, 512, "Never starts")
    assert list(told.environment_variables) == ["EAR"]
    hooks = told.instance_lifecycle_config
    assert (hooks.initializer.handler, hooks.initializer.timeout, hooks.pre_stop) == ("index.cannot_start", 20, None)


def test_all_functions_are_listed_page_by_page(booth: Booth) -> None:
    # Given a limit of two functions a page
    names: list[list[str]] = []
    token = None
    # When page after page is asked for
    while token is not None or not names:
        asked = models.ListFunctionsRequest(limit=2, next_token=token)
        page = client(booth).list_functions(asked).body
        names.append([function.function_name for function in page.functions])
        token = page.next_token
    # Then each function stands on one of them
    assert names == [["blocked", "echo"], ["fail", "flaky"], ["tell", "unable"]]


def test_functions_are_listed_by_the_beginning_of_their_names(booth: Booth) -> None:
    page = client(booth).list_functions(models.ListFunctionsRequest(prefix="f")).body
    assert [function.function_name for function in page.functions] == ["fail", "flaky"]


def test_a_limit_that_is_no_number_is_refused(booth: Booth) -> None:
    with pytest.raises(ClientException) as refusal:
        client(booth).list_functions(models.ListFunctionsRequest(limit=0))
    assert refusal.value.code == "InvalidArgument"


def test_the_asynchronous_settings_are_told(booth: Booth) -> None:
    told = client(booth).get_async_invoke_config("fail", models.GetAsyncInvokeConfigRequest()).body
    assert (told.max_async_retry_attempts, told.max_async_event_age_in_seconds, told.async_task) == (0, 86_400, False)
    assert told.destination_config.on_failure.destination == "acs:fc:cn-beijing:42:functions/tell"
    assert told.destination_config.on_success is None


@pytest.mark.parametrize(("function", "reserved"), [("blocked", 0), ("echo", None)])
def test_the_reserved_concurrency_is_told(booth: Booth, function: str, reserved: int | None) -> None:
    assert client(booth).get_concurrency_config(function).body.reserved_concurrency == reserved


def test_triggers_are_listed_with_their_settings_in_a_text(booth: Booth) -> None:
    asleep, photos = client(booth).list_triggers("tell", models.ListTriggersRequest()).body.triggers
    assert [(one.trigger_name, one.trigger_type) for one in (asleep, photos)] == [
        ("asleep", "timer"),
        ("photos", "oss"),
    ]
    assert photos.source_arn == "acs:oss:cn-beijing:42:pics"
    assert json.loads(asleep.trigger_config) == {"cronExpression": "@every 5m", "enable": False, "payload": "go"}
    assert json.loads(photos.trigger_config) == {
        "events": ["oss:ObjectCreated:PutObject"],
        "filter": {"key": {"prefix": "photos/", "suffix": ".jpg"}},
    }


@pytest.mark.parametrize("operation", ["get_function", "get_async_invoke_config", "list_triggers"])
def test_a_function_that_is_not_there_has_nothing_to_tell(booth: Booth, operation: str) -> None:
    request = getattr(models, f"{operation.title().replace('_', '')}Request")()
    with pytest.raises(ClientException) as refusal:
        getattr(client(booth), operation)("nobody", request)
    assert (refusal.value.status_code, refusal.value.code) == (404, "FunctionNotFound")


def test_what_would_change_a_function_is_not_supported(booth: Booth) -> None:
    with pytest.raises(ClientException) as refusal:
        client(booth).delete_function("echo")
    assert (refusal.value.status_code, refusal.value.code) == (400, "PathNotSupported")


def test_each_operation_is_counted_by_its_name(booth: Booth) -> None:
    invoke(booth, "echo")
    client(booth).list_triggers("tell", models.ListTriggersRequest())
    assert requests.get(f"{booth.endpoint}/_local/calls", timeout=10).json() == {"InvokeFunction": 1, "ListTriggers": 1}
