"""Who may talk to the server: its own page, and programs that know the token.

A plain ASGI layer in front of the app. A web page elsewhere can neither reach it under another
name (DNS rebinding) nor post to it (CSRF): the Host must be this machine's, the Origin the
page's own, and what is posted must be declared as JSON.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

COOKIE = "overlay"
LARGEST_BODY = 16_384
Headers = list[tuple[bytes, bytes]]


def is_local(host: str) -> bool:
    """Whether an address to bind to is reached from this machine only."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Guard:
    """Lets through what is allowed; ``host`` is the address the server is bound to."""

    def __init__(self, app: App, token: str | None = None, host: str = "127.0.0.1") -> None:
        self._app = app
        self._token = token
        self._host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = {
            key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]
        }
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        refusal = self._refuse(scope, headers)
        if scope["type"] == "websocket":
            await self._connect(scope, receive, send, allowed=refusal is None)
        elif refusal:
            await _answer(send, *refusal)
        elif self._token is None or self._knows(headers):
            await self._app(scope, receive, send)
        elif scope["path"] == "/" and self._is_token(query.get("token", [""])[0]):
            session = f"{COOKIE}={_session(self._token)}; Path=/; HttpOnly; SameSite=Strict"
            moved = [(b"location", b"/"), (b"set-cookie", session.encode())]
            await _answer(send, 303, "moved", "请稍候", moved)
        else:
            asked = [(b"www-authenticate", b"Bearer")]
            await _answer(send, 401, "unauthorized", "需要访问令牌", asked)

    async def _connect(self, scope: Scope, receive: Receive, send: Send, allowed: bool) -> None:
        """Each telephone system shows in its own way that it knows the token: the app asks."""
        if allowed:
            await self._app(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _refuse(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str, str] | None:
        host = headers.get("host", "")
        if not self._is_own(host):
            return 421, "wrong_host", "请用本机地址访问"
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            return 403, "wrong_origin", "不接受其他网页的请求"
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return 403, "wrong_origin", "不接受其他网页的请求"
        if scope.get("method", "GET") not in ("GET", "HEAD"):
            kind = headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind != "application/json":
                return 415, "not_json", "请以 application/json 发送"
            length = headers.get("content-length", "")
            if not length.isdigit():
                return 411, "no_length", "请注明内容长度"
            if int(length) > LARGEST_BODY:
                return 413, "too_large", "内容过长"
        return None

    def _is_own(self, host: str) -> bool:
        """An address in numbers cannot be rebound; of names only this machine's own count."""
        name = urlsplit(f"//{host}").hostname or ""
        if name in ("localhost", self._host.lower()):
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or not is_local(self._host)

    def _knows(self, headers: dict[str, str]) -> bool:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._is_token(given.strip())
        try:
            morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        assert self._token is not None
        return morsel is not None and _same(morsel.value, _session(self._token))

    def _is_token(self, given: str) -> bool:
        return self._token is not None and _same(given, self._token)


def _session(token: str) -> str:
    """What the page's cookie holds: shows that the token was known, without being it."""
    return hashlib.sha256(f"{COOKIE}:{token}".encode()).hexdigest()


def _same(a: str, b: str) -> bool:
    return hmac.compare_digest(a.encode(), b.encode())


async def _answer(
    send: Send, status: int, code: str, message: str, more: Headers | None = None
) -> None:
    body = json.dumps({"error": {"code": code, "message": message}}, ensure_ascii=False).encode()
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *(more or []),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
