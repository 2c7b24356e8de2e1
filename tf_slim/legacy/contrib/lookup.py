"""What `tf.contrib.lookup` had and `tf.lookup` calls otherwise."""

from __future__ import annotations

import tensorflow as tf

__all__ = [
    "HashTable",
    "MutableHashTable",
    "index_table_from_file",
    "index_table_from_tensor",
    "index_to_string_table_from_file",
    "index_to_string_table_from_tensor",
]

HashTable = tf.compat.v1.lookup.StaticHashTable
MutableHashTable = tf.lookup.experimental.MutableHashTable


def index_table_from_tensor(mapping, num_oov_buckets=0, default_value=-1, dtype=tf.string):
    """A table from the strings of `mapping`, `[size]`, to their positions (int64).

    Args:
      mapping: the strings, each of them once.
      num_oov_buckets: how many further numbers stand for unknown strings.
      default_value: what an unknown string gets if there are none.
      dtype: of the keys.
    """
    mapping = tf.convert_to_tensor(mapping)
    positions = tf.range(tf.size(mapping, out_type=tf.int64), dtype=tf.int64)
    initializer = tf.lookup.KeyValueTensorInitializer(mapping, positions, dtype, tf.int64)
    return _index_table(initializer, num_oov_buckets, default_value)


def index_table_from_file(vocabulary_file, num_oov_buckets=0, vocab_size=None, default_value=-1):
    """A table from the lines of a file to their numbers (int64). Arguments as above."""
    initializer = tf.lookup.TextFileInitializer(
        vocabulary_file,
        tf.string,
        tf.lookup.TextFileIndex.WHOLE_LINE,
        tf.int64,
        tf.lookup.TextFileIndex.LINE_NUMBER,
        vocab_size=vocab_size,
    )
    return _index_table(initializer, num_oov_buckets, default_value)


def _index_table(initializer, num_oov_buckets, default_value):
    if num_oov_buckets:
        return tf.compat.v1.lookup.StaticVocabularyTable(initializer, num_oov_buckets)
    return HashTable(initializer, default_value)


def index_to_string_table_from_tensor(mapping, default_value="UNK"):
    """A table from positions in `mapping` to the strings there, `default_value` elsewhere."""
    mapping = tf.convert_to_tensor(mapping)
    positions = tf.range(tf.size(mapping, out_type=tf.int64), dtype=tf.int64)
    initializer = tf.lookup.KeyValueTensorInitializer(positions, mapping, tf.int64, tf.string)
    return HashTable(initializer, default_value)


def index_to_string_table_from_file(vocabulary_file, vocab_size=None, default_value="UNK"):
    """A table from line numbers of a file to its lines, `default_value` elsewhere."""
    initializer = tf.lookup.TextFileInitializer(
        vocabulary_file,
        tf.int64,
        tf.lookup.TextFileIndex.LINE_NUMBER,
        tf.string,
        tf.lookup.TextFileIndex.WHOLE_LINE,
        vocab_size=vocab_size,
    )
    return HashTable(initializer, default_value)
