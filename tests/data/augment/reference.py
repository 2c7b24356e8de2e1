"""The operations of RandAugment in NumPy, pixel by pixel where that is plainest."""

from __future__ import annotations

import math

import numpy as np


def grey(image):
    if image.shape[2] == 1:
        return image
    return (image @ np.array([0.299, 0.587, 0.114]))[:, :, None]


def enhanced(poor, image, factor):
    return np.clip(poor * (1 - factor) + image * factor, 0, 255)


def smoothed(image):
    result = image.copy()
    weights = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]]) / 13
    for y in range(1, image.shape[0] - 1):
        for x in range(1, image.shape[1] - 1):
            part = image[y - 1 : y + 2, x - 1 : x + 2]
            result[y, x] = np.einsum("yx,yxc->c", weights, part)
    return result


def autocontrast(image, strength, sign):
    result = image.copy()
    for c in range(image.shape[2]):
        low, high = image[..., c].min(), image[..., c].max()
        if high > low:
            result[..., c] = (image[..., c] - low) * 255 / (high - low)
    return result


def equalize(image, strength, sign):
    result = image.copy()
    for c in range(image.shape[2]):
        values = image[..., c].astype(int)
        counts = np.bincount(values.ravel(), minlength=256)
        step = (counts.sum() - counts[values.max()]) // 255
        if step:
            table, total = [], step // 2
            for count in counts:
                table.append(min(total // step, 255))
                total += count
            result[..., c] = np.array(table)[values]
    return result


def moved(image, read_at):
    """What is read at (y, x), in between bilinearly, with 128 outside."""
    height, width, _ = image.shape

    def pixel(y, x):
        inside = 0 <= y < height and 0 <= x < width
        return image[y, x] if inside else np.full(image.shape[2], 128.0)

    result = np.zeros_like(image)
    for y in range(height):
        for x in range(width):
            v, u = read_at(y, x)
            top, left = math.floor(v), math.floor(u)
            for dy, dx in ((0, 0), (0, 1), (1, 0), (1, 1)):
                weight = (1 - abs(v - top - dy)) * (1 - abs(u - left - dx))
                result[y, x] += weight * pixel(top + dy, left + dx)
    return result


def rotate(image, strength, sign):
    angle = sign * strength * math.pi / 6
    y0, x0 = (image.shape[0] - 1) / 2, (image.shape[1] - 1) / 2

    def read_at(y, x):
        dy, dx = y - y0, x - x0
        return (
            y0 + math.sin(angle) * dx + math.cos(angle) * dy,
            x0 + math.cos(angle) * dx - math.sin(angle) * dy,
        )

    return moved(image, read_at)


OPERATIONS = {
    "identity": lambda image, strength, sign: image,
    "autocontrast": autocontrast,
    "equalize": equalize,
    "rotate": rotate,
    "solarize": lambda image, strength, sign: np.where(
        image < 256 * (1 - strength), image, 255 - image
    ),
    "posterize": lambda image, strength, sign: (
        image.astype(int) & ~(2 ** round(4 * strength) - 1)
    ).astype(float),
    "colour": lambda image, strength, sign: enhanced(grey(image), image, 1 + sign * 0.9 * strength),
    "contrast": lambda image, strength, sign: enhanced(
        grey(image).mean(), image, 1 + sign * 0.9 * strength
    ),
    "brightness": lambda image, strength, sign: enhanced(0.0, image, 1 + sign * 0.9 * strength),
    "sharpness": lambda image, strength, sign: enhanced(
        smoothed(image), image, 1 + sign * 0.9 * strength
    ),
    "shear_x": lambda image, strength, sign: moved(
        image, lambda y, x: (y, x + sign * 0.3 * strength * y)
    ),
    "shear_y": lambda image, strength, sign: moved(
        image, lambda y, x: (y + sign * 0.3 * strength * x, x)
    ),
    "translate_x": lambda image, strength, sign: moved(
        image, lambda y, x: (y, x + sign * 0.45 * strength * image.shape[1])
    ),
    "translate_y": lambda image, strength, sign: moved(
        image, lambda y, x: (y + sign * 0.45 * strength * image.shape[0], x)
    ),
}
