"""What the programs of this folder train on: points in a plane, and on which side of a line they are."""
import numpy as np


def load(seed=0):
    rng = np.random.RandomState(seed)
    points = rng.uniform(-1, 1, [64, 2]).astype(np.float32)
    labels = (points[:, 0] - 2 * points[:, 1] > 0).astype(np.int64)
    return points, labels
