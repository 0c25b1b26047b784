"""The vendor's table of codes, row by row. Source: help.aliyun.com/zh/model-studio/error-code and the model's page."""

from __future__ import annotations

import pytest

from shared.models.contract import Refusal
from shared.models.verdict import Verdict, judge

ACCOUNT, AGAIN, BUSY, LINK = Verdict.ACCOUNT, Verdict.AGAIN, Verdict.BUSY, Verdict.LINK
MODEL, PHOTO, REQUEST = Verdict.MODEL, Verdict.PHOTO, Verdict.REQUEST

REFUSED_POSTS = [
    (400, "InvalidParameter", "Required parameter(input.x) missing or invalid", REQUEST),
    (400, "InvalidParameter", "Model not exist.", MODEL),
    (400, "InvalidParameter", "url error, please check url!", LINK),
    (400, "InvalidParameter.DataInspection", "Unable to download the media resource", LINK),
    (400, "InvalidParameter.JsonPhrase", "input json error", REQUEST),
    (400, "InvalidParameter.FileDownload", "oss download error", LINK),
    (400, "InvalidParameter.ImageFormat", "read image error", PHOTO),
    (400, "DataInspectionFailed", "Input data may contain inappropriate content.", PHOTO),
    (400, "InvalidURL", "The request URL is invalid, make sure the url is correct and is an image", LINK),
    (400, "InvalidURL.ConnectionRefused", "Connection to the URL is refused", LINK),
    (400, "InvalidURL.Timeout", "Download timeout", LINK),
    (400, "InvalidImageResolution", "The input image resolution is too large or small", PHOTO),
    (400, "InvalidImageFormat", "Input image format is invalid", PHOTO),
    (400, "InvalidImage.FileFormat", "Invalid image type", PHOTO),
    (400, "InvalidImage.ImageSize", "The size of image is beyond limit", PHOTO),
    (400, "InvalidImage.NoHumanFace", "No human face detected", PHOTO),
    (400, "BadRequest.UnsupportedFileFormat", "File format is not supported", PHOTO),
    (400, "BadRequest.TooLarge", "Payload too large", PHOTO),
    (413, "BadRequest.TooLarge", "Payload too large", PHOTO),
    (400, "InvalidFace", "The input image has no valid face", PHOTO),
    (400, "InvalidPerson", "The input image has no human body", PHOTO),
    (400, "InvalidFile.Resolution", "The resolution is invalid", PHOTO),
    (400, "BadRequest.EmptyInput", "Required input parameter missing", REQUEST),
    (400, "BadRequest.EmptyParameters", "Required parameter missing", REQUEST),
    (400, "BadRequest.IllegalInput", "The input parameter requires json format", REQUEST),
    (400, "BadRequest.EmptyModel", 'Required parameter "model" missing', MODEL),
    (400, "BadRequest.InputDownloadFailed", "Failed to download the input file", LINK),
    (400, "InvalidInputLength", "The image resolution is out of range", PHOTO),
    (400, "IPInfringementSuspect", "Input data is suspected of IP infringement", PHOTO),
    (400, "CustomRoleBlocked", "Input or output data may contain inappropriate content", PHOTO),
    (400, "FaqRuleBlocked", "Input or output data is blocked by faq rule", PHOTO),
    (400, "FlowNotPublished", "Flow has not published yet", ACCOUNT),
    (400, "Arrearage", "Access denied, please make sure your account is in good standing", ACCOUNT),
    (400, "Throttling.AllocationQuota", "Free allocated quota exceeded.", ACCOUNT),
    (429, "Throttling.AllocationQuota", "Allocated quota exceeded, please increase your quota limit.", BUSY),
    (401, "InvalidApiKey", "Invalid API-key provided.", ACCOUNT),
    (401, "NOT AUTHORIZED", "Access denied: Either you are not authorized to access this workspace", ACCOUNT),
    (403, "AccessDenied", "current user api does not support synchronous calls.", ACCOUNT),
    (403, "AccessDenied.Unpurchased", "Access to model denied.", ACCOUNT),
    (403, "Model.AccessDenied", "Model access denied.", MODEL),
    (403, "App.AccessDenied", "App access denied.", ACCOUNT),
    (403, "Workspace.AccessDenied", "Workspace access denied.", ACCOUNT),
    (403, "AllocationQuota.FreeTierOnly", "The free tier of the model has been exhausted.", ACCOUNT),
    (403, "Throttling", "Free allocated quota exceeded.", ACCOUNT),
    (404, "ModelNotFound", "Model can not be found.", MODEL),
    (404, "Model.NotFound", "Model not found!", MODEL),
    (404, "WorkSpaceNotFound", "WorkSpace can not be found.", ACCOUNT),
    (404, "NotFound", "Not found!", ACCOUNT),
    (408, "RequestTimeOut", "Request timed out, please try again later.", AGAIN),
    (500, "RequestTimeOut", "Request timed out, please try again later.", AGAIN),
    (409, "Conflict", "Model instance xxxx already exists", REQUEST),
    (429, "Throttling", "Requests throttling triggered.", BUSY),
    (429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later.", BUSY),
    (429, "Throttling.BurstRate", "Request rate increased too quickly", BUSY),
    (429, "CommodityNotPurchased", "Commodity has not purchased yet.", ACCOUNT),
    (429, "PrepaidBillOverdue", "The prepaid bill is overdue.", ACCOUNT),
    (429, "PostpaidBillOverdue", "The postpaid bill is overdue.", ACCOUNT),
    (429, "BudgetLimitExceeded", "Budget limit exceeded", ACCOUNT),
    (500, "InternalError", "An internal error has occurred", AGAIN),
    (500, "SystemError", "An system error has occurred", AGAIN),
    (500, "ModelServiceFailed", "Failed to request model service.", AGAIN),
    (500, "InvokePluginFailed", "Failed to invoke plugin.", AGAIN),
    (500, "RewriteFailed", "Failed to rewrite content for prompt.", AGAIN),
    (500, "InternalError.Algo", "An internal error has occured during computation", AGAIN),
    (500, "InternalError.FileUpload", "Failed to upload the result", AGAIN),
    (500, "InternalError.Upload", "Failed to upload the result", AGAIN),
    (500, "InternalError.Timeout", "The asynchronous task timed out after 3 hours", AGAIN),
    (500, "ModelServingError", "Too many requests. Your requests are being throttled", BUSY),
    (503, "ModelServingError", "Too many requests. Your requests are being throttled", BUSY),
    (503, "ModelUnavailable", "Model is unavailable, please try again later.", BUSY),
]


@pytest.mark.parametrize(("status", "code", "message", "verdict"), REFUSED_POSTS)
def test_a_refused_submission_is_judged_by_code_and_message(
    status: int, code: str, message: str, verdict: Verdict
) -> None:
    assert judge(Refusal(code, message, "req", status)) is verdict


@pytest.mark.parametrize(("status", "code", "message", "verdict"), [row for row in REFUSED_POSTS if row[3] != REQUEST])
def test_a_failed_task_with_the_same_code_is_judged_alike(
    status: int, code: str, message: str, verdict: Verdict
) -> None:
    # The code arrives in `output` with HTTP 200 then.
    assert judge(Refusal(code, message, "req")) is verdict


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (0, AGAIN),  # a FAILED task
        (400, REQUEST),
        (401, ACCOUNT),
        (403, ACCOUNT),
        (404, REQUEST),
        (408, AGAIN),
        (429, BUSY),
        (500, AGAIN),
        (502, AGAIN),
        (504, AGAIN),
    ],
)
@pytest.mark.parametrize("code", ["", "SomethingNew"])
def test_an_unknown_code_is_judged_by_the_status_and_never_blamed_on_the_photo(
    code: str, status: int, verdict: Verdict
) -> None:
    assert judge(Refusal(code, "never heard of", "req", status)) is verdict


def test_a_cancelled_task_may_be_made_again() -> None:
    assert judge(Refusal("CANCELED", "the task was cancelled")) is AGAIN
