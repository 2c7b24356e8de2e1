"""Tests of README.md, docs/ and examples/: what they show is run, and prints what they say."""
