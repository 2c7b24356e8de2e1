"""The command line, `tf-slim`: one file a command.

No module here imports TensorFlow before a command needs it: `tf-slim --help` answers at once.
"""
