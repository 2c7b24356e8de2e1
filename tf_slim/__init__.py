"""TF-Slim 2: define, train and evaluate complex models in TensorFlow with little code.

    import tf_slim as slim

Names are loaded when they are first used: `import tf_slim` costs nothing, and the command line can
answer `--help` without TensorFlow.
"""

import importlib as _importlib
import typing as _typing

__version__ = "2.0.0"

if _typing.TYPE_CHECKING:  # for editors and type checkers; a test compares it with the tables below
    from tf_slim import (
        data,
        evaluation,
        hooks,
        layers,
        learning,
        losses,
        metrics,
        model_analyzer,
        nets,
        ops,
        queues,
        report,
        summaries,
        train_eval,
        training,
    )
    from tf_slim.data import (
        data_decoder,
        data_provider,
        dataset,
        dataset_data_provider,
        parallel_reader,
        prefetch_queue,
        tfexample_decoder,
    )
    from tf_slim.layers import (
        GDN,
        OPTIMIZER_CLS_NAMES,
        OPTIMIZER_SUMMARIES,
        RevBlock,
        adaptive_clipping_fn,
        apply_regularization,
        as_keras_layer,
        avg_pool2d,
        avg_pool3d,
        batch_norm,
        bias_add,
        bow_encoder,
        bucketization_op,
        bucketize,
        conv1d,
        conv2d,
        conv2d_in_plane,
        conv2d_transpose,
        conv3d,
        conv3d_transpose,
        convolution,
        convolution1d,
        convolution2d,
        convolution2d_in_plane,
        convolution2d_transpose,
        convolution3d,
        convolution3d_transpose,
        dense_to_sparse,
        dropout,
        elu,
        embed_sequence,
        embedding_lookup_unique,
        embedding_ops,
        encoders,
        flatten,
        fully_connected,
        gdn,
        group_norm,
        images_to_sequence,
        initializers,
        instance_norm,
        keras_layer,
        l1_l2_regularizer,
        l1_regularizer,
        l2_regularizer,
        layer_norm,
        legacy_fully_connected,
        legacy_linear,
        legacy_relu,
        linear,
        max_pool2d,
        max_pool3d,
        maxout,
        normalization,
        one_hot_encoding,
        optimize_loss,
        optimizers,
        pool,
        recompute_grad,
        regularizers,
        relu,
        relu6,
        repeat,
        rev_block,
        rev_block_lib,
        safe_embedding_lookup_sparse,
        scale_gradient,
        scattered_embedding_lookup,
        scattered_embedding_lookup_sparse,
        separable_conv2d,
        separable_convolution2d,
        sequence_to_images,
        softmax,
        spatial_softmax,
        stack,
        sum_regularizer,
        summarize_activation,
        summarize_activations,
        summarize_biases,
        summarize_collection,
        summarize_tensor,
        summarize_tensors,
        summarize_variables,
        summarize_weights,
        unit_norm,
        utils,
        variance_scaling_initializer,
        xavier_initializer,
        xavier_initializer_conv2d,
    )
    from tf_slim.ops import checkpoints
    from tf_slim.ops.arg_scope import (
        add_arg_scope,
        arg_scope,
        arg_scope_func_key,
        arg_scoped_arguments,
        current_arg_scope,
        has_arg_scope,
    )
    from tf_slim.ops.assign import (
        assign_from_checkpoint,
        assign_from_checkpoint_fn,
        assign_from_values,
        assign_from_values_fn,
    )
    from tf_slim.ops.collect import collect
    from tf_slim.ops.device_chooser import VariableDeviceChooser
    from tf_slim.ops.global_step import (
        assert_global_step,
        assert_or_get_global_step,
        create_global_step,
        get_global_step,
        get_or_create_global_step,
    )
    from tf_slim.ops.model import Model
    from tf_slim.ops.namespaces import (
        arg_scope_lib,
        array_ops,
        init_ops,
        math_ops,
        nn_ops,
        variable_scope,
    )
    from tf_slim.ops.precision import precision
    from tf_slim.ops.randomness import random_scope
    from tf_slim.ops.scopes import scope
    from tf_slim.ops.stores import reset_default_store
    from tf_slim.ops.variables import (
        add_model_variable,
        filter_variables,
        get_local_variables,
        get_model_variables,
        get_trainable_variables,
        get_unique_variable,
        get_variable_full_name,
        get_variables,
        get_variables_by_name,
        get_variables_by_suffix,
        get_variables_to_restore,
        global_variable,
        local_variable,
        model_variable,
        variable,
    )
    from tf_slim.ops.zero_initializer import zero_initializer

_NAMESPACES = (
    "data",
    "evaluation",
    "hooks",
    "layers",
    "learning",
    "losses",
    "metrics",
    "model_analyzer",
    "nets",
    "ops",
    "queues",
    "report",
    "summaries",
    "train_eval",
    "training",
)

