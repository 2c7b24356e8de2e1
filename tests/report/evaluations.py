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


def findings(classes: int = 6, count: int = 300, shape=(5, 4, 3), **options):
    made = slim.report.Findings(classes, **options)
    logits, labels = logits_and_labels(classes, count)
    images = np.random.RandomState(1).rand(count, *shape).astype(np.float32)
    for start in range(0, count, 64):
        rows = slice(start, start + 64)
        made.add(images[rows], logits[rows], labels[rows])
    return made
