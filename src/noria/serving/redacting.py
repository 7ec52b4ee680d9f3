"""A redaction tried out: on a text that somebody types, and on samples that are there already."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from noria.records.redaction import Redaction
from noria.records.sample import Origin
from noria.redaction import redactor
from noria.serving.intake import redacted
from noria.serving.limits import MAX_TEXT, storable
from noria.storage import SampleFilter, Storage

LOOKED_AT = 2000  # samples


@dataclass(frozen=True, slots=True)
class Tried:
    """A text as it would be kept, and how many places are hidden in it, by word."""

    text: str
    hidden: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Standing:
    """Of the newest samples, brought and captured, those that hold what would be hidden, by word."""

    looked_at: int
    samples: int
    by_word: Mapping[str, int]


def tried(redaction: Redaction, text: str) -> Tried:
    """Raises BadInput, TooLarge, PatternUnusable."""
    hide = redactor(redaction)
    checked = storable(text, "The text", MAX_TEXT)
    return Tried(redacted(checked, hide), {} if hide is None else hide.count(checked))


def standing(storage: Storage, function_id: str, redaction: Redaction) -> Standing:
    """Raises FunctionNotFound, BadInput, PatternUnusable."""
    hide = redactor(redaction)
    if hide is None:
        return Standing(0, 0, {})
    texts = [
        sample.data
        for chosen in (SampleFilter(), SampleFilter(origin=Origin.INVOKE_CAPTURE))
        for sample in storage.samples.list(function_id, chosen, LOOKED_AT // 2, None).samples
    ]
    found = [hide.count(text) for text in texts]
    by_word = Counter(word for each in found for word in each)
    return Standing(len(texts), sum(map(bool, found)), dict(by_word.most_common()))
