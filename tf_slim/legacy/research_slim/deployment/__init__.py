"""The package `deployment` of research/slim: several clones of a model in one v1 graph."""
