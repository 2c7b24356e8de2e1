"""Weights by class: worked out, counted, and on their way into batches."""

from __future__ import annotations

import numpy as np
import pytest

from tests.data import made, pictures
from tf_slim import data, losses
from tf_slim.data.class_weights import count_labels

NAMES = {0: "cat", 1: "dog", 2: "unicorn", 3: "7"}


def spec(labels=(0, 0, 0, 0, 0, 0, 1, 1), **options):
    pixels = np.zeros([len(labels), 2, 2, 1], np.uint8)
    options = {"num_classes": 4, "labels_to_names": NAMES, **options}
    return data.from_arrays(pixels, np.asarray(labels), **options)


def test_balanced_classes_count_alike_and_pictures_1_on_average():
    labels = np.array([0, 0, 0, 0, 0, 0, 1, 1])
    weights = data.class_weights(spec(labels), "balanced")
    of_pictures = weights[labels]
    np.testing.assert_allclose([of_pictures[labels == c].sum() for c in (0, 1)], [4, 4])
    assert of_pictures.mean() == pytest.approx(1) and weights[2] == 1


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"dog": 3}, [1, 3, 1, 1]),
        ({1: 3.5, "cat": 0}, [0, 3.5, 1, 1]),
        ({"1": 2.0}, [1, 2, 1, 1]),  # a key of a TOML file
        ({"7": 2.0}, [1, 1, 1, 2]),  # a name comes first
        ([1, 2, 3, 4], [1, 2, 3, 4]),
        (np.array([1, 2, 3, 0.5]), [1, 2, 3, 0.5]),
    ],
)
def test_given_by_name_by_label_or_all(given, expected):
    np.testing.assert_array_equal(data.class_weights(spec(), given), np.float32(expected))


def test_records_are_counted(tmp_path):
    pattern = made.write(tmp_path, [7, 5, 11])
    counts, pictures = count_labels(made.describe(pattern))
    assert pictures == 23
    np.testing.assert_array_equal(counts, np.bincount(np.arange(23) % 10, minlength=10))


def test_training_batches_have_them():
    labels = np.array([0, 0, 0, 1, 1, 3])
    weights = np.arange(1.0, 7.0)
    for given in (None, weights):
        described = spec(labels) if given is None else spec(labels, weights=given)
        pipeline = data.Pipeline(described, 6, is_training=True, class_weights={"cat": 3, "7": 0.5})
        _, got, counted = next(iter(pipeline.dataset()))
        expected = np.array([3, 1, 1, 0.5])[got.numpy()]
        if given is None:
            np.testing.assert_allclose(counted, expected)
        else:
            np.testing.assert_allclose(counted.numpy().sum(), 3 * 6 + 4 + 5 + 0.5 * 6)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("equal", ValueError, "must be 'balanced', or weights by class"),
        ({"catt": 2.0}, ValueError, r"no class 'catt'. Did you mean 'cat'\? Its labels are 0 to 3"),
        ({9: 2.0}, ValueError, "no class 9"),
        ({"cat": -1.0}, ValueError, "that of 'cat' must be at least 0 and finite, received -1"),
        ({"cat": float("nan")}, ValueError, "at least 0 and finite"),
        ({"cat": "2"}, TypeError, "must be a number"),
        ([1.0, 2.0], ValueError, "one for each of the 4 classes .* received 2"),
        ([0.0] * 4, ValueError, "all 0"),
        (2.0, TypeError, "a dictionary or a list of numbers"),
    ],
)
def test_what_cannot_be_used_is_refused(given, error, message):
    with pytest.raises(error, match=message):
        data.class_weights(spec(), given)


TARGETS = np.float32([[1, 1, 0, 1], [0, 1, 0, 1], [0, 0, 0, 1], [0, 0, 0, 1], [0, 1, 0, 1]])


def several(**options):
    pixels = 255 * np.eye(5, dtype=np.uint8)[:, np.newaxis]  # a mixture shows what is in it
    return data.from_arrays(pixels, TARGETS, num_classes=4, labels_to_names=NAMES, **options)


@pytest.mark.filterwarnings("ignore:.*no picture of 'unicorn'")
def test_presence_counts_as_much_as_absence(tmp_path):
    pictures.write(tmp_path, {f"{n}.png": pictures.png(n) for n in range(5)})
    rows = ["cat|dog|7", "dog|7", "7", "7", "7|dog"]
    (tmp_path / "labels.txt").write_text("".join(f"{n}:{name}\n" for n, name in NAMES.items()))
    table = "".join(f"{n}.png,{row}\n" for n, row in enumerate(rows))
    (tmp_path / "t.csv").write_text("path,label\n" + table)
    for given in (several(), data.from_table(tmp_path / "t.csv", "all")):
        # Of two that all or none have there is nothing to balance.
        np.testing.assert_allclose(data.class_weights(given, "balanced"), [4, 2 / 3, 1, 1])
    np.testing.assert_array_equal(data.class_weights(several(), {"dog": 3}), [1, 3, 1, 1])


@pytest.mark.parametrize("mixes", [False, True])
@pytest.mark.parametrize("weights", [None, [1, 2, 0, 4, 5]])
def test_the_loss_of_several_labels(weights, mixes):
    of_class = np.array([4, 2 / 3, 1, 1])
    pipeline = data.Pipeline(
        several(weights=weights),
        5,
        is_training=True,
        class_weights="balanced",
        augment=data.Augment(mixup=0.4) if mixes else None,
    )
    images, targets, counted = next(iter(pipeline.dataset()))
    for tensor, spec in zip((images, targets, counted), pipeline.element_spec, strict=True):
        assert spec.is_compatible_with(tensor)
    logits = np.random.RandomState(0).randn(5, 4).astype(np.float32)
    loss = losses.label_cross_entropy(logits, targets, counted, multi_label=True)
    # By the definition: of both pictures of a mixture each, with its own weights.
    own = np.ones(5) if weights is None else np.asarray(weights, float)
    by_example = np.where(TARGETS > 0, of_class, 1) * own[:, np.newaxis]
    costs = -np.log(1 / (1 + np.exp(-logits)))[np.newaxis] * TARGETS[:, np.newaxis]
    costs += -np.log(1 / (1 + np.exp(logits)))[np.newaxis] * (1 - TARGETS[:, np.newaxis])
    costs *= by_example[:, np.newaxis]  # [picture, row of the batch, class]
    shares = images.numpy()[:, 0, :, 0] / 255
    expected = np.einsum("rp,prc->", shares, costs)
    count = np.count_nonzero(shares @ by_example > 0)
    np.testing.assert_allclose(loss, expected / count, rtol=1e-4)
