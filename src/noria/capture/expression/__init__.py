"""The expressions of user rules: small, safe questions about one call, such as `label == "refund" and confidence < 0.8`."""

from noria.capture.expression.parsing import MAX_DEPTH, MAX_LENGTH, Expression, parsed, relabelled

__all__ = ["MAX_DEPTH", "MAX_LENGTH", "Expression", "parsed", "relabelled"]
