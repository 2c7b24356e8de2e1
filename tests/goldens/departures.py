"""Where TF-Slim 2 does not do what was recorded, and why: the only place that says so.

Cases are named "<file>/<case id>".

- `DEPARTURES`: we decided otherwise, in every mode. Such a case must still fail (a strict xfail),
  so that an entry cannot outlive its reason.
- `ERRORS`: an error is raised as recorded, but of another type.
- `NOT_IN_MODE`: the case says nothing in this mode, because of what the mode is.
- `OTHER_NAMES`: only the names of tensors differ.
- `OTHER_COLLECTIONS`: only the name of a collection differs.
- `VALUED_UPDATES`: the update of a metric also returns the value, and returned nothing.
- `kept_as`: statistics of metrics are kept in higher precision outside v1 graphs.
- `STRICT_SCOPES`: the snippet must open scopes by `slim.scope` outside v1 graphs.
"""

from __future__ import annotations

V1, EAGER, FUNCTION = "v1", "eager", "function"
MODES = (V1, EAGER, FUNCTION)
_NOT_V1 = (EAGER, FUNCTION)


def _table(*groups: tuple[str, tuple[str, ...], list[str]]) -> dict[tuple[str, str], str]:
    return {
        (case, mode): reason for reason, modes, cases in groups for mode in modes for case in cases
    }


DEPARTURES: dict[str, str] = {}
"""Case -> reason."""

ERRORS: dict[tuple[str, str], tuple[str, str]] = {
    ("blocks/inception_block_3d_noscope", EAGER): (
        "InvalidArgumentError",
        "TensorFlow's own error, of another type where shapes are not inferred but computed",
    ),
}
"""(case, mode) -> (type of the error, reason)."""

NOT_IN_MODE = _table(
    (
        "an eager tensor has no unknown dimension",
        (EAGER,),
        [
            "layers/conv2d_unknown_channels",
            "layers/fc_unknown_last",
            "layers/bn_unknown_channels",
        ],
    ),
    (
        "the snippet has variables as keys of a dict, which they are in TensorFlow 1 only",
        (EAGER,),
        [
            "scenarios/learning.multiply_gradients",
            "scenarios/learning.multiply_gradients_errors",
        ],
    ),
    (
        "an eager tensor has neither a name nor an operation",
        (EAGER,),
        [
            "scenarios/arg_scope.conv2d_defaults",
            "scenarios/learning.gradient_summaries",
            "scenarios/learning.losses_collections",
            "scenarios/learning.losses_total",
            "scenarios/names.op_names",
            "scenarios/names.outputs_collections_alias",
            "scenarios/names.regularization_with_reuse",
            "scenarios/names.reuse_names",
            "scenarios/regularizers.apply",
            "scenarios/regularizers.names",
            "scenarios/utils.aliases",
        ],
    ),
    (
        "regularization is computed when it is asked for, outside the scopes of the layers",
        (FUNCTION,),
        ["scenarios/names.regularization_with_reuse"],
    ),
    (
        "moving averages move with the call itself: there are no update operations",
        _NOT_V1,
        [
            "scenarios/names.bn_names",
            "scenarios/names.net_twice_scope",
            "scenarios/names.update_ops_with_reuse",
        ],
    ),
    (
        "moving averages move with the call itself: they no longer have their initial values",
        (EAGER,),
        ["initializers/layer_bn"],
    ),
    (
        "dropout that does nothing returns its input: it is an operation in v1 graphs only",
        (FUNCTION,),
        ["scenarios/names.op_names"],
    ),
    (
        "drop path makes a global step of its own only in v1 graphs; in others a loop tells it",
        (FUNCTION,),
        ["nets/research_nasnet/r_nasnet_cifar_train_structure"],
    ),
    (
        "the snippet adds to TensorFlow's own collections, which only v1 graphs have",
        _NOT_V1,
        ["scenarios/utils.convert_clear"],
    ),
    (
        "outside v1 graphs summaries are written at once: there is nothing to run, or to look up",
        _NOT_V1,
        [
            "scenarios/summaries.add_histogram_image_zero",
            "scenarios/summaries.add_scalar_summary",
            "scenarios/summaries.summarize_activation",
            "scenarios/summaries.summarize_collections",
            "scenarios/summaries.summarize_tensor",
        ],
    ),
    (
        "gradients are taken by a tape, which must be there before the block",
        (EAGER,),
        ["scenarios/rev_block.rev_block"],
    ),
    (
        "outputs come in the order in which they were filed, also if one tensor has two names",
        _NOT_V1,
        ["scenarios/utils.collect_named_outputs"],
    ),
    (
        "outside v1 graphs a device has its full name, and must exist",
        _NOT_V1,
        [
            "scenarios/arg_scope.variable_scope_device",
            "scenarios/variables.device_chooser",
            "scenarios/variables.variable_device_fn",
        ],
    ),
    (
        "variables are divided into parts in v1 graphs only",
        _NOT_V1,
        ["scenarios/variables.partitioner"],
    ),
    (
        "outside v1 graphs Python's `in` compares the values of variables",
        _NOT_V1,
        ["scenarios/variables.collections_of_step"],
    ),
    (
        "a tf.function may trace twice, and the second run finds the step that the first made",
        (FUNCTION,),
        ["scenarios/variables.no_global_step"],
    ),
)
"""(case, mode) -> reason."""

