"""What a vendor's `code` and `message` mean for us. Pure. HTTP status is no class: arrears are 400, overdue bills 429.

Source: the vendor's error-code pages (help.aliyun.com/zh/model-studio/error-code) and the model's own three codes.
"""

from __future__ import annotations

from enum import Enum

from shared.models.contract import Refusal


class Verdict(Enum):
    """What has to happen next."""

    BUSY = "slot, rate or capacity: wait; burns no attempt"
    PHOTO = "this picture can never work: refuse it, readably"
    LINK = "the vendor could not use our link: a fresh one a few times, then it is the picture"
    AGAIN = "the vendor's own trouble: a FAILED task may be tried anew; a POST is ambiguous"
    ACCOUNT = "the account or its key refuses: stop all submissions, tell the operator"
    MODEL = "the model is gone for this account: stop its submissions, name the setting"
    REQUEST = "our request is wrong: hold the job, tell the operator"


_EXACT = {
    "InvalidURL": Verdict.LINK,
    "InvalidURL.ConnectionRefused": Verdict.LINK,
    "InvalidURL.Timeout": Verdict.LINK,
    "InvalidParameter.DataInspection": Verdict.LINK,
    "InvalidParameter.FileDownload": Verdict.LINK,
    "BadRequest.InputDownloadFailed": Verdict.LINK,
    "InvalidParameter.ImageFormat": Verdict.PHOTO,
    "BadRequest.UnsupportedFileFormat": Verdict.PHOTO,
    "BadRequest.TooLarge": Verdict.PHOTO,
    "DataInspectionFailed": Verdict.PHOTO,
    "InvalidPerson": Verdict.PHOTO,
    "InvalidInputLength": Verdict.PHOTO,
    "IPInfringementSuspect": Verdict.PHOTO,
    "CustomRoleBlocked": Verdict.PHOTO,
    "FaqRuleBlocked": Verdict.PHOTO,
    "BadRequest.EmptyModel": Verdict.MODEL,
    "ModelNotFound": Verdict.MODEL,
    "Model.NotFound": Verdict.MODEL,
    "Model.AccessDenied": Verdict.MODEL,
    "Arrearage": Verdict.ACCOUNT,
    "InvalidApiKey": Verdict.ACCOUNT,
    "NOT AUTHORIZED": Verdict.ACCOUNT,
    "AllocationQuota.FreeTierOnly": Verdict.ACCOUNT,
    "CommodityNotPurchased": Verdict.ACCOUNT,
    "PrepaidBillOverdue": Verdict.ACCOUNT,
    "PostpaidBillOverdue": Verdict.ACCOUNT,
    "BudgetLimitExceeded": Verdict.ACCOUNT,
    "FlowNotPublished": Verdict.ACCOUNT,
    "WorkSpaceNotFound": Verdict.ACCOUNT,
    "NotFound": Verdict.ACCOUNT,
    "ModelServingError": Verdict.BUSY,
    "ModelUnavailable": Verdict.BUSY,
}
_PREFIXES = (
    ("InvalidImage", Verdict.PHOTO),  # InvalidImageResolution, InvalidImageFormat, InvalidImage.NoHumanFace …
    ("InvalidFace", Verdict.PHOTO),
    ("InvalidFile", Verdict.PHOTO),
    ("Throttling", Verdict.BUSY),
    ("InternalError", Verdict.AGAIN),
    ("SystemError", Verdict.AGAIN),
    ("ModelServiceFailed", Verdict.AGAIN),
    ("InvokePluginFailed", Verdict.AGAIN),
    ("RewriteFailed", Verdict.AGAIN),
    ("RequestTimeOut", Verdict.AGAIN),
    ("CANCELED", Verdict.AGAIN),
    ("AccessDenied", Verdict.ACCOUNT),
    ("App.AccessDenied", Verdict.ACCOUNT),
    ("Workspace.AccessDenied", Verdict.ACCOUNT),
)


def judge(refusal: Refusal) -> Verdict:
    """What `refusal` means; an unknown code is judged by its status, and in doubt never as the picture's fault."""
    by_words = _by_message(refusal.message.lower())
    if by_words is not None:
        return by_words
    if refusal.code in _EXACT:
        return _EXACT[refusal.code]
    for prefix, verdict in _PREFIXES:
        if refusal.code.startswith(prefix):
            return verdict
    return _by_status(refusal.status)


def _by_message(message: str) -> Verdict | None:
    # Codes that mean two things: only the message tells a spent free quota from a rate, or a model from a field.
    if "free allocated quota exceeded" in message:
        return Verdict.ACCOUNT
    if "model not exist" in message:
        return Verdict.MODEL
    if "url error" in message:
        return Verdict.LINK
    return None


def _by_status(status: int) -> Verdict:
    if status == 429:
        return Verdict.BUSY
    if status in (401, 403):
        return Verdict.ACCOUNT
    if status >= 500 or status in (0, 408):
        return Verdict.AGAIN
    return Verdict.REQUEST
