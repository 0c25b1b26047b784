"""How DashScope refuses: every code here is in the vendor's table, with the vendor's words.

Source: https://help.aliyun.com/zh/model-studio/error-code
"""

from __future__ import annotations


class ApiError(Exception):
    """A refused request: HTTP `status`, the vendor's `code` and `message`."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message


def invalid_api_key() -> ApiError:
    """The key is missing, wrong, or another region's."""
    return ApiError(401, "InvalidApiKey", "Invalid API-key provided.")


def synchronous_call() -> ApiError:
    """`X-DashScope-Async: enable` is missing."""
    return ApiError(403, "AccessDenied", "current user api does not support synchronous calls.")


def invalid_json() -> ApiError:
    """The body is not a JSON object."""
    return ApiError(400, "InvalidParameter", "The request body is not valid JSON, please check it.")


def invalid_parameter(name: str) -> ApiError:
    """The field `name` is missing, of the wrong type or out of range."""
    message = f"Required parameter({name}) missing or invalid, please check the request parameters."
    return ApiError(400, "InvalidParameter", message)


def unknown_model() -> ApiError:
    """No model of that name was ever offered."""
    return ApiError(400, "InvalidParameter", "Model not exist.")


def model_gone() -> ApiError:
    """The model was offered once and is retired."""
    return ApiError(404, "ModelNotFound", "Model can not be found.")


def quota_used_up() -> ApiError:
    """The free pictures are used up; in public preview there are no others."""
    return ApiError(403, "AllocationQuota.FreeTierOnly", "The free tier of the model has been exhausted.")


def too_fast() -> ApiError:
    """More requests in a second than the account may send."""
    message = "Requests rate limit exceeded, please try again later."
    return ApiError(429, "Throttling.RateQuota", message)


def slot_taken() -> ApiError:
    """The account's one task is still live, and the vendor does not queue."""
    return ApiError(429, "Throttling", "Requests throttling triggered.")


def not_pending() -> ApiError:
    """Only what still waits can be cancelled."""
    message = "Failed to cancel the task, please confirm if the task is in PENDING status."
    return ApiError(400, "UnsupportedOperation", message)


def no_such_path() -> ApiError:
    """Nothing is served at this path, or not with this verb."""
    return ApiError(404, "NotFound", "Not found.")
