"""The one place for what the table leaves out, each with the reason.

A reason must hold: `test_table` fails for one that names no row or no test, and where what is left
out works after all.
"""

from __future__ import annotations

NO_SPARSE = "XLA has no kernels for sparse tensors: SparseReshape, SparseFillEmptyRows"
NO_HASH = "XLA has no kernel for SparseCross, the hash that these features go through"
NO_FLOAT64 = "TensorFlow has no kernel in float64 for 3-D pooling"
STOPPED = "it stops gradients at its corrections, as the paper asks"
ON_PURPOSE = "to have another gradient than its values is what it is for"
NOT_SMOOTH = "a step function of its inputs, and it has no variables"

LATER = "the second call is later than the first: ranges have moved"
ROUNDED = "gradients pass by the rounding, which is what it is for"

EXCEPTIONS: dict[str, dict[str, str]] = {
    "test_compiled": {
        "bow_encoder": NO_SPARSE,
        "safe_embedding_lookup_sparse": NO_SPARSE,
        "scattered_embedding_lookup": NO_HASH,
        "scattered_embedding_lookup_sparse": NO_SPARSE,
    },
    "test_gradient_is_that_of_differences": {
        "bn_renorm": STOPPED,
        "max_pool3d": NO_FLOAT64,
        "max_pool3d_channels_first": NO_FLOAT64,
        "avg_pool3d": NO_FLOAT64,
        "scale_gradient": ON_PURPOSE,
        "quantized": ROUNDED,
        "bucketize": NOT_SMOOTH,
        "dense_to_sparse": NOT_SMOOTH,
    },
}
"""By test, then by row."""

WITHOUT_ROW: dict[str, str] = {
    "": "a module",
    "keras_layers": "Keras has the layer: tests/test_mixing.py",
    "initializers": "no layer: tests/layers/test_initializers.py",
    "regularizers": "no layer: tests/layers/test_regularizers.py",
    ".v1.optimize_loss": "no layer: tests/v1/test_optimize_loss.py",
    "adaptive_clipping": "no layer: tests/layers/test_adaptive_clipping.py",
    "summaries": "no layer, it writes a summary: tests/layers/test_summaries.py",
}
"""Modules of `slim.layers` whose public names are no layers, and where they are tested."""

WITHOUT_TRACE: dict[str, str] = {
    "synchronized": "shows in replicas only: tests/layers/test_synchronized_batch_norm.py",
}
"""Keywords that change nothing in the graph of one replica, and where they are tested."""

ACCEPTED: dict[tuple[str, str], str] = {
    ("dropout", "rank"): "each number by itself: any rank will do",
    ("scale_gradient", "rank"): "each number by itself: any rank will do",
    ("bucketize", "rank"): "each number by itself: any rank will do",
    ("one_hot_encoding", "rank"): "each number by itself: any rank will do",
    ("embed_sequence", "rank"): "each number by itself: any rank will do",
    ("bow_encoder", "rank"): "one sequence without a batch: it gives one vector",
    ("flatten", "rank"): "a batch of numbers is flat as it is",
    ("poincare_normalize", "rank"): "the axis is an argument: a single vector will do",
}
"""By layer and kind of bad input: why it is none for this layer."""
