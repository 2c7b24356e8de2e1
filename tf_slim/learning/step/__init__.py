"""The compiled training step: made by `make_step.py`, and all that happens within one."""
