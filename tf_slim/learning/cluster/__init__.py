"""Which processes work together: who has said so, whether they are there, what each makes of it.

`environment.found()` is the way in, and `strategies.make_strategy` the way out.
"""
