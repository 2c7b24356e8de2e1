"""The packages of research/slim, with its conventions, as thin wrappers round TF-Slim."""
