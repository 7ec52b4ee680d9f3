"""Functions whose texts are in a language that the text encoder does not read."""

from dataclasses import dataclass

from noria.encoders import EncoderSet
from noria.encoders.encoder import languages
from noria.encoders.language import main_language
from noria.records.function import Function, Modality
from noria.records.sample import Origin
from noria.serving.kept import Kept
from noria.storage import Storage
from noria.storage.sample_lists import SampleFilter

_FEWEST = 20  # samples that tell
_MOST = 100
_KEPT_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Unread:
    """The language of most samples, and the encoder that does not read it."""

    language: str  # code of ISO 639
    encoder: str
    reads: frozenset[str]  # codes too


class TextLanguages:
    """Reads only; safe from any thread. A function is looked at once a day, and when it has twice as many samples."""

    def __init__(self, storage: Storage, encoders: EncoderSet, kept: Kept) -> None:
        self._storage = storage
        self._encoders = encoders
        self._kept = kept

    def unread(self, function: Function, patience_s: float) -> Unread | None:
        """None where its texts are read, or are few, or of many languages; and while they are being looked at.

        Raises FunctionNotFound.
        """
        encoder = self._encoders.loaded().get(Modality.TEXT)
        if encoder is None or function.input != Modality.TEXT or (read := languages(encoder)) is None:
            return None
        counts = self._storage.samples.counts(function.id)
        n = counts.samples + counts.staged
        if n < _FEWEST:
            return None
        found = self._kept.get(
            ("language", function.id, n.bit_length()),
            lambda: _main_language(self._storage, function.id),
            least_s=_KEPT_S,
            patience_s=patience_s,
        )
        return None if found is None or found in read else Unread(found, encoder.name, read)


def _main_language(storage: Storage, function_id: str) -> str | None:
    """By the newest samples: those that somebody added, and captured ones where these are few."""
    texts: dict[str, str] = {}  # by the sample's id
    for filter in (SampleFilter(), SampleFilter(origin=Origin.INVOKE_CAPTURE)):
        if len(texts) < _FEWEST:
            found = storage.samples.list(function_id, filter, _MOST)
            texts |= {sample.id: sample.data for sample in found.samples}
    return main_language(list(texts.values())) if len(texts) >= _FEWEST else None
