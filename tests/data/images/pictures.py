"""Picture files of every kind, made by Pillow, and what Pillow reads in them."""

from __future__ import annotations

import functools
import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps

MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def pixels(height: int = 37, width: int = 53, channels: int = 3) -> np.ndarray:
    """Something with edges and slopes in it, that is different wherever it is turned."""
    rows, columns = np.mgrid[:height, :width]
    planes = [
        (rows * 5 + columns * (3 + n) + 60 * (columns > width // 3) * (rows > height // 4)) % 256
        for n in range(channels)
    ]
    return np.stack(planes, -1).astype(np.uint8)


def encoded(kind: str, mode: str = "RGB", array: np.ndarray | None = None, **options) -> bytes:
    """A file, as Pillow writes it."""
    if array is None:
        array = pixels(channels=4 if mode in ("RGBA", "LA") else 3)
    image = Image.fromarray(array)
    file = io.BytesIO()
    (image if image.mode == mode else image.convert(mode)).save(file, kind, **options)
    return file.getvalue()


def turned(kind: str, orientation: int, **options) -> bytes:
    """A file whose Exif data says how it is to be turned."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "a camera", orientation
    return encoded(kind, exif=exif, **options)


def animation(kind: str, **options) -> bytes:
    """A file of three frames."""
    frames = [Image.fromarray(np.roll(pixels(), n * 7, 1)) for n in range(3)]
    file = io.BytesIO()
    frames[0].save(file, kind, save_all=True, append_images=frames[1:], **options)
    return file.getvalue()


def png(width: int, height: int, depth: int, colour: int, rows: bytes, extra=()) -> bytes:
    """A PNG from the data of its rows."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    chunks = [(b"IHDR", head), *extra, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    parts = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def bmp(bits: int, rows: bytes, width: int, height: int, masks: bytes = b"", os2=False) -> bytes:
    """A BMP from the data of its rows."""
    if os2:
        head = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        method = 3 if masks else 0
        head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, method, 0, 0, 0, 0, 0)
    begin = 14 + len(head) + len(masks)
    return struct.pack("<2sIHHI", b"BM", begin + len(rows), 0, 0, begin) + head + masks + rows


@functools.cache
def files() -> dict[str, bytes]:
    """One of each kind, by name."""
    sixteen = (pixels().astype(np.uint16) * 257 + 3).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in sixteen)
    grid = pixels(24, 32)
    return {
        "jpeg": encoded("JPEG", quality=90),
        "jpeg, all colours": encoded("JPEG", quality=95, subsampling=0),
        "jpeg, progressive": encoded("JPEG", progressive=True),
        "jpeg, grey": encoded("JPEG", "L"),
        "jpeg, CMYK": encoded("JPEG", "CMYK"),
        "png": encoded("PNG"),
        "png, palette": encoded("PNG", "P"),
        "png, alpha": encoded("PNG", "RGBA"),
        "png, grey": encoded("PNG", "L"),
        "png, grey and alpha": encoded("PNG", "LA"),
        "png, 1 bit": encoded("PNG", "1"),
        "png, 16 bits": png(53, 37, 16, 2, rows),
        "gif": encoded("GIF"),
        "gif, animated": animation("GIF"),
        "bmp": encoded("BMP"),
        "bmp, palette": encoded("BMP", "P"),
        "bmp, grey": encoded("BMP", "L"),
        "bmp, 1 bit": encoded("BMP", "1"),
        "bmp, 32 bits": encoded("BMP", "RGBA", np.dstack([pixels(), np.full((37, 53), 255, "u1")])),
        "bmp, from the top": bmp(24, grid.tobytes(), 32, -24),
        "bmp, OS/2": bmp(24, grid.tobytes(), 32, 24, os2=True),
        "bmp, 16 bits": bmp(16, grid.tobytes()[: 32 * 24 * 2], 32, 24),
        "bmp, bit fields": bmp(
            16, grid.tobytes()[: 32 * 24 * 2], 32, 24, struct.pack("<III", 0xF800, 0x7E0, 0x1F)
        ),
        "webp": encoded("WEBP"),
        "webp, lossless": encoded("WEBP", lossless=True),
        "webp, alpha": encoded("WEBP", "RGBA"),
        "webp, lossless alpha": encoded("WEBP", "RGBA", lossless=True, exact=True),
        "webp, animated": animation("WEBP"),
        "webp, animated lossless": animation("WEBP", lossless=True),
        **{f"jpeg, turned {n}": turned("JPEG", n) for n in range(1, 9)},
        **{f"png, turned {n}": turned("PNG", n) for n in range(1, 9)},
        **{f"webp, turned {n}": turned("WEBP", n, lossless=True) for n in range(1, 9)},
    }


def as_pillow_reads(file: bytes, channels: int) -> np.ndarray:
    """`[height, width, channels]`."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(file)))
    array = np.asarray(image.convert(MODES[channels]))
    return array.reshape(*array.shape[:2], channels)
