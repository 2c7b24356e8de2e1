"""One file a format: how checkpoints of that kind are read, and written where that is possible.

A format reads by a class with the methods of `source.Source`. `detect.source_of` finds out which
one a path needs.
"""
