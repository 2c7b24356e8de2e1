"""What people ask: the page, and one picture at a time, as a page, `curl` or a telephone sends it.

curl --data-binary @a.jpg http://127.0.0.1:8501/predict
curl -F picture=@a.jpg 'http://127.0.0.1:8501/predict?top=3&heat_map=1'
"""

from __future__ import annotations

from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from tf_slim.report import images
from tf_slim.serving import page
from tf_slim.serving.limits import Refused
from tf_slim.serving.served import Served

_TOP = 5
_SIDE = 320


def routes(served: Served, about: str) -> list[Route]:
    """The routes of the page and of what it asks.

    Args:
      served: the model.
      about: a line about it.
    """

    async def index(request: Request) -> Response:
        del request
        return HTMLResponse(
            page.html(served, about), headers={"Content-Security-Policy": page.POLICY}
        )

    async def script(request: Request) -> Response:
        del request
        return Response(page.script(), media_type="text/javascript")

    async def predict(request: Request) -> Response:
        top, heat_map = _number(request, "top", _TOP), bool(_number(request, "heat_map", 0))
        with served.places.held(1):
            (found,) = await served.predict([await _picture(request)], heat_maps=heat_map)
        answer: dict[str, Any] = {"labels": [one._asdict() for one in found.top(top)]}
        if found.image is not None:
            answer["image"] = await served.in_thread(images.data_uri, found.image, None, _SIDE)
            answer["heat_map"] = await served.in_thread(
                images.data_uri, found.image, found.heat_map, _SIDE
            )
        return JSONResponse(answer)

    return [
        Route("/", index),
        Route(page.SCRIPT, script),
        Route("/predict", predict, methods=["POST"]),
    ]


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise Refused(400, f"{name}: expected a number from 0 on; got {text[:60]!r}.")
    return int(text)


async def _picture(request: Request) -> bytes:
    """The one picture of a request: its body, or the file in its form."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        async with request.form(max_files=1, max_fields=8) as form:
            for value in form.values():
                if isinstance(value, UploadFile):
                    return _not_empty(await value.read())
        raise Refused(400, "There is no file in the form: send a picture, as `curl -F a=@a.jpg`.")
    if kind == "application/json":
        raise Refused(
            415, "Expected a picture: send the file as it is. For JSON see /v1/models/NAME:predict."
        )
    return _not_empty(await request.body())


def _not_empty(content: bytes) -> bytes:
    if not content:
        raise Refused(400, "There is no picture: the body of the request is empty.")
    return content
