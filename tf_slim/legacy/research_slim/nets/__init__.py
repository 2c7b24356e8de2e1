"""The package `nets` of research/slim: its calling conventions, round the nets of TF-Slim."""
