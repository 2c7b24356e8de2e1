"""What users of Keras try on a model first, and what to write."""

from __future__ import annotations

_STEP = "slim.learning.make_train_step(model, loss, optimizer)"

OF_MODELS = {
    "compile": f"step = {_STEP}",
    "fit": f"slim.learning.fit({_STEP}, data, logdir, epochs=..., validation=...)",
    "train_on_batch": f"step = {_STEP}, then step(images, labels)",
    "evaluate": "slim.evaluation.evaluate(model, data, metrics)",
    "predict": "slim.Predictor(model), or model(images) for the outputs",
    "save_weights": "model.save(path)",
    "load_weights": "model.restore(path)",
    "weights": "model.variables",
    "trainable_weights": "model.trainable_variables",
    "get_weights": "model.named_variables",
    "set_weights": "model.restore(path)",
    "layers": "model.end_points after a call, for the outputs; model.named_variables",
    "get_layer": "model.end_points[name] after a call, for its output",
    "count_params": "repr(model), which tells how many there are",
    "input_shape": "slim.nets.spec(name).input_shape",
    "add": "a function that calls layers one after the other: slim.Model(function)",
}


def missing(name: str) -> str:
    """The message of a model that has no attribute of this name."""
    hint = OF_MODELS.get(name)
    return f"A slim.Model has no {name!r}." + (f" Write {hint}." if hint else "")
