"""Replays what TensorFlow 1.15's TF-Slim computed, and compares. See README.md here."""
