"""Tests of the house itself: who may import whom, public names, style, and the README."""
