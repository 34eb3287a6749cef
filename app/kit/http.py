"""Calls to addresses that people typed: resolved once, every address public, connected to exactly what was checked.

No redirects, 5 s to connect, 15 s in all, at most 64 kB read. What went wrong stays in `Unreachable.why` for the log;
its text is the same for every cause, so that nobody maps our network with it.
"""
import ipaddress
import math
import socket
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from urllib.parse import urlsplit

import httpx

from app.kit.clock import real_now

CONNECT, TOTAL, LIMIT = 5, 15, 64 * 1024
BLOCK = [ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "fec0::/10",
                                               "192.0.0.0/24", "192.88.99.0/24")]


class Unreachable(RuntimeError):
    """The call could not be made or got no whole answer. `why` is for logs, `sent` says whether it may have arrived."""

    def __init__(self, why: str, sent: bool = False):
        super().__init__("The address could not be reached.")
        self.why, self.sent = why, sent


@dataclass(frozen=True)
class Answer:
    """What came back: `body` holds at most the limit (64 kB) and `cut` says whether there was more."""
    status: int
    headers: httpx.Headers
    body: bytes
    cut: bool = False

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


def seconds_to_wait(retry_after: str | None) -> int | None:
    """What a Retry-After header asks for, in seconds, whether it names seconds or a date; at most a day."""
    words = (retry_after or "").strip()
    if words.isascii() and words.isdigit():
        return min(int(words[:6]), 86_400)
    try:
        wait = (parsedate_to_datetime(words) - real_now()).total_seconds()
    except (TypeError, ValueError):
        return None
    return min(max(math.ceil(wait), 0), 86_400)


def public(address: str) -> bool:
    """Whether an IP address is on the open internet; `is_global` alone lets tunnels and multicast through."""
    ip = ipaddress.ip_address(address)
    ip = getattr(ip, "ipv4_mapped", None) or ip
    blocked = any(ip in net for net in BLOCK if net.version == ip.version)
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or blocked)


def on_the_internet(url: str) -> bool:
    """Whether somebody outside could send something to this address, as far as it can be told without asking."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        return parts.scheme == "https" and public(host)
    except ValueError:
        return parts.scheme == "https" and "." in host and not host.endswith((".local", ".localhost", ".internal"))


def check(url: str, allow_private: bool = False) -> tuple[httpx.URL, str]:
    """The parsed address and the IP to connect to; raises Unreachable. `allow_private`: the operator's own setting."""
    try:
        parts = urlsplit(url)
        target, port = httpx.URL(url), parts.port
    except (ValueError, httpx.InvalidURL):
        raise Unreachable("not a URL") from None
    if parts.scheme not in (("https", "http") if allow_private else ("https",)):
        raise Unreachable(f"scheme {parts.scheme}")
    if parts.username or parts.password or "@" in parts.netloc or not target.host:
        raise Unreachable("user info or no host")
    port = port if port is not None else (443 if parts.scheme == "https" else 80)
    if port != 443 and port < 1024 and not allow_private:
        raise Unreachable(f"port {port}")
    return target, _resolve(target.raw_host.decode("ascii"), port, allow_private)


def _resolve(host: str, port: int, allow_private: bool) -> str:
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable("name not found") from None
    addresses = list(dict.fromkeys(row[4][0].split("%")[0] for row in found))
    refused = [] if allow_private else [address for address in addresses if not public(address)]
    if refused or not addresses:
        raise Unreachable(f"not public: {', '.join(refused)}")
    return addresses[0]


@cache
def _trusted():
    """Whom to believe, read from disk once and not for each call."""
    return httpx.create_ssl_context(trust_env=False)


def fetch(method: str, url: str, *, headers=None, content: bytes | None = None, json=None,
          allow_private: bool = False, transport=None, limit: int = LIMIT) -> Answer:
    """One call, one answer of any status, at most `limit` bytes of it; raises Unreachable. Redirects are answers."""
    target, address = check(url, allow_private)
    port = f":{target.port}" if target.port else ""
    sent = httpx.Headers({"User-Agent": "RevenueAngel", **(headers or {})})
    sent.update({"Host": f"{target.raw_host.decode()}{port}", "Accept-Encoding": "identity"})
    began, limits = time.monotonic(), httpx.Timeout(TOTAL, connect=CONNECT)
    try:
        with httpx.Client(timeout=limits, follow_redirects=False, trust_env=False, transport=transport,
                          verify=_trusted()) as client:
            request = client.build_request(method, target.copy_with(host=address), headers=sent, content=content,
                                           json=json, extensions={"sni_hostname": target.raw_host.decode()})
            return _read(client.send(request, stream=True), began, limit)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.LocalProtocolError) as error:
        raise Unreachable(type(error).__name__) from None
    except httpx.HTTPError as error:
        raise Unreachable(type(error).__name__, sent=True) from None


def _read(response: httpx.Response, began: float, limit: int) -> Answer:
    body, cut = bytearray(), False
    try:
        for chunk in response.iter_raw():
            body += chunk
            if time.monotonic() - began > TOTAL:
                raise Unreachable("too slow", sent=True)
            if len(body) > limit:
                cut = True
                break
    finally:
        response.close()
    return Answer(response.status_code, response.headers, bytes(body[:limit]), cut)
