"""`nets.mobilenet` of research/slim."""
