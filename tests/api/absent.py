"""Names of the original that are not here, and why. A name that appears must leave this table."""

from __future__ import annotations


def _table(*groups: tuple[str, list[str]]) -> dict[str, str]:
    return {name: reason for reason, names in groups for name in names}


NAMES = _table(
    (
        "feature columns, which contrib.layers leaked into contrib.slim and tf_slim never had: "
        "tf.feature_column and Keras preprocessing layers do their work",
        [
            "slim.DataFrameColumn",
            "slim.ProblemType",
            "slim.binary_svm_target",
            "slim.bucketized_column",
            "slim.check_feature_columns",
            "slim.create_feature_spec_for_parsing",
            "slim.crossed_column",
            "slim.embedding_column",
            "slim.get_default_binary_metrics_for_eval",
            "slim.infer_real_valued_columns",
            "slim.input_from_feature_columns",
            "slim.joint_weighted_sum_from_feature_columns",
            "slim.make_place_holder_tensors_for_base_features",
            "slim.multi_class_target",
            "slim.one_hot_column",
            "slim.parse_feature_columns_from_examples",
            "slim.parse_feature_columns_from_sequence_examples",
            "slim.real_valued_column",
            "slim.regression_target",
            "slim.scattered_embedding_column",
            "slim.sequence_input_from_feature_columns",
            "slim.shared_embedding_columns",
            "slim.sparse_column_with_hash_bucket",
            "slim.sparse_column_with_integerized_feature",
            "slim.sparse_column_with_keys",
            "slim.sparse_column_with_vocabulary_file",
            "slim.sparse_feature_cross",
            "slim.transform_features",
            "slim.weighted_sparse_column",
            "slim.weighted_sum_from_feature_columns",
        ],
    ),
    (
        "helpers of contrib for its own modules, which tf_slim never had",
        [
            "slim.embedding_lookup_sparse_with_distributed_aggregation",
            "slim.experimental",
        ],
    ),
)
"""Name -> reason."""

ARGUMENTS = _table(
    (
        "the base class in TensorFlow took these; a misspelt argument is an error here",
        ["slim.GDN(**kwargs)", "slim.RevBlock(**kwargs)"],
    ),
)
"""Name(argument) -> reason."""
