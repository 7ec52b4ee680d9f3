"""Rows of tables: how they lie in an embedding, and the model that reads them there."""

from noria.learning.rows.layout import IMAGE_WIDTH, TEXT_WIDTH, Layout
from noria.learning.rows.number_code import WIDTH, encoded

__all__ = ["IMAGE_WIDTH", "TEXT_WIDTH", "WIDTH", "Layout", "encoded"]
