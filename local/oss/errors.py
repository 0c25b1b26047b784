"""What OSS says when it says no."""

from __future__ import annotations

from collections.abc import Mapping


class OssError(Exception):
    """An answer other than success: HTTP status, the vendor's code and message, and its fine error code (EC).

    Codes: https://www.alibabacloud.com/help/en/oss/user-guide/http-status-codes . `ec` is empty where the vendor's
    number is not documented. `headers` go out with the answer.
    """

    def __init__(
        self, status: int, code: str, message: str, ec: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message, self.ec = status, code, message, ec
        self.headers = headers or {}


def invalid_argument(message: str, ec: str = "") -> OssError:
    """400: a parameter or header has a value OSS does not take."""
    return OssError(400, "InvalidArgument", message, ec)


def not_implemented(what: str) -> OssError:
    """501: real OSS may well do it, this local one does not and says so."""
    return OssError(501, "NotImplemented", f"The local OSS does not implement {what}.")
