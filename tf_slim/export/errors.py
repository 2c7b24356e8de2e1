"""The error of an export: what cannot be exported, and what to do about it."""

from __future__ import annotations


class ExportError(ValueError):
    """A model cannot be exported as it was asked for."""


class MissingExtraError(ExportError, ImportError):
    """A package that a format needs is not installed."""