_HOMES = {
    "tf_slim.data": (
        "data_decoder",
        "data_provider",
        "dataset",
        "dataset_data_provider",
        "parallel_reader",
        "prefetch_queue",
        "tfexample_decoder",
    ),
    "tf_slim.layers": (
        "GDN",
        "OPTIMIZER_CLS_NAMES",
        "OPTIMIZER_SUMMARIES",
        "RevBlock",
        "adaptive_clipping_fn",
        "apply_regularization",
        "as_keras_layer",
        "avg_pool2d",
        "avg_pool3d",
        "batch_norm",
        "bias_add",
        "bow_encoder",
        "bucketization_op",
        "bucketize",
        "conv1d",
        "conv2d",
        "conv2d_in_plane",
        "conv2d_transpose",
        "conv3d",
        "conv3d_transpose",
        "convolution",
        "convolution1d",
        "convolution2d",
        "convolution2d_in_plane",
        "convolution2d_transpose",
        "convolution3d",
        "convolution3d_transpose",
        "dense_to_sparse",
        "dropout",
        "elu",
        "embed_sequence",
        "embedding_lookup_unique",
        "embedding_ops",
        "encoders",
        "flatten",
        "fully_connected",
        "gdn",
        "group_norm",
        "images_to_sequence",
        "initializers",
        "instance_norm",
        "keras_layer",
        "l1_l2_regularizer",
        "l1_regularizer",
        "l2_regularizer",
        "layer_norm",
        "legacy_fully_connected",
        "legacy_linear",
        "legacy_relu",
        "linear",
        "max_pool2d",
        "max_pool3d",
        "maxout",
        "normalization",
        "one_hot_encoding",
        "optimize_loss",
        "optimizers",
        "pool",
        "recompute_grad",
        "regularizers",
        "relu",
        "relu6",
        "repeat",
        "rev_block",
        "rev_block_lib",
        "safe_embedding_lookup_sparse",
        "scale_gradient",
        "scattered_embedding_lookup",
        "scattered_embedding_lookup_sparse",
        "separable_conv2d",
        "separable_convolution2d",
        "sequence_to_images",
        "softmax",
        "spatial_softmax",
        "stack",
        "sum_regularizer",
        "summarize_activation",
        "summarize_activations",
        "summarize_biases",
        "summarize_collection",
        "summarize_tensor",
        "summarize_tensors",
        "summarize_variables",
        "summarize_weights",
        "unit_norm",
        "utils",
        "variance_scaling_initializer",
        "xavier_initializer",
        "xavier_initializer_conv2d",
    ),
    "tf_slim.ops": (
        "checkpoints",
    ),
    "tf_slim.ops.arg_scope": (
        "add_arg_scope",
        "arg_scope",
        "arg_scope_func_key",
        "arg_scoped_arguments",
        "current_arg_scope",
        "has_arg_scope",
    ),
    "tf_slim.ops.assign": (
        "assign_from_checkpoint",
        "assign_from_checkpoint_fn",
        "assign_from_values",
        "assign_from_values_fn",
    ),
    "tf_slim.ops.collect": (
        "collect",
    ),
    "tf_slim.ops.device_chooser": (
        "VariableDeviceChooser",
    ),
    "tf_slim.ops.global_step": (
        "assert_global_step",
        "assert_or_get_global_step",
        "create_global_step",
        "get_global_step",
        "get_or_create_global_step",
    ),
    "tf_slim.ops.model": (
        "Model",
    ),
    "tf_slim.ops.namespaces": (
        "arg_scope_lib",
        "array_ops",
        "init_ops",
        "math_ops",
        "nn_ops",
        "variable_scope",
    ),
    "tf_slim.ops.precision": (
        "precision",
    ),
    "tf_slim.ops.randomness": (
        "random_scope",
    ),
    "tf_slim.ops.scopes": (
        "scope",
    ),
    "tf_slim.ops.stores": (
        "reset_default_store",
    ),
    "tf_slim.ops.variables": (
        "add_model_variable",
        "filter_variables",
        "get_local_variables",
        "get_model_variables",
        "get_trainable_variables",
        "get_unique_variable",
        "get_variable_full_name",
        "get_variables",
        "get_variables_by_name",
        "get_variables_by_suffix",
        "get_variables_to_restore",
        "global_variable",
        "local_variable",
        "model_variable",
        "variable",
    ),
    "tf_slim.ops.zero_initializer": (
        "zero_initializer",
    ),
}

_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [*_NAMESPACES, *_HOME_OF]


def __getattr__(name: str):
    if name in _NAMESPACES:
        return _importlib.import_module(f"{__name__}.{name}")
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = _importlib.import_module(_HOME_OF[name])
    value = getattr(home, name, None)
    if value is None:
        value = _importlib.import_module(f"{home.__name__}.{name}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
