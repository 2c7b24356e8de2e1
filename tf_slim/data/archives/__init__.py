"""The archives that known data sets are published as, read without unpacking them into a folder."""
