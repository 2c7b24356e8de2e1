"""What is not ours: files of other programs, by their suffix, and what to write in their place."""

from __future__ import annotations

import os

_PICKLE = (
    "may hold a Python pickle, which could run any program when it is loaded. It is never loaded"
)
_TORCH = (
    "PyTorch",
    _PICKLE,
    "In PyTorch: safetensors.torch.save_file(state_dict, '{}.safetensors')",
)
_PICKLED = ("Python's pickle", _PICKLE, "Save the arrays by numpy.savez('{}.npz', **arrays)")
_GRAPH = "describes a computation, whose weights have no names to restore them by"
_KERNELS = "Convert the checkpoint that it was made from, or save its weights as '{}.safetensors'"
_ARRAYS = "Save the arrays as '{}.npz' or '{}.safetensors'"
_RAW = ("bare bytes", "does not say what is in it", _ARRAYS)
_TEXT = ("text", "holds text, not tensors", _ARRAYS)
_PACKED = ("an archive", "has to be unpacked first", "Name the checkpoint that is inside")

# suffix -> (whose it is, why it is not read, what to do).
_KINDS = {
    **dict.fromkeys([".pth", ".pt", ".ptl", ".torch"], _TORCH),
    **dict.fromkeys([".pkl", ".pickle", ".joblib", ".dill"], _PICKLED),
    ".npy": ("NumPy", "holds one array without a name", "Write numpy.savez('{}.npz', name=array)"),
    ".onnx": ("ONNX", _GRAPH, _KERNELS),
    ".tflite": ("LiteRT", _GRAPH, _KERNELS),
    ".mlmodel": ("Core ML", _GRAPH, _KERNELS),
    ".bin": _RAW,
    ".dat": _RAW,
    ".raw": _RAW,
    ".gguf": ("llama.cpp", "is quantized in ways of its own", _KERNELS),
    ".msgpack": ("Flax", "is of another program", "Save the weights as '{}.safetensors'"),
    ".mat": ("MATLAB", "is of another program", "Write numpy.savez('{}.npz', **arrays)"),
    ".caffemodel": ("Caffe", "is of another program", "Save the weights as '{}.npz'"),
    ".pdparams": ("Paddle", _PICKLE, "Save the weights as '{}.safetensors'"),
    ".pbtxt": (
        "a graph in text form",
        "describes a computation",
        "Write the graph in binary form, as '{}.pb'",
    ),
    **dict.fromkeys([".txt", ".csv", ".json", ".yaml", ".yml", ".toml", ".md", ".py"], _TEXT),
    **dict.fromkeys([".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz"], _PACKED),
}

_PICKLES = frozenset(suffix for suffix, kind in _KINDS.items() if kind[1] == _PICKLE) | {".npy"}


def is_pickle(path: str) -> bool:
    """Whether a file has a suffix of what may run programs when it is loaded."""
    return _suffix(path) in _PICKLES


def why_not_read(path: str) -> str | None:
    """Why a file is no checkpoint, and what to do; None for a suffix that says nothing."""
    kind = _KINDS.get(_suffix(path))
    if kind is None:
        return None
    whose, reason, remedy = kind
    remedy = remedy.replace("{}", os.path.splitext(os.path.basename(path))[0])
    return f"{path} is no checkpoint: {_suffix(path)} is {whose}, and {reason}. {remedy}."


def why_not_written(path: str) -> str | None:
    """Why nothing of ours is written under a name, and what to do; None where it may be."""
    kind = _KINDS.get(_suffix(path))
    if kind is None:
        return None
    stem = os.path.splitext(path)[0]
    return (
        f"Cannot write {path}: {_suffix(path)} is {kind[0]}, which TF-Slim does not write, and "
        f"under that name nobody would look for anything else. Write {stem + '.safetensors'!r}, "
        f"which other programs read too, {stem + '.npz'!r}, or {stem + '.ckpt'!r} for TensorFlow."
    )


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()
