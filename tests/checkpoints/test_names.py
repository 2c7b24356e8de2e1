"""Renaming, and the report of a restore with its likely causes."""

from __future__ import annotations

import re

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.ops.nets import dense
from tf_slim import checkpoints
from tf_slim.checkpoints.renaming import renamed

NAMES = ["vgg/conv/w", "vgg/conv10/w", "vgg/fc/w", "step"]


@pytest.mark.parametrize(
    ("rename", "expected"),
    [
        (None, NAMES),
        ({}, NAMES),
        ({"vgg/conv": "net/a"}, ["net/a/w", "vgg/conv10/w", "vgg/fc/w", "step"]),
        ({"vgg": "a/b", "vgg/fc/w": "head"}, ["a/b/conv/w", "a/b/conv10/w", "head", "step"]),
        ({"vgg": ""}, ["conv/w", "conv10/w", "fc/w", "step"]),
        ({"": "top"}, [f"top/{name}" for name in NAMES]),
        ({"vgg/": "net/", "step": None}, ["net/conv/w", "net/conv10/w", "net/fc/w"]),
        ({re.compile(r"conv(\d+)"): r"c\1", "vgg": "n"}, ["n/conv/w", "vgg/c10/w", "n/fc/w",
                                                          "step"]),
        ({r"re:conv(\d+)": r"c\1", "vgg": "n"}, ["n/conv/w", "vgg/c10/w", "n/fc/w", "step"]),
        ({"re:^vgg/fc": None, "re:/w$": "/v"}, ["vgg/conv/v", "vgg/conv10/v", "step"]),
        (lambda name: name.upper(), [name.upper() for name in NAMES]),
        (lambda name: name if "fc" in name else None, ["vgg/fc/w"]),
        ({"vgg/conv/w": "vgg/fc/w", "vgg/fc/w": "vgg/conv/w"},
         ["vgg/fc/w", "vgg/conv10/w", "vgg/conv/w", "step"]),
    ],
)  # fmt: skip
def test_renaming(rename, expected):
    assert list(renamed(NAMES, rename)) == expected


@pytest.mark.parametrize(
    ("rename", "error", "text"),
    [
        ({"vg": "x"}, ValueError, "rename pattern 'vg' matches no name among 4"),
        ({re.compile("x+"): "y"}, ValueError, "matches no name"),
        ({"re:x+": "y"}, ValueError, "matches no name"),
        ({"re:(x": "y"}, ValueError, r"in the regular expression of 're:\(x'"),
        ({3: "x"}, TypeError, "got .3."),
        ("vgg", TypeError, "a dict or a function"),
        (lambda name: 3, TypeError, "made 3 of 'vgg/conv/w'"),
        (lambda name: "one", ValueError, "'one' of both 'vgg/conv/w' and 'vgg/conv10/w'"),
    ],
)
def test_bad_renames(rename, error, text):
    with pytest.raises(error, match=text):
        renamed(NAMES, rename)


def test_a_moved_name_takes_the_place_of_one_that_stays():
    assert renamed(["a", "b"], {"b": "a"}) == {"a": "b"}
    names = ["w", "w/ExponentialMovingAverage", "step"]
    assert renamed(names, checkpoints.averages) == {"w": names[1], "step": "step"}


# -------------------------------------------------------------------------- causes


def net(x, normalizer=None, classes=10, scale=False):
    with (
        slim.scope("net"),
        slim.arg_scope([slim.batch_norm], scale=scale, is_training=False),
        slim.arg_scope([slim.fully_connected], normalizer_fn=normalizer),
    ):
        x = slim.fully_connected(x, 4, scope="fc1")
        return slim.fully_connected(x, classes, normalizer_fn=None, scope="logits")


def weights(**kwargs) -> dict:
    return checkpoints.load(slim.Model(net, **kwargs).build([None, 3]))


def below(scope: str, named: dict) -> dict:
    return {f"{scope}/{name}": value for name, value in named.items()}


