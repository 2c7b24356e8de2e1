"""Made-up evaluations to report on."""

from __future__ import annotations

import numpy as np

import tf_slim as slim

HOSTILE = {
    0: "<script>parent.hacked = 1</script>",
    1: '"><img src=x onerror="parent.hacked = 1">',
    2: "</svg></style><b>bold</b>",
    3: "R&D &amp; more",
    4: "a name that is longer than any column",
    5: "日本語",
}


def logits_and_labels(classes: int, count: int, skill: float = 1.0):
    rng = np.random.RandomState(classes)
    labels = rng.randint(0, classes, count)
    logits = rng.randn(count, classes).astype(np.float32)
    logits[np.arange(count), labels] += skill * (1 + labels % 3)
    return logits, labels


def logits_and_several_labels(classes: int, count: int):
    rng = np.random.RandomState(classes)
    labels = rng.randint(0, 3, [count, classes]) == 0
    logits = rng.randn(count, classes) * 1.5 + 3.0 * labels - 1.5
    return logits.astype(np.float32), labels.astype(np.float32)


def findings(
    classes: int = 6, count: int = 300, shape=(5, 4, 3), *, multi_label: bool = False, **options
):
    made = slim.report.Findings(classes, multi_label=multi_label, **options)
    of = logits_and_several_labels if multi_label else logits_and_labels
    logits, labels = of(classes, count)
    images = np.random.RandomState(1).rand(count, *shape).astype(np.float32)
    for start in range(0, count, 64):
        rows = slice(start, start + 64)
        made.add(images[rows], logits[rows], labels[rows])
    return made
