"""The folders that each page finds: `pets/`, pictures of three classes, and `new/`, three more.

Drawn by rule, so that a net can learn to tell them apart: a class has its colour and its shape.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

CLASSES = {"cat": (214, 140, 60), "dog": (120, 84, 60), "fox": (196, 70, 36)}
EACH = 24
SIZE = 96


def make(folder: Path) -> None:
    """Makes both folders.

    Args:
      folder: where they go.
    """
    rng = np.random.RandomState(0)
    for name in CLASSES:
        (folder / "pets" / name).mkdir(parents=True)
        for number in range(1, EACH + 1):
            _picture(name, rng).save(folder / "pets" / name / f"{number:02}.jpg", quality=85)
    (folder / "new").mkdir()
    for number, name in enumerate(CLASSES, start=1):
        _picture(name, rng).save(folder / "new" / f"{number}.jpg", quality=85)


def _picture(name: str, rng: np.random.RandomState):
    """A head with ears before a background: round ears, ears that hang, or pointed ones."""
    from PIL import Image, ImageDraw

    def colour(base, spread):
        return tuple(int(v) for v in np.clip(np.add(base, rng.randint(-spread, spread, 3)), 0, 255))

    image = Image.new("RGB", (SIZE, SIZE), colour((120, 150, 110), 60))
    draw = ImageDraw.Draw(image)
    fur = colour(CLASSES[name], 20)
    x, y = rng.randint(38, 58, 2)
    size = rng.randint(18, 26)
    for side in (-1, 1):
        ear = x + side * size
        if name == "cat":
            draw.ellipse([ear - 9, y - size - 9, ear + 9, y - size + 9], fill=fur)
        elif name == "dog":
            draw.ellipse([ear - 7, y - size // 2, ear + 7, y + size], fill=fur)
        else:
            points = [(ear - 10, y - 6), (ear + 10, y - 6), (ear, y - 2 * size)]
            draw.polygon(points, fill=fur)
    draw.ellipse([x - size, y - size, x + size, y + size], fill=fur)
    for side in (-1, 1):
        eye = x + side * size // 2
        draw.ellipse([eye - 3, y - 6, eye + 3, y], fill=(20, 20, 20))
    noise = rng.randint(-12, 12, (SIZE, SIZE, 3))
    return Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))
