"""Samples in files: what is read from them, and what they are written as; a module a format, none knows of storage.

A file is read and written record by record, so that a large one takes no more memory than a small one.
"""

from noria.formats.columns import Columns, FieldColumn
from noria.formats.format import Format, Outline, Place, Reader
from noria.formats.record import Record, Refused, Said
from noria.formats.registry import FORMATS, guess, named

__all__ = [
    "FORMATS",
    "Columns",
    "FieldColumn",
    "Format",
    "Outline",
    "Place",
    "Reader",
    "Record",
    "Refused",
    "Said",
    "guess",
    "named",
]
