"""A folder of pictures as people have them, made by Pillow: three colours, in many formats."""

from __future__ import annotations

from pathlib import Path

import numpy as np

# The names of the classes, of which one has a space and two are not ASCII, and their colours.
CLASSES = {"gelb & rund": (230, 210, 40), "grün": (40, 200, 60), "青": (40, 60, 220)}
PLAIN = 14


def make(folder: Path) -> dict[str, list[str]]:
    """Makes the folder.

    Args:
      folder: where the folders of the classes go.

    Returns:
      The relative paths of the pictures of each class. Besides there are `grün/cut.jpg`, which is
      truncated, and `grün/notes.txt`.
    """
    from PIL import Image

    rng = np.random.RandomState(0)

    def picture(colour, size=(40, 30)):
        # Brighter at the top, so that a turn shows.
        light = np.linspace(40, -40, size[1])[:, None, None]
        pixels = np.array(colour) + light + 25 * rng.randn(size[1], size[0], 3)
        return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))

    made: dict[str, list[str]] = {}
    for name, colour in CLASSES.items():
        (folder / name).mkdir(parents=True)
        made[name] = []

        def save(image, file, name=name, **options):
            image.save(folder / name / file, **options)
            made[name].append(f"{name}/{file}")

        for number in range(PLAIN):
            width, height = rng.randint(24, 60, 2)
            save(picture(colour, (width, height)), f"{number:02}.jpg", quality=90)
        save(picture(colour), "progressiv é.jpeg", quality=85, progressive=True)
        save(picture(colour).convert("CMYK"), "cmyk.jpg", quality=90)
        save(picture(colour).convert("P", palette=Image.Palette.ADAPTIVE), "palette.png")
        save(picture(colour).convert("RGBA"), "alpha.png")
        save(picture(colour), "web.webp", quality=90)
        save(picture(colour), "bitmap.bmp")
        frames = [picture(colour) for _ in range(3)]
        save(frames[0], "animated.gif", save_all=True, append_images=frames[1:])
        exif = Image.Exif()
        exif[0x0112] = 6  # orientation: to be turned by a quarter, clockwise
        save(picture(colour).transpose(Image.Transpose.ROTATE_90), "turned.jpg", exif=exif)
        deep = (np.asarray(picture(colour).convert("L"), np.uint16) << 8) + 255
        save(Image.fromarray(deep), "deep.png")  # 16 bits a pixel
    whole = (folder / "grün" / "00.jpg").read_bytes()
    (folder / "grün" / "cut.jpg").write_bytes(whole[: len(whole) // 3])
    (folder / "grün" / "notes.txt").write_text("no picture\n")
    return made
