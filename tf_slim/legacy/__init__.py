"""The room for what belongs to TensorFlow 1 only. Nothing outside it depends on it."""
