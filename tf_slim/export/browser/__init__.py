"""What a model needs in a browser: the runtime, and pictures prepared as TensorFlow does it."""
