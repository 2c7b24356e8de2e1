"""What stands before an application: who may ask, how much and how long, and what is counted."""

from __future__ import annotations

import asyncio
import contextlib
import time
import urllib.parse
from collections.abc import Sequence
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse

from tf_slim.serving.limits import Bodies, Refused
from tf_slim.serving.served import Served

_HEADERS = {
    # As of a report: nothing is fetched and nothing runs. The page says what else it needs.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_SECONDS_TO_DRAIN = 1.0
_FIXED = ("/", "/page.js", "/predict", "/healthz", "/metrics")


class Guard:
    """Passes on to an application what it can answer, and sends away the rest.

    Args:
      app: the application.
      served: its model.
      hosts: by which names the server may be called; None for any. A page of somebody else whose
        name is made to lead to this machine could read the answers otherwise.
      origins: the pages of other servers that may ask.
    """

    def __init__(
        self, app: Any, served: Served, *, hosts: Sequence[str] | None, origins: Sequence[str]
    ):
        self._app, self._served, self._origins = app, served, frozenset(origins)
        self._hosts = None if hosts is None else frozenset(one.lower() for one in hosts)
        self._bodies = Bodies(served.limits)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begin = time.monotonic()
        headers = Headers(scope=scope)
        with self._bodies.counted() as came:
            body = _Body(receive, came, is_coming="expect" not in headers)
            answer = _Answer(send, body, self._served.limits.max_bytes, bool(self._origins))
            try:
                self._admit(headers, scope["method"])
                await asyncio.wait_for(
                    self._app(scope, body.receive, answer.send), self._served.limits.timeout
                )
            except asyncio.TimeoutError:
                await self._send(self._late(body), scope, body, answer)
            except Refused as refused:
                await self._send(refused, scope, body, answer)
            finally:
                metrics = self._served.metrics
                path = self._known(scope["path"])
                metrics.requests.labels(path, str(answer.status)).inc()
                metrics.seconds.labels(path).observe(time.monotonic() - begin)

    def _admit(self, headers: Headers, method: str) -> None:
        host = _name(f"//{headers.get('host', '')}")
        if self._hosts is not None and host not in self._hosts:
            raise Refused(
                421,
                f"This server is not called {host[:100]!r}. Start it with --allow-host NAME if it "
                "is.",
            )
        origin = headers.get("origin")
        is_ours = origin is None or urllib.parse.urlsplit(origin).netloc == headers.get("host")
        is_known = origin in self._origins or "*" in self._origins
        if method == "POST" and not (is_ours or is_known):
            raise Refused(
                403,
                f"Pages of {str(origin)[:100]!r} may not ask this server. Start it with --cors "
                "ORIGIN if they may.",
            )
        length = headers.get("content-length", "")
        if length.isascii() and length.isdigit():
            if int(length[:18]) > self._served.limits.max_bytes:
                raise self._served.limits.too_large()

    def _late(self, body: _Body) -> Refused:
        limits = self._served.limits
        if not body.is_whole:
            body.give_up()
            return limits.too_slow()
        return Refused(504, f"There was no answer within {limits.timeout:g} s.")

    async def _send(self, refused: Refused, scope: Any, body: _Body, answer: _Answer) -> None:
        if answer.status is None:
            response = JSONResponse(
                {"error": refused.reason}, refused.status, headers=refused.headers
            )
            await response(scope, body.receive, answer.send)

    def _known(self, path: str) -> str:
        """The path as it is counted: whatever somebody tries must not become a row of its own."""
        if path in _FIXED:
            return path
        model = f"/v1/models/{self._served.name}"
        rest = path.removeprefix(model).removeprefix(f"/versions/{self._served.version}")
        if path.startswith(model) and rest in ("", "/metadata", ":predict", ":classify"):
            return model + rest
        return "other"


class _Body:
    """The body of a request, counted as it comes.

    Args:
      receive: gives the next part of it.
      came: is told how many bytes came.
      is_coming: whether it comes unasked; otherwise (`Expect: 100-continue`) with the first part.
    """

    def __init__(self, receive: Any, came: Any, is_coming: bool):
        self._receive, self._came, self._is_coming = receive, came, is_coming
        self.is_whole = False

    async def receive(self) -> Any:
        message = await self._next()
        if message["type"] == "http.request":
            self._came(len(message.get("body", b"")))
        return message

    async def drain(self, most: int) -> None:
        """Takes the rest: who is still sending does not read the answer."""
        with contextlib.suppress(asyncio.TimeoutError):
            while self._is_coming and not self.is_whole and most > 0:
                message = await asyncio.wait_for(self._next(), _SECONDS_TO_DRAIN)
                most -= len(message.get("body", b""))

    def give_up(self) -> None:
        """Waits no longer for the rest of it."""
        self._is_coming = False

    async def _next(self) -> Any:
        message = await self._receive()
        self._is_coming = True
        self.is_whole |= not message.get("more_body", False)
        return message


class _Answer:
    """The answer to a request, with the headers of every answer.

    Args:
      send: sends a part of it.
      body: of the request.
      most: how many bytes of that to wait for, where the answer comes before it is whole.
      shared: whether pages of other servers may read it.
    """

    def __init__(self, send: Any, body: _Body, most: int, shared: bool):
        self._send, self._body, self._most, self._shared = send, body, most, shared
        self.status: int | None = None

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if message["status"] >= 400:
                await self._body.drain(self._most)
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            if not self._shared:
                headers["Cross-Origin-Resource-Policy"] = "same-origin"
        await self._send(message)


def _name(address: str) -> str:
    """The name of the host in an address, without its port; nothing where there is none."""
    with contextlib.suppress(ValueError):
        return urllib.parse.urlsplit(address).hostname or ""
    return ""
