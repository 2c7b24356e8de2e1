"""Inference on one thread, milliseconds an image at batch 1 and 8, beside the engines of others.

    make bench ARGS="benchmarks/bench_inference.py"
    SLIM_BENCH_NETS='mobilenet*' TORCH_PYTHON=/path/to/python make bench ARGS="..."

In one run, taking turns: this package's models as they are and as `slim.export.for_inference` makes
them, in float32 and in bfloat16; the same nets exported and run by LiteRT, onnxruntime and OpenVINO
so far as these are installed; and torch.compile where a Python with torch and timm is named in
TORCH_PYTHON. `SLIM_BENCH_NETS` is a glob over the names of the nets. Weights are made up, with
statistics as training leaves them: those of a net that was not trained are optimized away.

What counts are the ratios.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from benchmarks import recording, settings
from benchmarks.peers import in_turns
from benchmarks.programs import ours
from tf_slim.export import engines, finding, formats
from tf_slim.export.errors import MissingExtraError
from tf_slim.ops import precision as precisions

BATCHES, ROUNDS, CALLS = (1, 8), 3, 5
# Ours -> the net of timm.
PEERS = {
    "mobilenet_v2": "mobilenetv2_100",
    "resnet_v1_50": "resnet50",
    "inception_v3": "inception_v3",
}
NETS = settings.sized(("mobilenet_v2",), tuple(PEERS))
OURS = "slim folded bfloat16"

# Format, quantization, precision.
FILES = [
    ("litert", None, None),
    ("litert", "int8", None),
    ("onnx", None, None),
    ("onnx", "int8", None),
    ("openvino", None, "mixed_bfloat16"),
    ("openvino", "int8", None),
]

TORCH = """
import json, sys, time, timm, torch
torch.set_num_threads(1)
size, low = int(sys.argv[2]), sys.argv[3] == "bfloat16"
options = {"aux_logits": False} if sys.argv[1] == "inception_v3" else {}
model = timm.create_model(sys.argv[1], **options).eval().to(memory_format=torch.channels_last)
model = torch.compile(model)
for line in sys.stdin:
    batch, calls = map(int, line.split())
    images = torch.randn(batch, 3, size, size).to(memory_format=torch.channels_last)
    times = []
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=low):
        for _ in range(calls + 2):
            start = time.perf_counter()
            model(images)
            times.append(time.perf_counter() - start)
    print(json.dumps(min(times[2:])), flush=True)
"""

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(0)]


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def images_for(name: str, count: int) -> np.ndarray:
    shape = [count, *slim.nets.spec(name).input_shape[1:]]
    return np.random.RandomState(0).uniform(-1, 1, shape).astype(np.float32)


def best(call: Callable[[np.ndarray], object], images: np.ndarray) -> float:
    """The shortest of some calls, in seconds, after two to warm up."""
    for _ in range(2):
        call(images)
    times = []
    for _ in range(CALLS):
        start = time.perf_counter()
        call(images)
        times.append(time.perf_counter() - start)
    return min(times)


def plain(model: slim.Model, precision: str) -> Callable:
    """The model as it is."""

    @tf.function(autograph=False, reduce_retracing=True)
    def predict(images):
        with precisions.of_models(precision):
            return model(images, is_training=False)[0]

    return lambda images: predict(tf.constant(images)).numpy()


def folded(model: slim.Model, precision: str) -> Callable:
    """The folded graph."""
    predict = slim.export.for_inference(model, precision=precision)
    return lambda images: predict(images).numpy()


def of_files(name: str, model: slim.Model, folder) -> dict[str, Callable]:
    """The exported files whose engines are there."""
    size = slim.nets.spec(name).image_size
    source = finding.of_model(model, preprocess="inception", image_size=size)
    found = {}
    for format, quantize, precision in FILES:
        kind = formats.get(format)
        title = f"{format} {quantize or (precision or 'float32').removeprefix('mixed_')}"
        options = formats.Options(
            quantize=quantize,
            precision=precision,
            samples=lambda count: images_for(name, min(count, 32)),
            metadata=source.metadata(quantize=quantize, precision=precision),
        )
        path = str(folder / f"{title.replace(' ', '-')}{kind.ending}")
        try:
            kind.check(quantize, precision)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                kind.write(source, path, options)
            engine = engines.open(path, threads=1)
        except MissingExtraError as error:
            print(f"  {title}: left out: {error}")
            continue
        found[title] = engine
    return found


def of_torch(name: str, precision: str) -> Callable[[int], float]:
    """Seconds of torch.compile by batch size, in a process of its own that waits for its turns."""
    size = str(slim.nets.spec(name).image_size)
    turn = in_turns([str(settings.TORCH_PYTHON), "-c", TORCH, PEERS[name], size, precision])
    return lambda batch: turn(f"{batch} {CALLS}")


@pytest.mark.parametrize("name", [name for name in PEERS if name in settings.chosen_nets(NETS)])
def test_inference(name, capsys, tmp_path):
    model = ours.as_trained(ours.model(name, "float32"))
    calls = {
        "slim float32": plain(model, "float32"),
        "slim bfloat16": plain(model, "mixed_bfloat16"),
        "slim folded float32": folded(model, "float32"),
        OURS: folded(model, "mixed_bfloat16"),
    }
    with capsys.disabled():
        print(f"\n{name}")
        calls |= of_files(name, model, tmp_path)
        timed: dict[str, Callable[[int], float]] = {
            title: lambda batch, call=call: best(call, images_for(name, batch))
            for title, call in calls.items()
        }
        if settings.TORCH_PYTHON and settings.wanted("torch.compile"):
            timed |= {f"torch.compile {p}": of_torch(name, p) for p in ("float32", "bfloat16")}
        found: dict[str, dict[int, list[float]]]
        found = {title: {n: [] for n in BATCHES} for title in timed}
        for _ in range(ROUNDS):
            for title, seconds in timed.items():
                for batch in BATCHES:
                    found[title][batch].append(seconds(batch))
        for batch in BATCHES:
            rates = {one: [batch / s for s in of_one[batch]] for one, of_one in found.items()}
            for kind in ("floating point", "int8"):
                title = f"{name} in {kind} on one thread, batch {batch}"
                recorded = [
                    recording.record(title, *one, "images/s")
                    for one in rates.items()
                    if ("int8" in one[0]) == (kind == "int8")
                ]
                print(f"\n{title}, images a second")
                recording.show(recorded)