_SESSION_ONLY = ("tf.Session", "tf.placeholder", "tf.Graph()", "slim.learning.create_train_op")


def scenario_modes(code: str) -> tuple[str, ...]:
    """The modes in which a snippet can be run at all."""
    if any(mark in code for mark in _SESSION_ONLY):
        return (V1,)
    # In a function no tensor has a value for Python, and a tf.Variable may be made only once.
    return (V1, EAGER) if "run(" in code or "tf.Variable(" in code else MODES


OTHER_NAMES = _table(
    ("the recorded name is a random string", MODES, ["layers/scale_gradient"]),
    (
        "the recorded name is TensorFlow's, outside of any scope",
        MODES,
        [
            "losses/npairs",
            "metrics/mean_cosine_distance",
            "metrics/root_mean_squared_error",
            "metrics/root_mean_squared_error_w",
        ],
    ),
    (
        "the recorded value is the variable itself, and has its name",
        (V1,),
        [
            "metrics/true_positives_at_thresholds",
            "metrics/false_negatives_at_thresholds",
            "metrics/false_positives_at_thresholds",
            "metrics/false_positives_at_thresholds_w",
            "metrics/true_negatives_at_thresholds",
            "metrics/true_negatives_at_thresholds_w",
        ],
    ),
    (
        "nothing is computed, so the input itself is returned: names are kept in v1 graphs only",
        (FUNCTION,),
        ["layers/dropout_infer"],
    ),
)
"""(case, mode) -> reason."""

_END_POINTS = (
    "contrib's copies of two nets named this collection unlike all others, and unlike research/slim"
)
OTHER_COLLECTIONS = {
    "nets/contrib_overfeat/c_overfeat_1000_infer": (
        {"overfeat_end_points": "overfeat/_end_points"},
        _END_POINTS,
    ),
    "nets/contrib_overfeat/c_overfeat_fcn": (
        {"overfeat_end_points": "overfeat/_end_points"},
        _END_POINTS,
    ),
    "nets/contrib_vgg/c_vgg_19_10_infer": (
        {"vgg_19_end_points": "vgg_19/_end_points"},
        _END_POINTS,
    ),
}
"""Case -> ({recorded name: our name}, reason)."""

VALUED_UPDATES = {
    "metrics/curve_points": "all metrics have one engine, whose updates return the new value",
}
"""Case -> reason."""

STRICT_SCOPES = {
    "scenarios/variables.variable_reuse": (
        "in eager mode TensorFlow drops what tf.compat.v1.variable_scope is told of reuse, so that "
        "only slim.scope can refuse a name made twice"
    ),
}
"""Case -> reason."""


def kept_as(variable: str, recorded: str, mode: str) -> str:
    """The dtype of a variable of a metric: in float32 a count would stand still at 2**24.

    What is only kept, and not added to, keeps its dtype: the arrays of `streaming_concat`.
    """
    if mode == V1 or variable.endswith("array"):
        return recorded
    return "float64" if recorded == "float32" else recorded
