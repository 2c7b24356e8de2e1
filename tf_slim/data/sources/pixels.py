"""Pictures that come as arrays: what they may be, and the pixels that they stand for."""

from __future__ import annotations

from typing import Any

import numpy as np

from tf_slim.ops.arguments import describe

_CHANNELS = (1, 3, 4)
_CONVERT = "Convert them first, e.g. np.clip(np.rint(images * 255), 0, 255).astype(np.uint8)."


def checked_picture(images: Any) -> tuple[Any, int]:
    """Looks at pictures that are in memory.

    Args:
        images: An array `[pictures, height, width(, channels)]`, or a list of pictures.

    Returns:
        The pictures, indexed from 0 (an array that is uint8 already is not copied), and their
        number of channels.

    Raises:
        TypeError, ValueError: If they are no pictures; of a list the message names the first one.
    """
    if isinstance(images, (str, bytes)) or not hasattr(images, "__len__"):
        raise TypeError(
            f"images must be an array or a list of pictures, received {describe(images)}. A folder "
            "is read by slim.data.from_folder, a generator by slim.data.from_generator."
        )
    if not len(images):
        raise ValueError("images: there is not a single picture.")
    if not isinstance(images, np.ndarray) and hasattr(images, "numpy"):
        images = images.numpy()
    if isinstance(images, np.ndarray) and images.dtype != object:
        if images.ndim not in (3, 4):
            raise ValueError(
                "images must be [pictures, height, width, channels] or [pictures, height, width], "
                f"received {list(images.shape)}. One picture alone is images[np.newaxis]."
            )
        return _whole(images), _channels(images.shape[3:], list(images.shape), "images")
    pictures = [one if hasattr(one, "dtype") else np.asarray(one) for one in images]
    channels = 0
    for index, picture in enumerate(pictures):
        where = f"images[{index}]"
        if isinstance(one := images[index], (str, bytes)) or picture.ndim not in (2, 3):
            raise ValueError(
                f"{where} must be a picture [height, width, channels], received {describe(one)}."
            )
        found = _channels(picture.shape[2:], list(picture.shape), where)
        if channels and found != channels:
            raise ValueError(
                f"{where} has {found} channels, those before have {channels}: convert one kind, "
                "e.g. picture.convert('RGB') with PIL."
            )
        channels = found
        pictures[index] = _whole(np.asarray(picture))
    return pictures, channels


def as_pixels(picture: np.ndarray) -> np.ndarray:
    """One picture as uint8 `[height, width, channels]`.

    Args:
        picture: uint8 `[height, width(, channels)]`.
    """
    picture = np.asarray(picture)
    return np.ascontiguousarray(picture if picture.ndim == 3 else picture[:, :, np.newaxis])


def _channels(last: tuple[int, ...], shape: list[int], where: str) -> int:
    channels = last[0] if last else 1
    if channels not in _CHANNELS:
        first = (
            " The channels come last, after height and width." if 1 in shape or 3 in shape else ""
        )
        raise ValueError(
            f"{where} must have 1 (grey), 3 (RGB) or 4 (RGBA) channels, received shape {shape}."
            f"{first}"
        )
    if 0 in shape:
        raise ValueError(f"{where} has no pixels: its shape is {shape}.")
    return channels


def _whole(images: np.ndarray) -> np.ndarray:
    """The pixels, uint8, that numbers stand for.

    Raises:
        TypeError, ValueError: If they stand for none.
    """
    if images.dtype == np.uint8:
        return images
    if images.dtype == bool:
        return images.astype(np.uint8) * 255
    if not np.issubdtype(images.dtype, np.number) or np.iscomplexobj(images):
        raise TypeError(f"images must be uint8 pixels, received {images.dtype}.")
    low, high = images.min(), images.max()
    if np.issubdtype(images.dtype, np.integer) and low >= 0 and high <= 255:
        return images.astype(np.uint8)
    if np.issubdtype(images.dtype, np.floating) and low >= 0 and high <= 255:
        scaled = images.astype(np.float32) * (255 if high <= 1 else 1)
        pixels = np.rint(scaled)
        # Half precision has the 255th parts to a thousandth of their size.
        if np.abs(scaled - pixels).max() <= (0.13 if images.dtype.itemsize == 2 else 1e-3):
            return pixels.astype(np.uint8)
    raise ValueError(
        f"images must be uint8 pixels from 0 to 255, or floats that stand for such; received "
        f"{images.dtype} in [{low:.6g}, {high:.6g}]. The preprocessing of a pipeline scales them. "
        f"{_CONVERT} Inputs that are no pictures are trained on as a tf.data.Dataset, which fit "
        "takes as it is."
    )
