"""`nets.nasnet` of research/slim."""
