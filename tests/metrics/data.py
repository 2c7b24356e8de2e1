"""The data of the table of metrics: random ones, and edges.

Edges are ties, one class only, weights of zero, and a single example. Weights are small integers,
"how often an example counts": where a library knows no weights, the examples are repeated.
"""

from __future__ import annotations

import numpy as np

RNG = np.random.RandomState(11)
Batch = dict[str, np.ndarray]

SIZES = (40, 17, 23)
EDGES = ("ties", "one class", "other class", "zero weights", "one example")


def weights_of(case: str, size: int, shape: tuple[int, ...] = ()) -> np.ndarray:
    if case == "zero weights":
        return np.zeros((size, *shape), np.float32)
    if case == "one example":
        return np.ones((size, *shape), np.float32)
    return RNG.randint(0, 3, (size, *shape)).astype(np.float32)


def values(case: str, size: int) -> Batch:
    numbers = RNG.randint(-8, 8, size) / 8.0
    if case == "ties":
        numbers = np.full(size, 0.25)
    return {"values": numbers.astype(np.float32), "weights": weights_of(case, size)}


def tensors(case: str, size: int) -> Batch:
    return {
        "values": (RNG.randint(-8, 8, (4, 3)) / 8.0).astype(np.float32),
        "weights": weights_of(case, 4, (3,)),
    }


def numbers(case: str, size: int) -> Batch:
    predictions, noise = RNG.randint(-8, 8, size) / 8.0, RNG.randint(-8, 8, size) / 8.0
    if case == "ties":
        predictions = np.full(size, 0.5)
    return {
        "predictions": predictions.astype(np.float32),
        "labels": (predictions + noise).astype(np.float32),
        "weights": weights_of(case, size),
    }


def normalized(case: str, size: int) -> Batch:
    return {**numbers(case, size), "normalizer": RNG.randint(0, 4, size).astype(np.float32)}


def vectors(case: str, size: int) -> Batch:
    def units():
        drawn = RNG.randn(size, 3)
        return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)

    labels = units()
    return {
        "predictions": labels if case == "ties" else units(),
        "labels": labels,
        "weights": weights_of(case, size, (1,)),
    }


def true_or_false(case: str, size: int) -> np.ndarray:
    if case in ("one class", "other class"):
        return np.full(size, int(case == "one class"))
    return RNG.randint(0, 2, size)


def classes(case: str, size: int) -> Batch:
    labels = RNG.randint(0, 4, size)
    if case in ("one class", "other class"):
        labels = np.full(size, 3 if case == "one class" else 0)
    predictions = labels if case == "one class" else RNG.randint(0, 4, size)
    return {"predictions": predictions, "labels": labels, "weights": weights_of(case, size)}


def answers(case: str, size: int) -> Batch:
    predictions = RNG.randint(0, 2, size)
    labels = true_or_false(case, size)
    if case == "ties":
        predictions = labels
    return {"predictions": predictions, "labels": labels, "weights": weights_of(case, size)}


def scores(case: str, size: int) -> Batch:
    # Eighths lie on thresholds, in a bin of their own, and are exact in every precision.
    steps = RNG.randint(0, 3, size) * 4 if case == "ties" else RNG.randint(0, 9, size)
    return {
        "predictions": (steps / 8.0).astype(np.float32),
        "labels": true_or_false(case, size),
        "weights": weights_of(case, size),
    }


def labelled(case: str, size: int) -> Batch:
    """Scores and answers for 3 classes, the last of which is never true."""
    drawn = [scores(case, size) for _ in range(3)]
    return {
        "predictions": np.stack([one["predictions"] * 16 - 8 for one in drawn], 1),
        "labels": np.stack([one["labels"] * true for one, true in zip(drawn, (1, 1, 0))], 1),
        "weights": drawn[0]["weights"],
    }


def judged(case: str, size: int) -> Batch:
    drawn = scores(case, size)
    return {**drawn, "labels": drawn["labels"].astype(bool)}


def histogram(case: str, size: int) -> Batch:
    drawn = judged(case, size)
    return {"scores": drawn["predictions"], "boolean_labels": drawn["labels"]}


def logits(case: str, size: int) -> Batch:
    steps = np.array([RNG.permutation(5) for _ in range(size)])
    return {
        "predictions": (np.zeros_like(steps) if case == "ties" else steps).astype(np.float32),
        "labels": np.full(size, 2) if case == "one class" else RNG.randint(0, 5, size),
        "weights": weights_of(case, size),
    }


def several(case: str, size: int) -> Batch:
    drawn = logits(case, size)
    two = np.array([RNG.permutation(5)[:2] for _ in range(size)])
    if case == "one class":
        two = np.full((size, 2), 2)  # listed twice
    return {**drawn, "labels": two}


def chosen(case: str, size: int) -> Batch:
    drawn = several(case, size)
    return {
        "top_k_predictions": np.argsort(-drawn["predictions"], 1, kind="stable")[:, :3],
        "labels": drawn["labels"],
        "weights": drawn["weights"],
    }


KINDS = (
    *(values, tensors, numbers, normalized, vectors, classes, answers, scores, judged),
    *(histogram, logits, several, chosen, labelled),
)
DATA: dict[str, dict[str, list[Batch]]] = {
    kind.__name__: {
        "random": [kind("random", size) for size in SIZES],
        **{case: [kind(case, 1 if case == "one example" else 9)] for case in EDGES},
    }
    for kind in KINDS
}
