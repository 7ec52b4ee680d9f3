"""Capture reasons in words, for people: the one place where pages and the API ask."""

from collections.abc import Mapping

from noria.capture.rules.registry import rules
from noria.records.capture import CaptureReason

_OF_NO_RULE: Mapping[str, str] = {
    CaptureReason.DRIFT: "calls like it have grown more frequent",
    CaptureReason.FEEDBACK: "its caller sent feedback on it",
    CaptureReason.MANUAL: "somebody asked for it",
    CaptureReason.MISLABELLED: "probably mislabelled",
}


def in_words(reason: str) -> str:
    """Why a call was captured, as its rule says it; the reason itself where its rule is not installed any more.

    >>> in_words("LowConfidence"), in_words("Manual"), in_words("Uninstalled")
    ('two labels were close', 'somebody asked for it', 'Uninstalled')
    """
    rule = rules().get(reason)
    return rule.describe if rule else _OF_NO_RULE.get(reason, reason)
