"""TensorFlow Serving's REST forms: `/v1/models/NAME:predict` and what belongs to it.

https://www.tensorflow.org/tfx/serving/api_rest
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tf_slim.evaluation.prediction import Prediction
from tf_slim.serving import asked
from tf_slim.serving.limits import Refused
from tf_slim.serving.served import Served

Handler = Callable[[Request], Awaitable[Response]]


def routes(served: Served) -> list[Route]:
    """The routes of a model.

    Args:
      served: the model.
    """
    made = []
    for path in ("/v1/models/{name}", "/v1/models/{name}/versions/{version}"):
        for verb, handler in (("predict", _predict), ("classify", _classify)):
            made.append(Route(f"{path}:{verb}", _of(served, handler), methods=["POST"]))
        made.append(Route(f"{path}:{{verb}}", _of(served, _unknown_verb), methods=["POST"]))
        made.append(Route(f"{path}/metadata", _of(served, _metadata)))
        made.append(Route(path, _of(served, _status)))
    return made


def _of(served: Served, handler: Callable[[Served, Request], Awaitable[Any]]) -> Handler:
    """A handler that looks first whether its model is meant."""

    async def answer(request: Request) -> Response:
        name, version = (request.path_params.get(key) for key in ("name", "version"))
        if ":" in str(version or name):
            raise Refused(405, "A model is asked by the method POST.", {"Allow": "POST"})
        if name != served.name:
            raise Refused(
                404, f"There is no model {str(name)[:100]!r} here. The one that is: {served.name}."
            )
        if version not in (None, str(served.version)):
            raise Refused(
                404,
                f"There is no version {str(version)[:100]} of {name} here. The one that is: "
                f"{served.version}.",
            )
        return JSONResponse(await handler(served, request))

    return answer


async def _predict(served: Served, request: Request) -> dict[str, Any]:
    with served.places.held(1):
        wanted, in_rows = await served.in_thread(
            asked.to_predict, await request.body(), served.predictor.image_spec
        )
        found = await _predicted(served, wanted)
    rows = [_row(one, bool(wanted.pictures)) for one in found]
    if in_rows:
        return {"predictions": rows}
    return {"outputs": {key: [row[key] for row in rows] for key in rows[0]}}


async def _classify(served: Served, request: Request) -> dict[str, Any]:
    with served.places.held(1):
        wanted = await served.in_thread(asked.to_classify, await request.body())
        found = await _predicted(served, wanted)
    return {"results": [[list(scored) for scored in one.labels] for one in found]}


async def _predicted(served: Served, wanted: asked.Asked) -> list[Prediction]:
    """The answers, whose first place is held already."""
    count = len(wanted.pictures) + len(wanted.images)
    served.places.check(count)
    with served.places.held(count - 1):
        if wanted.pictures:
            return await served.predict(wanted.pictures)
        return await served.predict_arrays(wanted.images)


def _row(found: Prediction, of_picture: bool) -> dict[str, Any]:
    """What one prediction is in the answer: as an exported SavedModel has it."""
    if not of_picture:
        return {
            "probabilities": [] if found.probabilities is None else found.probabilities.tolist()
        }
    scored = found.labels
    return {
        "classes": [one.label for one in scored],
        "scores": [one.probability for one in scored],
    }


async def _unknown_verb(served: Served, request: Request) -> dict[str, Any]:
    verb = str(request.path_params.get("verb"))[:100]
    raise Refused(
        404, f"{served.name} is a classifier and knows :predict and :classify, not :{verb}."
    )


async def _status(served: Served, request: Request) -> dict[str, Any]:
    del request
    return {
        "model_version_status": [
            {
                "version": str(served.version),
                "state": "UNLOADING" if served.is_closing else "AVAILABLE",
                "status": {"error_code": "OK", "error_message": ""},
            }
        ]
    }


async def _metadata(served: Served, request: Request) -> dict[str, Any]:
    del request
    classes = None if served.predictor.labels is None else len(served.predictor.labels)
    signatures = {
        asked.PICTURES: _signature(
            {asked.IMAGE_BYTES: ("DT_STRING", [])},
            {"classes": ("DT_STRING", [classes]), "scores": ("DT_FLOAT", [classes])},
        ),
        asked.IMAGES: _signature(
            {asked.IMAGES: ("DT_FLOAT", list(served.predictor.image_spec.shape))},
            {"probabilities": ("DT_FLOAT", [classes])},
        ),
    }
    return {
        "model_spec": {
            "name": served.name,
            "signature_name": "",
            "version": str(served.version),
        },
        "metadata": {"signature_def": {"signature_def": signatures}},
    }


def _signature(inputs: dict[str, tuple], outputs: dict[str, tuple]) -> dict[str, Any]:
    return {
        "inputs": {name: _tensor(name, *one) for name, one in inputs.items()},
        "outputs": {name: _tensor(name, *one) for name, one in outputs.items()},
        "method_name": "tensorflow/serving/predict",
    }


def _tensor(name: str, dtype: str, shape: list[int | None]) -> dict[str, Any]:
    sides = [None, *shape]
    return {
        "dtype": dtype,
        "tensor_shape": {
            "dim": [{"size": str(-1 if side is None else side), "name": ""} for side in sides],
            "unknown_rank": False,
        },
        "name": name,
    }
