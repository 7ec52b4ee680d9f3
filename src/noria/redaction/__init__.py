"""Redaction, decided purely: where a text holds what is to be hidden, and what stands there instead."""

from noria.redaction.kinds import KINDS
from noria.redaction.own_patterns import MAX_NAME, MAX_PATTERN, MAX_PATTERNS
from noria.redaction.redactor import Redactor, redactor

__all__ = ["KINDS", "MAX_NAME", "MAX_PATTERN", "MAX_PATTERNS", "Redactor", "redactor"]
