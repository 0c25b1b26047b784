"""Fetches a result link, trusting neither link nor content: the vendor's hosts vary, and its links come as http."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import SplitResult, urlsplit, urlunsplit

import requests

from shared.errors import BadResult, NotNow

MOST_BYTES = 20 * 2**20
_TIMEOUT = (3.05, 20.0)
_WHOLE_TIMEOUT = 60.0
_AS_IT_IS = {"Accept-Encoding": "identity"}

Resolve = Callable[[str], Iterable[str]]


def resolve(host: str) -> Iterable[str]:
    """The addresses of `host`. Raises NotNow when it has none now."""
    try:
        return {str(found[4][0]) for found in socket.getaddrinfo(host, 443, proto=socket.IPPROTO_TCP)}
    except (OSError, UnicodeError) as error:
        raise NotNow(f"the result's host {host} has no address now") from error


def checked(link: str, hosts: Sequence[str], resolver: Resolve = resolve) -> str:
    """The link to fetch: https, on an allowed host, at a public address. Raises BadResult when it is not.

    A `host:port` named in `hosts` is taken as it is, http included: that is how the local stack is reached.
    """
    try:
        parts, port = urlsplit(link), urlsplit(link).port
    except ValueError:
        raise BadResult("BadResultLink", "the link is malformed") from None
    if parts.scheme in ("http", "https") and parts.netloc in hosts and port is not None:
        return link
    _check_host(parts, hosts)
    for address in resolver(str(parts.hostname)):
        if not ipaddress.ip_address(address).is_global:
            raise BadResult("BadResultLink", f"{parts.hostname} has the private address {address}")
    # The signature covers neither scheme nor host, so https is safe and the query stays untouched.
    return urlunsplit(("https", str(parts.hostname), parts.path, parts.query, ""))


def _check_host(parts: SplitResult, hosts: Sequence[str]) -> None:
    host = parts.hostname or ""
    known = any(host.endswith(suffix) for suffix in hosts if suffix.startswith(".")) or host in hosts
    plain = parts.scheme in ("http", "https") and parts.username is None and parts.port in (None, 80, 443)
    if not (known and plain):
        raise BadResult("BadResultLink", f"{parts.scheme}://{host} is not in RESULT_HOSTS")


def fetch(link: str, hosts: Sequence[str]) -> bytes:
    """The bytes behind `link`. Raises BadResult when they cannot be a result, NotNow when they may come later."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            url = checked(link, hosts)
            with session.get(url, headers=_AS_IT_IS, timeout=_TIMEOUT, stream=True, allow_redirects=False) as answer:
                return _content(answer)
        except requests.RequestException as error:
            raise NotNow(f"the result could not be fetched ({type(error).__name__})") from None


def _content(answer: requests.Response) -> bytes:
    if answer.status_code >= 500 or answer.status_code == 429:
        raise NotNow(f"the result's host answered {answer.status_code}")
    if answer.status_code != 200:
        raise BadResult("BadResultLink", f"the result's host answered {answer.status_code}")
    # urllib3 1.26 (python3.10 of Function Compute) takes a body that was cut off for a short one unless told.
    answer.raw.enforce_content_length = True
    ends, data = time.monotonic() + _WHOLE_TIMEOUT, bytearray()
    for chunk in answer.iter_content(65_536):
        data += chunk
        if len(data) > MOST_BYTES:
            raise BadResult("BadResult", f"more than {MOST_BYTES} bytes")
        if time.monotonic() > ends:
            raise NotNow("the result came too slowly")
    return bytes(data)