CAUSES = {
    "outside its arg scope": (
        {}, lambda: weights(normalizer=slim.batch_norm), "built outside its arg scope"),
    "inside another arg scope": (
        {"normalizer": slim.batch_norm}, weights, "without the normalizer that the arg scope"),
    "no biases": (
        {}, lambda: {n: v for n, v in weights().items() if "biases" not in n}, "have no biases"),
    "scale": (
        {"normalizer": slim.batch_norm, "scale": True},
        lambda: weights(normalizer=slim.batch_norm), "scale=True"),
    "1001 classes": (
        {}, lambda: weights(classes=11),
        r"one for the background.*num_classes=11.*exclude=\['net/logits/\*'\]"),
    "another number of classes": (
        {}, lambda: weights(classes=1000),
        r"10 outputs here and 1000.*exclude=\['net/logits/\*'\]"),
    "averages": (
        {}, lambda: {f"{n}/ExponentialMovingAverage": v for n, v in weights().items()},
        "rename=slim.checkpoints.averages"),
    "a scope more": (
        {}, lambda: below("trunk", weights()), r"rename={'trunk': ''}"),
    "a scope fewer": (
        {}, lambda: {n.removeprefix("net/"): v for n, v in weights().items()},
        r"rename={'': 'net'}"),
    "another scope": (
        {}, lambda: {n.replace("net/", "old/"): v for n, v in weights().items()},
        r"rename={'old': 'net'}"),
    "Keras": (
        {}, lambda: {"layers/dense/vars/0": np.zeros([3, 4], np.float32)}, "names of Keras"),
    "another net": (
        {}, lambda: {"vgg/conv1/kernels": np.zeros(3)}, "checkpoint of another net"),
}  # fmt: skip


@pytest.mark.parametrize("case", CAUSES)
def test_likely_causes(case, tmp_path):
    kwargs, written, text = CAUSES[case]
    path = checkpoints.save(tmp_path / "x", written())
    model = slim.Model(net, **kwargs).build([None, 3])
    with pytest.raises(checkpoints.CheckpointError, match="likely cause: ") as caught:
        model.restore(path)
    assert re.search(text, str(caught.value)), caught.value
    if "rename=" in text:
        remedy = re.search(r"rename=(\{.*\}|slim\.\w+\.\w+)", str(caught.value)).group(1)
        assert model.restore(path, rename=eval(remedy)).complete


@pytest.mark.parametrize(
    ("missing", "unexpected", "text"),
    [
        (["net/w/Momentum"], [], "belong to the optimizer"),
        (["global_step"], ["cell_0/left/global_step"], "made inside a scope"),
        (["net/AuxLogits/w"], [], "no auxiliary head"),
        (["w/ExponentialMovingAverage"], [], "the checkpoint has none"),
    ],
)
def test_causes_of_training(missing, unexpected, text, tmp_path):
    path = checkpoints.save(tmp_path / "x", dict.fromkeys(["w", *unexpected], np.float32(1)))
    variables = {name: slim.variable(f"v{i}", []) for i, name in enumerate(["w", *missing])}
    with pytest.warns(UserWarning, match=text):
        report = checkpoints.restore(path, variables, on_mismatch="warn")
    assert report.restored == ("w",)


def layers(x, widths=(4, 3), new=(), biases=True):
    """Dense layers one behind the other, and more of other names."""
    kwargs = {} if biases else {"biases_initializer": None}
    with slim.scope("net"):
        for index, width in enumerate(widths):
            x = slim.fully_connected(x, width, scope=f"fc{index}", **kwargs)
        for name in new:
            x = slim.fully_connected(x, 3, scope=name)
    return x


# What the model is, what the checkpoint is of, a cause that must not be given, one that must.
NOT_THE_CAUSE = {
    "a new layer": ({"new": ["extra"]}, {}, "biases", None),
    "a new layer and no biases": ({"new": ["extra"]}, {"biases": False}, "biases", None),
    "other widths": ({"widths": (8, 16, 3)}, {"widths": (4, 8, 3)}, "exclude=", "are narrower"),
    "wider by one": ({"widths": (8, 3)}, {"widths": (9, 3)}, "background", "are wider"),
    "wider and narrower": ({"widths": (8, 4, 3)}, {"widths": (4, 8, 3)}, "likely cause", None),
}


@pytest.mark.parametrize("case", NOT_THE_CAUSE)
def test_a_cause_is_given_only_if_all_of_the_evidence_is_for_it(case, tmp_path):
    ours, theirs, wrong, right = NOT_THE_CAUSE[case]
    path = slim.Model(layers, **theirs).build([None, 5]).save(tmp_path / "x")
    with pytest.raises(checkpoints.CheckpointError) as caught:
        slim.Model(layers, **ours).build([None, 5]).restore(path)
    causes = "\n".join(caught.value.report.causes)
    assert wrong not in causes and (right is None) == (not causes)
    assert right is None or right in causes


