"""What the service refuses, in the vendor's words.

Codes, statuses and texts: https://www.alibabacloud.com/help/en/mns/error-codes; where the page and recorded
answers differ, the recorded text stands.
"""

from __future__ import annotations

_TABLE: dict[str, tuple[int, str]] = {
    "InvalidArgument": (400, "{}"),
    "InvalidAuthorizationHeader": (400, "The Authorization header format is invalid."),
    "InvalidDateHeader": (400, "The Date header format is invalid."),
    "InvalidQueueName": (
        400,
        "The queue name you provided is invalid. QueueName should start with alphabet and contain only "
        "digit, alphabet or -.",
    ),
    "InvalidRequestURL": (400, "Http request URL format invalid."),
    "MalformedXML": (400, "The XML you provided was not well-formed."),
    "MissingAuthorizationHeader": (400, "Authorization header is required."),
    "MissingDateHeader": (400, "Date header is required."),
    "MissingReceiptHandle": (400, "ReceiptHandle is required."),
    "MissingVisibilityTimeout": (400, "VisibilityTimeout is required."),
    "QueueNameLengthError": (400, "Queue name length should between 1 and {}."),
    "ReceiptHandleError": (400, "The receipt handle you provide is not valid."),
    "InvalidAccessKeyId": (403, "The access Id you provided does not exist."),
    "SignatureDoesNotMatch": (
        403,
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method.",
    ),
    "MessageNotExist": (404, "Message not exist."),
    "QueueNotExist": (404, "The queue name you provided is not exist."),
    "TimeExpired": (408, "The http request you sent is expired."),
    "QueueAlreadyExist": (409, "The queue you want to create is already exist."),
}


class MnsError(Exception):
    """One refusal: `status` (HTTP), `code` and `message` as the service answers them."""

    def __init__(self, code: str, *words: object) -> None:
        self.code = code
        self.status, text = _TABLE[code]
        self.message = text.format(*words)
        super().__init__(f"{code}: {self.message}")
