"""`application`: all that a server answers, as an application of the ASGI standard."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tf_slim.serving import metrics, people, tensorflow_serving
from tf_slim.serving.guard import Guard
from tf_slim.serving.limits import Refused
from tf_slim.serving.served import Served


def application(
    served: Served,
    *,
    about: str = "",
    hosts: Sequence[str] | None = None,
    origins: Sequence[str] = (),
) -> Any:
    """Makes an application of a model, which any server of the ASGI standard runs.

    It answers `/` (a page for people), `/predict` (one picture), `/v1/models/NAME` (the REST forms
    of TensorFlow Serving), `/healthz` and `/metrics`. What it refuses it answers with a JSON object
    `{"error": reason}`. When the server stops, what was accepted is computed first.

    Args:
      served: the model.
      about: a line about it, for the page.
      hosts: the names by which it may be called (the header `Host`, without a port); None for any.
      origins: the pages of other servers that may ask, such as `https://example.org`.

    Examples:
      >>> served = slim.serving.Served(slim.Predictor("runs/digits"), "digits")
      >>> app = slim.serving.application(served)
      >>> from starlette.testclient import TestClient
      >>> TestClient(app).get("/healthz").status_code
      200
      >>> served.close()
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        yield
        await asyncio.get_running_loop().run_in_executor(None, served.close)

    async def health(request: Request) -> Response:
        del request
        if served.is_closing:
            raise Refused(503, "The server is stopping.", {"Retry-After": "1"})
        return PlainTextResponse("ok\n")

    async def counts(request: Request) -> Response:
        del request
        return Response(served.metrics.text(), headers={"Content-Type": metrics.CONTENT_TYPE})

    cors = Middleware(
        CORSMiddleware,
        allow_origins=list(origins),
        allow_methods=["GET", "POST"],
        allow_headers=["Content-Type"],
        expose_headers=["Retry-After"],
    )
    app = Starlette(
        routes=[
            *people.routes(served, about),
            *tensorflow_serving.routes(served),
            Route("/healthz", health),
            Route("/metrics", counts),
        ],
        middleware=[cors] if origins else [],
        exception_handlers={Refused: _refused, HTTPException: _not_found, Exception: _failed},
        lifespan=lifespan,
    )
    return Guard(app, served, hosts=hosts, origins=origins)


async def _refused(request: Request, error: Any) -> Response:
    del request
    return JSONResponse({"error": error.reason}, error.status, headers=error.headers)


async def _not_found(request: Request, error: Any) -> Response:
    path = request.url.path[:100]
    reasons = {
        404: f"There is nothing at {path!r}.",
        405: f"{path!r} does not know the method {request.method[:20]}.",
    }
    reason = reasons.get(error.status_code, error.detail)
    return JSONResponse({"error": reason}, error.status_code, headers=error.headers)


async def _failed(request: Request, error: Exception) -> Response:
    """The traceback goes to the log, not to whoever asks."""
    del request
    return JSONResponse({"error": f"The server failed: {type(error).__name__}."}, 500)
