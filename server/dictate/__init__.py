"""Dictate: speak, and code-ready text stands in the editor."""

__version__ = "0.1.0"
