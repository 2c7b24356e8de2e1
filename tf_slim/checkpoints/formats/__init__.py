"""The formats of checkpoints: one object in one file each, and all of them in one list.

A new one is a file with a `format.Format` (what its files are called or begin with, a
`source.Source` that reads them, a function that writes them, or why there is none) and its line in
`FORMATS`. All that opens, writes or tells of checkpoints asks the list, by way of `detect`.
"""

from __future__ import annotations

from tf_slim.checkpoints.formats import bundle, frozen, keras, npz, safetensors
from tf_slim.checkpoints.formats.format import Format

FORMATS: list[Format] = [
    safetensors.FORMAT,
    npz.FORMAT,
    keras.H5_FORMAT,
    keras.ARCHIVE_FORMAT,
    frozen.FORMAT,
    bundle.V1,
    bundle.V2,
    bundle.SAVED_MODEL,
]
