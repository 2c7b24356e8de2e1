"""What a request of TensorFlow Serving's REST forms asks: its JSON, read with care."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tf_slim.ops.wording import did_you_mean
from tf_slim.serving.limits import Refused

PICTURES = "serving_default"
"""The signature of encoded pictures."""
IMAGES = "images"
"""The signature of images that are prepared already, and what its input is called."""
IMAGE_BYTES = "image_bytes"
"""What the input of encoded pictures is called."""

_FEW = 60


class Asked(NamedTuple):
    """What is asked: one of the two; the other is empty.

    Attributes:
      pictures: encoded ones.
      images: prepared ones, float32 `[height, width, channels]` each.
    """

    pictures: Sequence[bytes] = ()
    images: Sequence[np.ndarray] = ()


def to_predict(content: bytes, spec: tf.TensorSpec) -> tuple[Asked, bool]:
    """What `:predict` is asked, and whether in rows (`instances`) or in columns (`inputs`).

    Args:
      content: the body of the request.
      spec: of one prepared image.

    Raises:
      Refused: it cannot be understood.
    """
    body = _parsed(content)
    _only(body, ("signature_name", "instances", "inputs"))
    signature = _signature(body, (PICTURES, IMAGES))
    rows = "instances" in body
    if rows == ("inputs" in body):
        raise Refused(
            400, 'Expected one of "instances" (a list of rows) and "inputs" (columns) in the JSON.'
        )
    where = "instances" if rows else "inputs"
    value = body[where]
    if not rows:
        value = _named(value, where)
    if not isinstance(value, list) or not value:
        raise Refused(
            400, f"{where}: expected a list with at least one in it; got {_shown(value)}."
        )
    if rows:
        value = [_named(one, f"{where}[{i}]") for i, one in enumerate(value)]
    encoded = [isinstance(one, dict) for one in value]
    if any(encoded) != all(encoded):
        raise Refused(
            400, f"{where}: encoded pictures and prepared images cannot stand in one request."
        )
    if all(encoded):
        if signature == IMAGES:
            raise Refused(
                400,
                f'{where}: the signature "{IMAGES}" takes prepared images, lists of numbers; '
                f'encoded pictures are for "{PICTURES}".',
            )
        return Asked(pictures=[_decoded(one, f"{where}[{i}]") for i, one in enumerate(value)]), rows
    return Asked(images=list(_array(value, where, spec))), rows


def to_classify(content: bytes) -> Asked:
    """What `:classify` is asked: examples of one feature each, an encoded picture.

    Args:
      content: the body of the request.

    Raises:
      Refused: it cannot be understood.
    """
    body = _parsed(content)
    _only(body, ("signature_name", "context", "examples"))
    _signature(body, (PICTURES,))
    context, examples = body.get("context", {}), body.get("examples")
    if not isinstance(context, dict):
        raise Refused(400, f"context: expected an object of features; got {_shown(context)}.")
    if not isinstance(examples, list) or not examples:
        raise Refused(
            400, f"examples: expected a list with at least one in it; got {_shown(examples)}."
        )
    pictures = []
    for i, one in enumerate(examples):
        where = f"examples[{i}]"
        if not isinstance(one, dict):
            raise Refused(400, f"{where}: expected an object of features; got {_shown(one)}.")
        features = list((context | one).values())
        if len(features) != 1:
            raise Refused(
                400,
                f'{where}: expected one feature, {{"{IMAGE_BYTES}": {{"b64": "..."}}}}; got '
                f"{len(features)}.",
            )
        value = features[0]
        pictures.append(_decoded(value[0] if _is_of_one(value) else value, where))
    return Asked(pictures=pictures)


def _parsed(content: bytes) -> dict[str, Any]:
    """The JSON object of a body.

    Raises:
      Refused: it is none.
    """
    if not content:
        raise Refused(400, "The body of the request is empty: expected a JSON object.")
    try:
        body = json.loads(content)
    except RecursionError:
        raise Refused(400, "The JSON of the request is nested too deeply.") from None
    except ValueError as error:
        raise Refused(400, f"The body of the request is no JSON: {error}.") from None
    if not isinstance(body, dict):
        raise Refused(400, f"Expected a JSON object; got {_shown(body)}.")
    return body


def _only(body: dict[str, Any], known: tuple[str, ...]) -> None:
    for key in body:
        if key not in known:
            hint = did_you_mean(key, known)
            raise Refused(
                400, f"There is nothing to do with {_shown(key)}.{hint} Known: {', '.join(known)}."
            )


def _signature(body: dict[str, Any], known: tuple[str, ...]) -> str | None:
    name = body.get("signature_name") or None
    if name is not None and name not in known:
        raise Refused(
            400,
            f"signature_name: there is no {_shown(name)} here. Known: {', '.join(known)}.",
        )
    return name


def _named(value: Any, where: str) -> Any:
    """What an input is, whether it is named or not."""
    if not isinstance(value, dict) or "b64" in value:
        return value
    if len(value) == 1 and next(iter(value)) in (IMAGES, IMAGE_BYTES):
        return next(iter(value.values()))
    raise Refused(
        400,
        f'{where}: expected {{"b64": "..."}}, or it as the one input "{IMAGE_BYTES}", or numbers '
        f'as the one input "{IMAGES}"; got an object of {_shown(list(value))}.',
    )


def _is_of_one(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 1


def _decoded(value: Any, where: str) -> bytes:
    text = value.get("b64") if isinstance(value, dict) and len(value) == 1 else None
    if not isinstance(text, str):
        raise Refused(
            400, f'{where}: expected {{"b64": "..."}}, a picture in base 64; got {_shown(value)}.'
        )
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(400, f"{where}: this is no base 64: {error}.") from None
    if not content:
        raise Refused(400, f"{where}: it is empty.")
    return content


def _array(value: list[Any], where: str, spec: tf.TensorSpec) -> np.ndarray:
    shape = ", ".join("any" if side is None else str(side) for side in spec.shape)
    expected = f"expected prepared images, numbers [n, {shape}]"
    try:
        images = np.array(value, np.float32)
    except (TypeError, ValueError, OverflowError) as error:
        reason = str(error).partition("\n")[0]
        raise Refused(
            400, f"{where}: {expected}, or pictures in base 64; they are not: {reason}."
        ) from None
    if images.ndim != 4 or not spec.shape.is_compatible_with(images.shape[1:]) or not images.size:
        raise Refused(400, f"{where}: {expected}; got {list(images.shape)}.")
    if not np.isfinite(images).all():
        raise Refused(400, f"{where}: the numbers of an image must be finite.")
    return images


def _shown(value: Any) -> str:
    """A value, as short as an error is to be."""
    try:
        text = json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        text = type(value).__name__
    return text if len(text) <= _FEW else f"{text[:_FEW]} ..."
