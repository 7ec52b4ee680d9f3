"""Noria: classifiers that improve themselves from their own traffic."""

__version__ = "0.1.0"
