"""Tests of tf_slim.layers."""
