"""The table of a GPU, as far as it can be tried without one."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from benchmarks import bench_gpu
from benchmarks.__main__ import main

BLOCKS = ((4, 1, 1),)
SHAPE = [2, 16, 16, 3]


def test_without_a_gpu_it_ends_at_the_door(monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: [])
    with pytest.raises(SystemExit, match="sees no GPU here"):
        main(["gpu"])


def test_a_step_in_float16_is_that_in_float32():
    images, losses = tf.random.stateless_normal(SHAPE, [1, 2]), []
    for name in ("float32", "float16"):
        tf.keras.utils.set_random_seed(0)
        step = bench_gpu.step_of("NHWC", bench_gpu.PRECISIONS[name][0], False, SHAPE, BLOCKS)
        losses.append(float(step(images, bench_gpu.labels_of(2, BLOCKS))))
    assert 0 < losses[0] == pytest.approx(losses[1], rel=0.02)


def test_both_layouts_are_the_same_net():
    by_layout = {
        layout: slim.Model(bench_gpu.trunk, layout=layout, blocks=BLOCKS, is_training=False)
        for layout in bench_gpu.LAYOUTS
    }
    for layout, model in by_layout.items():
        model.build(tf.TensorSpec(bench_gpu.shape_of(layout, 2, 16)))
    shapes = [
        {name: variable.shape for name, variable in model.named_variables.items()}
        for model in by_layout.values()
    ]
    assert shapes[0] == shapes[1]


def test_images_of_the_host():
    batches = [images.numpy() for images in bench_gpu.from_host(8, 2).take(3)]
    assert [images.shape for images in batches] == [(2, 8, 8, 3)] * 3
    np.testing.assert_array_equal(batches[0], batches[2])
