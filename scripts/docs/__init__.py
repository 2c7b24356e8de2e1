"""What of the documentation is written by a program: `python -m scripts.docs`, before the build."""
