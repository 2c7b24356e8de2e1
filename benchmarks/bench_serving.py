"""A server under load: 1,000 requests by 32 clients at once, none lost, none wrong.

The server is a process of its own (`tf-slim serve`), the clients are threads of another one. Every
answer is compared with that of a `slim.Predictor`. Printed are requests per second, latencies, and
how many pictures went into a batch; beside it, one client alone.
"""

from __future__ import annotations

import concurrent.futures
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import httpx
import numpy as np
import tensorflow as tf

import tf_slim as slim
from benchmarks import recording, settings

NET, SIZE = "mobilenet_v2_035", 96
CLIENTS, REQUESTS = 32, settings.sized(200, 1000)
PICTURE = 320  # pixels a side of what is sent
LOGITS = 3.0  # standard deviation of the logits: a class may win, and rounding is not blown up


def test_1000_requests_by_32_clients(tmp_path, capsys):
    run = tmp_path / "run"
    _make_run(run)
    pictures = [_jpeg(seed) for seed in range(64)]
    wanted = np.stack([one.probabilities for one in slim.Predictor(run)(pictures)])
    assert np.ptp(wanted, axis=0).max() > 0.1, "the answers are alike"
    process = subprocess.Popen(
        [sys.executable, "-m", "tf_slim.cli", "serve", str(run), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )
    with capsys.disabled():
        print(f"\n{NET} at {SIZE} pixels, JPEGs of {PICTURE}x{PICTURE}")
        try:
            assert process.stdout is not None
            address = process.stdout.readline().rpartition(": ")[2].strip().rstrip("/")
            _report("1 client", address, pictures, wanted, 1, REQUESTS // 10)
            before = _counts(address)
            _report(f"{CLIENTS} clients", address, pictures, wanted, CLIENTS, REQUESTS)
            after = _counts(address)
            batches, images = (after[key] - before[key] for key in sorted(after))
            print(f"  pictures in a batch: {images / batches:.1f} on average")
            _stop(process, address, pictures)
        finally:
            process.kill()


def _make_run(run: pathlib.Path) -> None:
    run.mkdir()
    spec = slim.nets.spec(NET)
    said = {
        "version": 1,
        "net": NET,
        "num_classes": 100,
        "preprocessing": spec.preprocessing,
        "image_size": [SIZE, SIZE],
        "channels": 3,
    }
    (run / "run.json").write_text(json.dumps(said))
    tf.keras.utils.set_random_seed(0)
    model = slim.nets.create(NET, 100).build([None, SIZE, SIZE, 3])
    # As if it were trained: its answers differ from picture to picture.
    prepare = slim.data.preprocessing.get_preprocessing(str(spec.preprocessing), SIZE)
    images = tf.stack(
        [
            prepare(tf.image.decode_jpeg(_jpeg(seed)), is_training=False, seed=tf.constant([0, 0]))
            for seed in range(32)
        ]
    )
    with slim.arg_scope([slim.batch_norm], decay=0.5):
        for _ in range(8):
            model(images, is_training=True)
    spread = float(tf.math.reduce_std(model(images)[0]))
    for variable in model.variables:
        if "Logits" in variable.name:
            variable.assign(LOGITS / spread * variable)
    model.save(run / "model.ckpt-1")


def _jpeg(seed: int) -> bytes:
    small = np.random.RandomState(seed).randint(0, 256, [8, 8, 3])
    pixels = tf.cast(tf.image.resize(small, [PICTURE, PICTURE], "bicubic"), tf.uint8)
    return tf.io.encode_jpeg(pixels).numpy()


def _report(name, address, pictures, wanted, clients, requests) -> None:
    def ask(number):
        found = []
        with httpx.Client(base_url=address, timeout=120) as client:
            for i in range(number, requests, clients):
                which = i % len(pictures)
                begin = time.monotonic()
                response = client.post("/predict?top=100", content=pictures[which])
                seconds = time.monotonic() - begin
                response.raise_for_status()
                scores = {row["label"]: row["probability"] for row in response.json()["labels"]}
                row = [scores[str(label)] for label in range(wanted.shape[1])]
                found.append((seconds, np.abs(np.array(row) - wanted[which]).max()))
        return found

    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        found = [one for part in pool.map(ask, range(clients)) for one in part]
    seconds = time.monotonic() - begin
    latencies, errors = np.array(found).T
    p50, p95, p99 = np.percentile(1000 * latencies, [50, 95, 99])
    print(
        f"  {name:<10} {len(found)} of {requests} answered, largest difference of a probability "
        f"{errors.max():.1e}; {requests / seconds:.0f} requests/s, "
        f"p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms"
    )
    recording.record(f"{NET} served to {name}", "slim", requests / seconds, "requests/s")
    assert len(found) == requests, "some were lost"
    assert errors.max() < 1e-4, "some were wrong"


def _counts(address: str) -> dict[str, float]:
    rows = [row.split() for row in httpx.get(f"{address}/metrics").text.splitlines()]
    names = ("tf_slim_batch_pictures_count", "tf_slim_batch_pictures_sum")
    return {row[0]: float(row[1]) for row in rows if row[0] in names}


def _stop(process, address, pictures) -> None:
    """SIGTERM in the middle of it: all that was accepted is answered."""
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        asked = [
            pool.submit(httpx.post, f"{address}/predict", content=pictures[i], timeout=120)
            for i in range(CLIENTS)
        ]
        while "tf_slim_accepted_pictures 0.0" in httpx.get(f"{address}/metrics", timeout=60).text:
            pass
        process.send_signal(signal.SIGTERM)
        answered = refused = 0
        for one in asked:
            try:
                answered += one.result().status_code == 200
            except httpx.ConnectError:
                refused += 1
    assert answered + refused == CLIENTS, "what was accepted was lost"
    status = process.wait(60)
    print(f"  SIGTERM: {answered} answered, {refused} not accepted any more, status {status}")