@pytest.mark.parametrize(
    ("missing", "unexpected", "wrong"),
    [
        (["a/gamma", "a/weights"], ["b"], "scale=True"),
        (["b/gamma"], ["a/weights"], "scale=True"),
        (["a/AuxLogits/w"], ["b/AuxLogits/w"], "no auxiliary head"),
        (["a/kernel"], ["b/kernel"], "names of Keras"),
        (["a/ExponentialMovingAverage"], ["b/ExponentialMovingAverage"], "has none"),
        (["a", "b"], ["a/ExponentialMovingAverage"], "under names of their own"),
        (["a/global_step"], ["b/global_step"], "inside a scope"),
    ],
)
def test_half_of_the_evidence_is_none(missing, unexpected, wrong, tmp_path):
    path = checkpoints.save(tmp_path / "x", dict.fromkeys(["w", *unexpected], np.float32(1)))
    variables = {name: slim.variable(f"v{i}", []) for i, name in enumerate(["w", *missing])}
    report = checkpoints.restore(path, variables, on_mismatch="ignore")
    assert not any(wrong in cause for cause in report.causes)


def test_two_scopes_that_fit(tmp_path):
    """Neither is right until somebody says so; and what was found stays where it is."""
    values = {f"{side}/w": np.float32(n) for n, side in enumerate(["left", "right"])}
    path = checkpoints.save(tmp_path / "x", values)
    (cause,) = checkpoints.restore(path, {"w": slim.variable("w", [])}, on_mismatch="ignore").causes
    assert "'left' and below 'right'" in cause
    more = {"v": np.float32(0), "old/v": np.float32(1), "old/w": np.float32(2)}
    path = checkpoints.save(tmp_path / "y", more)
    variables = {name: slim.variable(f"more_{name}", []) for name in ("v", "w")}
    assert checkpoints.restore(path, variables, on_mismatch="ignore").causes == ()


def test_remedies_are_those_that_the_reader_has(tmp_path):
    """fit, nets.create and the command take no exclude=."""
    path = slim.Model(layers).build([None, 5]).save(tmp_path / "model.ckpt-3")
    model = slim.Model(layers, widths=(4, 7)).build([None, 5])
    with pytest.raises(checkpoints.CheckpointError) as caught:
        model.restore(path)
    assert "exclude=['net/fc1/*']" in str(caught.value)
    report = caught.value.report
    assert "train.restore_exclude=['net/fc1/*']" in report.text(
        {"exclude": "train.restore_exclude"}
    )
    step = slim.learning.make_train_step(
        model, slim.losses.sparse_softmax_cross_entropy, tf.keras.optimizers.SGD(0.1)
    )
    data = tf.data.Dataset.from_tensors((tf.ones([2, 5]), tf.zeros([2], tf.int64)))
    other = checkpoints.save(tmp_path / "lenet", {"LeNet/conv1/weights": np.zeros(2, np.float32)})
    for restoring, text in (
        (lambda: slim.learning.fit(step, data, tmp_path, 5, hooks=[]), "choose another logdir"),
        (lambda: slim.nets.create("lenet", 10, checkpoint=other), "choose by model.restore"),
    ):
        with pytest.raises(checkpoints.CheckpointError, match=text) as caught:
            restoring()
        told = str(caught.value)
        assert not any(word in told for word in ("exclude=", "rename=", "on_mismatch"))


def test_a_complete_report_looks_for_no_causes(tmp_path):
    path = checkpoints.save(tmp_path / "x", {**weights(), "net/logits/weights/Momentum": 1.0})
    report = slim.Model(net).build([None, 3]).restore(path)
    assert report.complete and report.causes == ()
    assert str(report).endswith("only in the checkpoint: net/logits/weights/Momentum")


def test_a_long_report_is_cut(tmp_path):
    many = {f"other/{index:03}": np.zeros(1) for index in range(300)}
    path = checkpoints.save(tmp_path / "x", many)

    def wide(x):
        for index in range(100):
            x = dense(x, 1, scope=f"fc{index}")
        return x

    with pytest.raises(checkpoints.CheckpointError) as caught:
        slim.Model(wide).build([None, 1]).restore(path)
    text = str(caught.value)
    assert "... and 80 more" in text and "... and 280 more" in text
    assert text.count("\n") < 60
