"""What numbers depend on: the chip and its matrix rate, releases, the commit."""

from __future__ import annotations

import importlib.metadata
import json
import os
import pathlib
import platform
import re
import subprocess
import time
from typing import Any

from benchmarks import settings

ROOT = pathlib.Path(__file__).parents[1]

PACKAGES = (
    *("tensorflow", "keras", "numpy"),
    *("ai-edge-litert", "onnxruntime", "openvino"),
)
# The flags of a processor that matter to products of matrices.
_FLAGS = re.compile(r"avx2|fma|avx512\w*|avx_vnni\w*|amx\w*|sve\w*|asimd|i8mm|bf16")
_SECONDS = 1.0


def describe() -> dict[str, Any]:
    """The machine, the releases and the commit, by name."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "usable cores": usable_cores(),
        "flags": flags(),
        "gpus": gpus() if settings.on_gpu() else [],
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": releases(),
        "commit": commit(),
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
    }


def processor() -> str:
    """Its name, as the system tells it."""
    return _of_cpuinfo("model name") or platform.processor() or platform.machine()


def flags() -> list[str]:
    """What the processor can do, as far as it matters to products of matrices."""
    words = (_of_cpuinfo("flags") or _of_cpuinfo("Features") or "").split()
    return sorted(word for word in words if _FLAGS.fullmatch(word))


def gpus() -> list[str]:
    """Their names."""
    import tensorflow as tf

    details = tf.config.experimental.get_device_details
    devices = tf.config.list_physical_devices("GPU")
    return [details(one).get("device_name", one.name) for one in devices]


def usable_cores() -> int | None:
    """How many this process may run on."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count()


def releases() -> dict[str, str]:
    """The release of each package that is installed."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found | (_releases_of(settings.TORCH_PYTHON) if settings.TORCH_PYTHON else {})


def _releases_of(python: str) -> dict[str, str]:
    """Those of what a benchmark runs in another Python."""
    code = "import json, timm, torch; print(json.dumps([torch.__version__, timm.__version__]))"
    try:
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
        return dict(zip(("torch", "timm"), json.loads(done.stdout)))
    except (OSError, ValueError, subprocess.CalledProcessError):
        return {}


def commit(folder: str | os.PathLike = ROOT) -> str | None:
    """The commit in a folder, with "+" if files were changed since; None outside of git."""
    number = head(folder)
    if number is None:
        return None
    return number + ("+" if _git(folder, "status", "--porcelain", "--untracked-files=no") else "")


def head(folder: str | os.PathLike = ROOT) -> str | None:
    """The commit that a folder was checked out at; None outside of git."""
    return _git(folder, "rev-parse", "--short=10", "HEAD")


def matrix_rates() -> dict[str, float]:
    """GFLOP/s of a product of two matrices, by type: what no convolution can be faster than."""
    import tensorflow as tf

    # One number is read, so that the product is done.
    product = tf.function(lambda one: tf.matmul(one, one)[0, 0], autograph=False)
    found = {}
    size = 8192 if settings.on_gpu() else 2048
    for kind in (tf.float32, tf.bfloat16, *((tf.float16,) if settings.on_gpu() else ())):
        matrix = tf.cast(tf.random.stateless_normal([size, size], [1, 2]), kind)
        times, begin = [], time.perf_counter()
        while time.perf_counter() - begin < _SECONDS or len(times) < 5:
            start = time.perf_counter()
            product(matrix).numpy()
            times.append(time.perf_counter() - start)
        found[kind.name] = 2e-9 * size**3 / min(times)
    return found


def _of_cpuinfo(name: str) -> str | None:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.partition(":")[0].strip() == name:
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return None


def _git(folder: str | os.PathLike, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
