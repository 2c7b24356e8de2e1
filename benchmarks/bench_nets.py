"""Images a second of four nets, in training and inference, float32 and bfloat16, beside peers.

    make bench ARGS="benchmarks/bench_nets.py"
    SLIM_BENCH=full TORCH_PYTHON=/path/to/python make bench ARGS="benchmarks/bench_nets.py"
    SLIM_BENCH_NETS='resnet*' make bench ARGS="benchmarks/bench_nets.py -k 'train and bfloat16'"

The contestants stand in `contestants.py`. By default batches are small, two nets take part, and
nothing is compiled by torch, which takes minutes.
"""

from __future__ import annotations

import pytest

from benchmarks import contestants, recording, settings
from benchmarks.contestants import INFER, TRAIN, Net, Work

NETS = (
    Net("resnet_v1_50", "ResNet50", "resnet50", 16),
    Net("vgg_16", "VGG16", "vgg16", 8),
    Net("inception_v3", "InceptionV3", "inception_v3", 8),
    Net("mobilenet_v2", "MobileNetV2", "mobilenetv2_100", 16),
)
SMALL = ("resnet_v1_50", "mobilenet_v2")
ROUNDS, SECONDS = settings.sized(3, 5), settings.sized(0.5, 2.0)

CHOSEN = [
    Work(net, mode, precision, settings.batch(net.batch))
    for net in NETS
    if net.name in settings.chosen_nets(settings.sized(SMALL, [one.name for one in NETS]))
    for mode in (TRAIN, INFER)
    for precision in ("float32", "bfloat16", *(("float16",) if settings.on_gpu() else ()))
]


@pytest.mark.parametrize("work", CHOSEN, ids=str)
def test_images_a_second(work, capsys):
    with capsys.disabled():
        print(f"\n{work}")
        with contestants.started(work) as (ready, told):
            found = contestants.measured(work, ready, told, ROUNDS, SECONDS)
        recording.show(found)
