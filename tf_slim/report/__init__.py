"""A look at an evaluation of a classifier: one HTML page that needs nothing else."""

from tf_slim.report.findings import Findings, Mistake
from tf_slim.report.page import html, write

__all__ = ["Findings", "Mistake", "html", "write"]
